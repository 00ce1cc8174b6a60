"""Published adequacy cases, computed from folders of tables as a user's own are."""

from pathlib import Path

import numpy as np

from grid.adequacy.convolution import convolve
from grid.adequacy.read import read_system
from grid.adequacy.study import Study, study_adequacy

Values = dict[str, tuple[float, float]]
"""Quantity -> value and standard error (0 where computed without sampling)."""


def one_system_case(folder: Path, seed: int, years: int) -> Values:
    """Compute every adequacy index of the system whose tables stand in a case's folder.

    Parameters
    ----------
    folder : Path
        The case.
    seed, years : int
        Of the simulation.

    Returns
    -------
    dict of str to (float, float)
        Indices by convolution by their own name, simulated ones as ``simulated_<name>``,
        and ``energy_demand_mwh``.
    """
    study = study_adequacy(read_system(folder).system, years=years, seed=seed)
    return _values(study)


def small_systems_case(folder: Path, seed: int, years: int) -> Values:
    """Compute the small systems in the folders of a case, hour by hour.

    Parameters
    ----------
    folder : Path
        Holds one folder of tables a system.
    seed, years : int
        Of the simulation.

    Returns
    -------
    dict of str to (float, float)
        ``<system>/<quantity>`` as `one_system_case`, with ``lolp_hour_<h>`` and
        ``eue_mwh_hour_<h>``, and ``<quantity>_<area>`` for each area.
    """
    found: Values = {}
    for tables in sorted(path.parent for path in folder.glob("*/units.csv")):
        study = study_adequacy(read_system(tables).system, years=years, seed=seed)
        exact = convolve(study.system)
        own = _values(study)
        for hour in range(study.system.hours):
            own[f"lolp_hour_{hour + 1}"] = (float(exact.lolp[hour]), 0.0)
            own[f"eue_mwh_hour_{hour + 1}"] = (float(exact.eue_mwh[hour].sum()), 0.0)
        found |= {f"{tables.name}/{quantity}": value for quantity, value in own.items()}
    return found


def _values(study: Study) -> Values:
    found: Values = {"energy_demand_mwh": (float(study.system.load_mw.sum()), 0.0)}
    for index in study.indices:
        name = index.quantity if index.area == "system" else f"{index.quantity}_{index.area}"
        if not np.isnan(index.exact):
            found[name] = (index.exact, 0.0)
        if not np.isnan(index.simulated):
            found[f"simulated_{name}"] = (index.simulated, index.standard_error)
    return found
