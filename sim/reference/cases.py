"""Published and exact cases, computed by the product's own code and compared.

A case is a folder: ``case.toml`` (title, source, tolerance; seed and replications if it
samples), its input, and ``expected.csv`` with columns quantity, expected and unit.
"""

import csv
import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data.problems import InputError, Problem
from grid.adequacy.reference import Values, one_system_case, small_systems_case
from grid.reference import dc_shedding_case
from grid.reference_power_flow import power_flow_case
from grid.reliability.reference import feeder_case
from sim.reference.backlogs import backlog_case
from sim.reference.courses import backup_case, metrics_case
from sim.reference.dependence import inoperability_case, survival_case
from sim.reference.queues import Result, crew_queue_case, machine_repair_case


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a case folder says about itself.

    Attributes
    ----------
    folder : Path
        Where its input and expected values stand; its name is the case's name.
    title, source : str
        What it checks, and where the expected values come from.
    rtol, atol : float
        A computed value may differ by ``max(atol, rtol * |expected|)``.
    sigmas : float
        A simulated one by this many of its standard errors, if that is more.
    seed, replications : int
        Of a case that samples.
    expected : tuple of (str, float)
        Quantities and their expected values.
    """

    folder: Path
    title: str
    source: str
    rtol: float
    atol: float
    sigmas: float
    seed: int
    replications: int
    expected: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One quantity of one case beside its expected value.

    Attributes
    ----------
    case, quantity : str
        Name of the folder, and what was computed.
    expected, got : float
        In the unit of the case's table.
    tolerance : float
        Largest difference allowed; three standard errors where the value is simulated.
    ok : bool
        Whether ``|got - expected| <= tolerance``.
    """

    case: str
    quantity: str
    expected: float
    got: float
    tolerance: float
    ok: bool


def _shedding(case: Case) -> dict[str, Result]:
    return {name: Result(value=v) for name, v in dc_shedding_case(case.folder).items()}


def _power_flow(case: Case) -> dict[str, Result]:
    return {name: Result(value=v) for name, v in power_flow_case(case.folder).items()}


def _feeders(case: Case) -> dict[str, Result]:
    found = feeder_case(case.folder, case.seed, case.replications)
    return {
        name: Result(value=value, standard_error=error) for name, (value, error) in found.items()
    }


def _sampled(values: Values) -> dict[str, Result]:
    return {k: Result(value=v, standard_error=error) for k, (v, error) in values.items()}


RUNNERS: dict[str, Callable[[Case], dict[str, Result]]] = {
    "01-rts79-generation-adequacy": lambda c: _sampled(
        one_system_case(c.folder, c.seed, c.replications)
    ),
    "02-small-adequacy-systems": lambda c: _sampled(
        small_systems_case(c.folder, c.seed, c.replications)
    ),
    "03-rbts-bus2-distribution": _feeders,
    "04-radial-feeder-textbook": _feeders,
    "05-machine-repair": lambda c: machine_repair_case(c.folder, c.seed, c.replications),
    "06-crew-queues": lambda c: crew_queue_case(c.folder, c.seed, c.replications),
    "07-repair-backlog-and-schedule": lambda c: backlog_case(c.folder, c.seed, c.replications),
    "08-backup-power-timeline": lambda c: backup_case(c.folder),
    "09-outage-survival": lambda c: survival_case(c.folder, c.seed, c.replications),
    "10-resilience-metrics": lambda c: metrics_case(c.folder),
    "11-inoperability-input-output": lambda c: inoperability_case(c.folder),
    "12-power-flow": _power_flow,
    "13-dc-load-shedding": _shedding,
}
"""What computes each case, by the name of its folder."""


def read_case(folder: Path) -> Case:
    """Read a case's description and expected values.

    Parameters
    ----------
    folder : Path
        The case's folder.

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    try:
        about = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
        with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["quantity"], float(row["expected"])) for row in csv.DictReader(file)]
        return Case(
            folder=folder,
            title=about["title"],
            source=about["source"],
            rtol=about.get("rtol", 0.0),
            atol=about.get("atol", 0.0),
            sigmas=about.get("sigmas", 0.0),
            seed=about.get("seed", 0),
            replications=about.get("replications", 0),
            expected=tuple(rows),
        )
    except (OSError, ValueError, KeyError) as error:
        problem = Problem(
            "reference_case_unreadable",
            str(folder),
            str(error),
            "case.toml with title and source, expected.csv with quantity, expected, unit",
        )
        raise InputError([problem]) from error


def check_case(case: Case) -> list[CheckRow]:
    """Compute a case and compare every expected quantity.

    Parameters
    ----------
    case : Case
        From `read_case`.

    Returns
    -------
    list of CheckRow
        In the order of the expected values.

    Raises
    ------
    InputError
        If nothing computes this case, or a quantity is not among what is computed.
    """
    name = case.folder.name
    if name not in RUNNERS:
        known = ", ".join(RUNNERS)
        raise InputError([Problem("reference_case_unknown", str(case.folder), name, known)])
    found = RUNNERS[name](case)
    problems = [
        Problem("reference_quantity_unknown", f"{case.folder}/expected.csv", quantity, "computed")
        for quantity, _ in case.expected
        if quantity not in found
    ]
    if problems:
        raise InputError(problems)
    rows = []
    for quantity, expected in case.expected:
        result = found[quantity]
        exact = max(case.atol, case.rtol * abs(expected))
        tolerance = max(exact, case.sigmas * result.standard_error)
        rows.append(
            CheckRow(
                case=name,
                quantity=quantity,
                expected=expected,
                got=result.value,
                tolerance=tolerance,
                ok=math.isfinite(result.value) and abs(result.value - expected) <= tolerance,
            )
        )
    return rows


def reference_cases(folder: Path) -> list[tuple[Case, list[CheckRow]]]:
    """Compute every case of a folder and compare it with what is expected.

    Parameters
    ----------
    folder : Path
        Holds one folder a case, e.g. ``tests/reference``.

    Returns
    -------
    list of (Case, list of CheckRow)
        Cases by name, quantities in the order of their tables.

    Raises
    ------
    InputError
        If there is no case, or one cannot be read or is not known.
    """
    found = sorted(path.parent for path in folder.glob("*/case.toml"))
    if not found:
        raise InputError([Problem("reference_cases_missing", str(folder), "none", "case folders")])
    cases = [read_case(each) for each in found]
    return [(case, check_case(case)) for case in cases]
