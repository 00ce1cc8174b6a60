"""Scenario, measure and portfolio files -> checked models, every mistake in one pass."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from data.problems import InputError, Problem
from data.region import Region
from scenarios.schema import AssetOutage, Measure, Portfolio, Scenario, SiteBackup

LIBRARY = Path(__file__).parent / "library"
MAX_BYTES = 1_000_000
"""Larger files are refused before they are parsed."""

MODELS: dict[str, type[BaseModel]] = {
    "scenario": Scenario,
    "measure": Measure,
    "portfolio": Portfolio,
}

Model = TypeVar("Model", bound=BaseModel)


def list_scenarios() -> tuple[str, ...]:
    """Return the identifiers of the shipped scenarios."""
    return _list("crises")


def list_measures() -> tuple[str, ...]:
    """Return the identifiers of the shipped measures."""
    return _list("measures")


def list_portfolios() -> tuple[str, ...]:
    """Return the identifiers of the shipped portfolios, the baseline first."""
    return tuple(sorted(_list("portfolios"), key=lambda name: (name != "basis", name)))


def load_scenario(name: str) -> Scenario:
    """Read a scenario by its shipped identifier or from a file.

    Raises
    ------
    InputError
        With every mistake in the file, or the known names if there is none such.
    """
    return _load(Scenario, "crises", name, list_scenarios())


def load_measure(name: str) -> Measure:
    """Read a measure by its shipped identifier or from a file; raises as `load_scenario`."""
    return _load(Measure, "measures", name, list_measures())


def load_portfolio(name: str) -> Portfolio:
    """Read a portfolio by its shipped identifier or from a file; raises as `load_scenario`."""
    portfolio = _load(Portfolio, "portfolios", name, list_portfolios())
    known = list_measures()
    problems = [
        Problem(
            "unknown_measure",
            f"{name}: measures.{at}",
            measure,
            " | ".join(known),
            "List the measures with `python3 run.py scenario list`.",
        )
        for at, measure in enumerate(portfolio.measures)
        if measure not in known
    ]
    if problems:
        raise InputError(problems)
    return portfolio


def check_scenario(scenario: Scenario, region: Region) -> list[Problem]:
    """Return what in a scenario does not fit the region: unknown assets."""
    known = {
        *region.lines.line_id.tolist(),
        *region.trafos.trafo_id.tolist(),
        *region.substations.substation_id.tolist(),
        *region.sections.section_id.tolist(),
    }
    return [
        Problem(
            "unknown_asset",
            f"{scenario.id}: hazards.{at}.asset_ids",
            asset,
            "an id of lines.csv, trafos.csv, substations.csv or sections.csv",
        )
        for at, hazard in enumerate(scenario.hazards)
        if isinstance(hazard, AssetOutage)
        for asset in hazard.asset_ids
        if asset not in known
    ]


def check_measure(measure: Measure, region: Region) -> list[Problem]:
    """Return what in a measure does not fit the region: unknown kinds of site."""
    kinds = sorted(set(region.sites.kind.tolist()))
    return [
        Problem(
            "unknown_site_kind", f"{measure.id}: actions.{at}.site_kinds", kind, " | ".join(kinds)
        )
        for at, action in enumerate(measure.actions)
        if isinstance(action, SiteBackup)
        for kind in action.site_kinds
        if kind not in kinds
    ]


def check_file(kind: str, name: str, region: Region) -> None:
    """Check a scenario, measure or portfolio file against its form and the region.

    Raises
    ------
    InputError
        With everything wrong, also an unknown kind.
    """
    if kind == "scenario":
        problems = check_scenario(load_scenario(name), region)
    elif kind == "measure":
        problems = check_measure(load_measure(name), region)
    elif kind == "portfolio":
        load_portfolio(name)
        problems = []
    else:
        problems = [Problem("unknown_kind", "--kind", kind, " | ".join(MODELS))]
    if problems:
        raise InputError(problems)


def json_schema(kind: str) -> str:
    """JSON Schema of ``scenario``, ``measure`` or ``portfolio`` files, for editors.

    Raises
    ------
    InputError
        If the kind is another.
    """
    if kind not in MODELS:
        raise InputError([Problem("unknown_kind", "kind", kind, " | ".join(MODELS))])
    return json.dumps(MODELS[kind].model_json_schema(), indent=1, ensure_ascii=False)


def _list(kind: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (LIBRARY / kind).glob("*.yaml")))


def _load(model: type[Model], kind: str, name: str, known: Iterable[str]) -> Model:
    path = LIBRARY / kind / f"{name}.yaml" if name in set(known) else Path(name)
    if not path.is_file():
        raise InputError(
            [
                Problem(
                    f"unknown_{model.__name__.lower()}",
                    f"--{model.__name__.lower()}",
                    name,
                    f"{' | '.join(known)} | the path of a YAML file",
                )
            ]
        )
    return parse(model, path)


def parse(model: type[Model], path: Path) -> Model:
    """Read one YAML file (YAML 1.2) into a model.

    Raises
    ------
    InputError
        With every mistake in the file.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            [Problem("not_readable", str(path), error.strerror, "a readable file")]
        ) from error
    if len(raw) > MAX_BYTES:
        raise InputError([Problem("too_large", path.name, len(raw), f"at most {MAX_BYTES} bytes")])
    try:
        content = YAML(typ="safe", pure=True).load(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(
            [Problem("encoding", path.name, f"byte {error.start}", "text in UTF-8")]
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}: line {mark.line + 1}" if mark else path.name
        found = getattr(error, "problem", None) or type(error).__name__
        raise InputError([Problem("yaml", place, str(found), "YAML 1.2")]) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(
            [_problem(path.name, mistake) for mistake in error.errors(include_url=False)]
        ) from error


def _problem(file: str, mistake: Any) -> Problem:  # noqa: ANN401 -- pydantic's error dict
    where = ".".join(str(part) for part in mistake["loc"]) or "file"
    kind = str(mistake["type"])
    message = str(mistake["msg"])
    found = mistake["input"]
    if kind == "missing":
        found = "nothing"
    elif isinstance(found, dict | list):
        found = f"{len(found)} entries"
    allowed = message.removeprefix("Input should be ").removeprefix("Value error, ")
    if kind == "extra_forbidden":
        allowed = "no such key; see `python3 run.py scenario schema`"
    return Problem(kind, f"{file}: {where}", found, allowed)
