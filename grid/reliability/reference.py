"""Published feeders from folders of tables, by formula and by simulation."""

from dataclasses import fields
from pathlib import Path

from data.problems import InputError, Problem
from data.read import load_region
from grid.reliability.analytical import analytical_indices
from grid.reliability.indices import Indices
from grid.reliability.read import read_feeders
from grid.reliability.restoration import outcomes
from grid.reliability.simulation import simulate
from grid.reliability.study import Study, feeder_study


def feeder_case(folder: Path, seed: int, years: int) -> dict[str, tuple[float, float]]:
    """Compute every variant of a feeder case.

    Parameters
    ----------
    folder : Path
        Holds a folder of feeder tables for each variant.
    seed : int
    years : int
        Simulated years of each variant. All meet the same failures.

    Returns
    -------
    dict of str to (float, float)
        Value and standard error (0 for the formula) of
        ``<variant>/<analytical or simulated>/<index>`` and, for load points,
        ``<variant>/<analytical or simulated>/<load point>/<index>``.

    Raises
    ------
    InputError
        If there is no variant, or its tables have problems.
    """
    variants = sorted(path.parent for path in folder.glob("*/sections.csv"))
    if not variants:
        problem = Problem("missing_folder", str(folder), "nothing", "folders of feeder tables")
        raise InputError([problem])
    region = load_region()
    found: dict[str, tuple[float, float]] = {}
    for variant in variants:
        study = feeder_study(read_feeders(variant), region)
        after = outcomes(study.system)
        exact = analytical_indices(study.system, study.kile, after)
        for name, value in _named(study, exact).items():
            found[f"{variant.name}/analytical/{name}"] = (value, 0.0)
        simulated = simulate(study.system, years, seed, study.kile, after)
        errors = _named(study, simulated.standard_error)
        for name, value in _named(study, simulated.mean).items():
            found[f"{variant.name}/simulated/{name}"] = (value, errors[name])
    return found


def _named(study: Study, indices: Indices) -> dict[str, float]:
    """Give every index of system and load points a name."""
    named = {
        field.name: float(getattr(indices.system, field.name)) for field in fields(indices.system)
    }
    for field in fields(indices.load_points):
        values = getattr(indices.load_points, field.name).tolist()
        for point, value in zip(study.system.loads.name.tolist(), values, strict=True):
            named[f"{point}/{field.name}"] = value
    return named
