"""Every index of a feeder study as a row: by formula beside by simulation."""

from dataclasses import dataclass, fields

import numpy as np

from grid.reliability.indices import Indices, LoadPointIndices, SystemIndices
from grid.reliability.simulation import Simulated
from grid.reliability.study import Study

SYSTEM_UNITS = {
    "saifi": "1/yr",
    "saidi_h": "h/yr",
    "caidi_h": "h",
    "asai": "1",
    "asui": "1",
    "ens_mwh": "MWh/yr",
    "aens_kwh": "kWh/yr",
    "kile_nok": "NOK/yr",
}
LOAD_POINT_UNITS = {
    "failure_rate_per_yr": "1/yr",
    "outage_h_per_yr": "h/yr",
    "mean_outage_h": "h",
    "ens_mwh_per_yr": "MWh/yr",
    "kile_nok_per_yr": "NOK/yr",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """One index of the system or of a load point.

    Attributes
    ----------
    load_point : str
        Empty for the system.
    index, unit : str
    analytical, simulated, standard_error : float
        NaN where there is none.
    deviation_in_standard_errors : float
        Simulated less analytical; beyond 3 the two disagree.
    """

    load_point: str
    index: str
    unit: str
    analytical: float
    simulated: float
    standard_error: float
    deviation_in_standard_errors: float


def index_rows(study: Study, exact: Indices, simulated: Simulated | None) -> list[IndexRow]:
    """Put every index in a row, the system's first, load points in the order of the table.

    Parameters
    ----------
    study : Study
    exact : Indices
        From `analytical_indices`.
    simulated : Simulated or None
        From `simulate`.

    Returns
    -------
    list of IndexRow
    """
    rows = []
    for field in fields(SystemIndices):
        values = [float(getattr(each, field.name)) for each in _of_system(exact, simulated)]
        rows.append(_row("", field.name, SYSTEM_UNITS[field.name], values))
    columns = {
        field.name: [getattr(each, field.name) for each in _of_loads(exact, simulated)]
        for field in fields(LoadPointIndices)
    }
    for at, point in enumerate(study.system.loads.name.tolist()):
        for name, arrays in columns.items():
            values = [float(array[at]) for array in arrays]
            rows.append(_row(point, name, LOAD_POINT_UNITS[name], values))
    return rows


def _of_system(exact: Indices, simulated: Simulated | None) -> list[SystemIndices]:
    if simulated is None:
        return [exact.system]
    return [exact.system, simulated.mean.system, simulated.standard_error.system]


def _of_loads(exact: Indices, simulated: Simulated | None) -> list[LoadPointIndices]:
    if simulated is None:
        return [exact.load_points]
    return [exact.load_points, simulated.mean.load_points, simulated.standard_error.load_points]


def _row(load_point: str, index: str, unit: str, values: list[float]) -> IndexRow:
    analytical, got, error = [*values, np.nan, np.nan][:3]
    return IndexRow(
        load_point=load_point,
        index=index,
        unit=unit,
        analytical=analytical,
        simulated=got,
        standard_error=error,
        deviation_in_standard_errors=(got - analytical) / error if error > 0.0 else np.nan,
    )
