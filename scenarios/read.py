"""Scenario, measure and portfolio files -> checked models, every mistake in one pass."""

import json
from collections import Counter
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
from scenarios.hazard_kinds import ControlLoss, TelecomOutage
from scenarios.schema import Measure, Portfolio, Scenario

LIBRARY = Path(__file__).parent / "library"
MAX_BYTES = 200_000
"""Larger files are refused before they are parsed."""

MAX_SHOWN = 80
"""Characters of a wrong value that a message shows."""

MOST_GUESSES = 10
"""Unknown names for which one that is spelt alike is looked for."""

NAME_IT = "As it stands the hazard changes nothing; say what it strikes, or delete it."

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
    """Return what in a scenario does not fit the region, and hazards that strike nothing.

    Places name ``file``, or the scenario's identifier when it is left out.
    """
    known = {
        "asset_ids": _Known("lines.csv, trafos.csv, substations.csv or sections.csv",
                            asset_ids(region), "unknown_asset"),
        "site_ids": _Known("sites.csv", region.sites.site_id.tolist()),
        "road_ids": _Known("roads.csv", region.roads.road_id.tolist()),
        "route_ids": _Known("telecom_routes.csv", region.telecom_routes.route_id.tolist()),
        "depot_ids": _Known("fuel_depots.csv", region.fuel_depots.depot_id.tolist()),
        "area_ids": _Known("areas.csv", region.areas.area_id.tolist()),
        "works_at": _Known("staff.csv", region.staff.works_at.tolist()),
    }  # fmt: skip
    found: list[Problem] = []
    for at, hazard in enumerate(scenario.hazards):
        place = f"{file or scenario.id}: hazards.{at}"
        for key, ids in known.items():
            names: tuple[str, ...] = getattr(hazard, key, ())
            found += ids.unknown(f"{place}.{key}", names)
            found += [
                Problem("named_twice", f"{place}.{key}", name, "each name once", "Keep one.")
                for name, times in Counter(names).items()
                if times > 1
            ]
        found += _strikes_nothing(hazard, place)
    return found


class _Known:
    """Identifiers of some tables, and the names that are none of them.

    Parameters
    ----------
    tables : str
        Where the identifiers stand, for messages.
    ids : iterable of str
    code : str
        Of the problem of an unknown name.
    """

    def __init__(self, tables: str, ids: Iterable[str], code: str = "unknown_id") -> None:
        self._allowed = f"an id of {tables}"
        self._ids = frozenset(ids)
        self._code = code
        self._guesses: dict[str, str] = {}

    def unknown(self, place: str, names: Iterable[str]) -> list[Problem]:
        """Tell names that are not known, the first of them with one that is spelt alike."""
        found: list[Problem] = []
        for name in dict.fromkeys(names):
            if name in self._ids:
                continue
            if name not in self._guesses and len(self._guesses) < MOST_GUESSES:
                self._guesses[name] = did_you_mean(name, self._ids)
            remedy = self._guesses.get(name, "")
            found.append(Problem(self._code, place, name, self._allowed, remedy))
        return found


def _strikes_nothing(hazard: object, place: str) -> list[Problem]:
    """Tell a hazard whose keys, as they are, leave everything as usual."""
    if isinstance(hazard, TelecomOutage) and not hazard.networks and not hazard.route_ids:
        allowed = "telecom, nodnett or both, or route_ids with at least one name"
        return [Problem("nothing_struck", f"{place}.networks", "no network", allowed, NAME_IT)]
    if isinstance(hazard, ControlLoss) and hazard.remote_share == hazard.sight_share == 0.0:
        allowed = "remote_share or sight_share above 0"
        return [Problem("nothing_struck", place, "0 of both", allowed, NAME_IT)]
    return []


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
            did_you_mean(kind, kinds),
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
    tables = "lines.csv, trafos.csv, substations.csv, sections.csv, feeders.csv or areas.csv"
    place = f"{file or portfolio.id}: restoration.first"
    return _Known(tables, known, "unknown_asset").unknown(place, portfolio.restoration.first)


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
        mistakes = [each for each in error.errors(include_url=False) if not _echoes(each)]
        raise InputError([_problem(path.name, content, each) for each in mistakes]) from error


def _echoes(mistake: Any) -> bool:  # noqa: ANN401 -- pydantic's error dict
    """Whether a list is called too short only since its items, told themselves, are wrong."""
    found, least = mistake["input"], mistake.get("ctx", {}).get("min_length", 0)
    return mistake["type"] == "too_short" and isinstance(found, list) and len(found) >= least


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
