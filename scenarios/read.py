"""Scenario, measure and portfolio files -> checked models, every mistake in one pass."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.reader import ReaderError

from data.problems import InputError, Problem, did_you_mean
from data.region import Region
from scenarios.action_kinds import SiteBackup
from scenarios.schema import Measure, Portfolio, Scenario

LIBRARY = Path(__file__).parent / "library"
MAX_BYTES = 200_000
"""Larger files are refused before they are parsed."""

MAX_SHOWN = 80
"""Characters of a wrong value that a message shows."""

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


def list_orders() -> tuple[str, ...]:
    """Return the identifiers of the shipped portfolios that differ in the order of repairs."""
    return _list("orders")


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
    folder = "orders" if name in list_orders() else "portfolios"
    portfolio = _load(Portfolio, folder, name, (*list_portfolios(), *list_orders()))
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


def check_scenario(scenario: Scenario, region: Region, file: str = "") -> list[Problem]:
    """Return what in a scenario does not fit the region: unknown assets.

    Places name ``file``, or the scenario's identifier when it is left out.
    """
    known = {
        "asset_ids": ("lines.csv, trafos.csv, substations.csv or sections.csv", asset_ids(region)),
        "site_ids": ("sites.csv", set(region.sites.site_id.tolist())),
        "road_ids": ("roads.csv", set(region.roads.road_id.tolist())),
        "route_ids": ("telecom_routes.csv", set(region.telecom_routes.route_id.tolist())),
        "depot_ids": ("fuel_depots.csv", set(region.fuel_depots.depot_id.tolist())),
        "area_ids": ("areas.csv", set(region.areas.area_id.tolist())),
        "works_at": ("staff.csv", set(region.staff.works_at.tolist())),
    }
    return [
        Problem(
            "unknown_asset" if key == "asset_ids" else "unknown_id",
            f"{file or scenario.id}: hazards.{at}.{key}",
            name,
            f"an id of {tables}",
            did_you_mean(name, ids),
        )
        for at, hazard in enumerate(scenario.hazards)
        for key, (tables, ids) in known.items()
        for name in getattr(hazard, key, ())
        if name not in ids
    ]


def asset_ids(region: Region) -> set[str]:
    """Return the identifiers of what may fail in the grid."""
    return {
        *region.lines.line_id.tolist(),
        *region.trafos.trafo_id.tolist(),
        *region.substations.substation_id.tolist(),
        *region.sections.section_id.tolist(),
    }


def check_measure(measure: Measure, region: Region, file: str = "") -> list[Problem]:
    """Return what in a measure does not fit the region: unknown kinds of site.

    Places name ``file``, or the measure's identifier when it is left out.
    """
    kinds = sorted(set(region.sites.kind.tolist()))
    return [
        Problem(
            "unknown_site_kind",
            f"{file or measure.id}: actions.{at}.site_kinds",
            kind,
            " | ".join(kinds),
        )
        for at, action in enumerate(measure.actions)
        if isinstance(action, SiteBackup)
        for kind in action.site_kinds
        if kind not in kinds
    ]


def check_portfolio(portfolio: Portfolio, region: Region, file: str = "") -> list[Problem]:
    """Return what in a portfolio does not fit the region: unknown names in its order of repairs.

    Places name ``file``, or the portfolio's identifier when it is left out.
    """
    known = asset_ids(region) | {
        *region.feeders.feeder_id.tolist(),
        *region.areas.area_id.tolist(),
    }
    return [
        Problem(
            "unknown_asset",
            f"{file or portfolio.id}: restoration.first",
            name,
            "an id of lines.csv, trafos.csv, substations.csv, sections.csv, feeders.csv or "
            "areas.csv",
            did_you_mean(name, known),
        )
        for name in portfolio.restoration.first
        if name not in known
    ]


def check_file(kind: str, name: str, region: Region) -> None:
    """Check a scenario, measure or portfolio file against its form and the region.

    Raises
    ------
    InputError
        With everything wrong, also an unknown kind.
    """
    if kind == "scenario":
        problems = check_scenario(load_scenario(name), region, Path(name).name)
    elif kind == "measure":
        problems = check_measure(load_measure(name), region, Path(name).name)
    elif kind == "portfolio":
        portfolio = load_portfolio(name)
        measures = [load_measure(measure) for measure in portfolio.measures]
        problems = check_portfolio(portfolio, region, Path(name).name)
        problems += [p for measure in measures for p in check_measure(measure, region)]
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
    if not _is_file(path):
        raise InputError(
            [
                Problem(
                    f"unknown_{model.__name__.lower()}",
                    f"--{model.__name__.lower()}",
                    _shown(name),
                    f"{' | '.join(known)} | the path of a YAML file",
                )
            ]
        )
    return parse(model, path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long for the system, or with a NUL in it
        return False


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
        raise InputError([_yaml_problem(path.name, error)]) from error
    if content is None:
        raise InputError([Problem("empty_file", path.name, "nothing", "keys with values")])
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(
            [_problem(path.name, content, each) for each in error.errors(include_url=False)]
        ) from error


def _yaml_problem(file: str, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{file}: line {mark.line + 1}" if mark else file
    if isinstance(error, RecursionError):
        found = "lists in lists, too deep to read"
    elif isinstance(error, ReaderError):
        found = f"character {error.character!r} at {error.position}"
    else:
        found = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Problem("yaml", place, _shown(found), "YAML 1.2")


def _problem(file: str, content: object, mistake: Any) -> Problem:  # noqa: ANN401 -- pydantic's error dict
    kind = str(mistake["type"])
    context: dict[str, Any] = mistake.get("ctx", {})
    message = str(mistake["msg"])
    found = mistake["input"]
    where = _keys(content, mistake["loc"])
    remedy = ""
    if kind == "missing":
        found, allowed = "nothing", "a value; the key is required"
    elif kind == "extra_forbidden":
        allowed, remedy = "no such key", "See `python3 run.py scenario schema`."
    elif kind in ("model_type", "model_attributes_type", "dict_type"):
        allowed = "keys with values"
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        where.append("kind")
        found = context.get("tag", "nothing")
        allowed = context.get("expected_tags", "a kind").replace("'", "").replace(", ", " | ")
        remedy = "See `python3 run.py scenario schema`."
    elif kind == "string_pattern_mismatch":
        allowed = f"text of the form {context['pattern']}"
    else:
        allowed = message.removeprefix("Input should be ").removeprefix("Value error, ")
        found = context.get("found", found)
    if kind == "string_type" and isinstance(found, int | float | date):
        remedy = 'Put text in quotes, as in "0301".'
    return Problem(kind, f"{file}: {'.'.join(where) or 'file'}", _shown(found), allowed, remedy)


def _keys(content: object, location: Iterable[str | int]) -> list[str]:
    """Keys and positions on the way to a mistake, as they stand in the file.

    Pydantic adds the kind of a hazard or an action to the way; it is left out.
    """
    keys: list[str] = []
    for part in location:
        if isinstance(content, dict):
            if part not in content and content.get("kind") == part:
                continue
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
        keys.append(_shown(str(part)))
    return keys


def _shown(found: Any) -> Any:  # noqa: ANN401 -- whatever stands in the file
    """Make a wrong value fit in a message."""
    if isinstance(found, dict | list):
        return f"{len(found)} entries"
    if isinstance(found, datetime):
        return found.isoformat()
    try:
        text = found if isinstance(found, str) else repr(found)
    except ValueError:  # a number with more digits than Python writes
        return "a number too long to write"
    return found if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} ..."
