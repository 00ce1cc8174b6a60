"""A system for adequacy studies: areas with load, units, links between areas, storage."""

from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray, StrArray

SHORT_TOL_MW = 1e-6
"""A shortfall below this is rounding and not a loss of load. [MW]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outages:
    """How two-state components fail and are repaired.

    Attributes
    ----------
    probability : ndarray, shape (component,)
        Share of time out of service (forced outage rate), in [0, 1]. [1]
    failure_rate_per_h, repair_rate_per_h : ndarray, shape (component,)
        Of the exponential times up and down; 0 where the state is drawn anew each hour
        and where a component never fails. [1/h]
    is_hourly : ndarray of bool, shape (component,)
        Whether the state is drawn anew at every full hour, independent of the last.
    """

    probability: FloatArray
    failure_rate_per_h: FloatArray
    repair_rate_per_h: FloatArray
    is_hourly: BoolArray

    def __post_init__(self) -> None:
        if ((self.probability < 0.0) | (self.probability > 1.0)).any():
            raise ValueError("outage probabilities lie between 0 and 1")
        if (self.failure_rate_per_h < 0.0).any() or (self.repair_rate_per_h < 0.0).any():
            raise ValueError("rates are not negative")

    def __len__(self) -> int:
        return len(self.probability)


def repairable(mttf_h: FloatArray, mttr_h: FloatArray) -> Outages:
    """Components with exponential times to failure and repair.

    Parameters
    ----------
    mttf_h, mttr_h : ndarray, shape (component,)
        Mean time to failure and to repair; an infinite ``mttf_h`` never fails. [h]

    Returns
    -------
    Outages
        With probability ``mttr / (mttf + mttr)``.
    """
    mttf_h, mttr_h = np.asarray(mttf_h, dtype=float), np.asarray(mttr_h, dtype=float)
    return Outages(
        probability=mttr_h / (mttf_h + mttr_h),
        failure_rate_per_h=1.0 / mttf_h,
        repair_rate_per_h=1.0 / mttr_h,
        is_hourly=np.zeros(len(mttf_h), dtype=np.bool_),
    )


def drawn_each_hour(probability: FloatArray) -> Outages:
    """Components whose state in each hour is independent of the hour before.

    Parameters
    ----------
    probability : ndarray, shape (component,)
        Of being out of service in an hour. [1]
    """
    probability = np.asarray(probability, dtype=float)
    never = np.zeros(len(probability))
    return Outages(
        probability=probability,
        failure_rate_per_h=never,
        repair_rate_per_h=never,
        is_hourly=np.ones(len(probability), dtype=np.bool_),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Generating units, one element per machine.

    Attributes
    ----------
    unit_id : ndarray of str, shape (unit,)
        Machines of one row of the table share its name.
    area : ndarray of int, shape (unit,)
        Position of the area each feeds.
    capacity_mw : ndarray, shape (unit,)
        When in service. [MW]
    hourly_row : ndarray of int, shape (unit,)
        Row of ``hourly_mw`` that holds instead of ``capacity_mw``; -1 for none.
    hourly_mw : ndarray, shape (row, hour)
        Capacity that changes by the hour. [MW]
    outages : Outages
        Of the units.
    """

    unit_id: StrArray
    area: IntArray
    capacity_mw: FloatArray
    hourly_row: IntArray
    hourly_mw: FloatArray
    outages: Outages

    def __post_init__(self) -> None:
        if (self.capacity_mw < 0.0).any() or (self.hourly_mw < 0.0).any():
            raise ValueError("capacity is not negative")

    def __len__(self) -> int:
        return len(self.unit_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Connections between areas, each with a capacity and outages.

    Attributes
    ----------
    link_id : ndarray of str, shape (link,)
    from_area, to_area : ndarray of int, shape (link,)
        Positions of the areas at its ends.
    capacity_mw, back_mw : ndarray, shape (link,)
        From the first area to the second, and back. [MW]
    outages : Outages
        Of the links.
    """

    link_id: StrArray
    from_area: IntArray
    to_area: IntArray
    capacity_mw: FloatArray
    back_mw: FloatArray
    outages: Outages

    def __len__(self) -> int:
        return len(self.link_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Storage: covers shortfall, is charged from surplus, never fails.

    Attributes
    ----------
    storage_id : ndarray of str, shape (store,)
    area : ndarray of int, shape (store,)
        Position of its area.
    power_mw : ndarray, shape (store,)
        Largest charging and discharging power at the terminals. [MW]
    energy_mwh : ndarray, shape (store,)
        Energy that can be delivered when full. [MWh]
    efficiency : ndarray, shape (store,)
        Energy delivered per energy charged, in (0, 1]. [1]
    initial_share : ndarray, shape (store,)
        Of ``energy_mwh`` at the start of every simulated year. [1]
    """

    storage_id: StrArray
    area: IntArray
    power_mw: FloatArray
    energy_mwh: FloatArray
    efficiency: FloatArray
    initial_share: FloatArray

    def __post_init__(self) -> None:
        if ((self.efficiency <= 0.0) | (self.efficiency > 1.0)).any():
            raise ValueError("efficiency lies in (0, 1]")
        if ((self.initial_share < 0.0) | (self.initial_share > 1.0)).any():
            raise ValueError("the initial share lies between 0 and 1")

    def __len__(self) -> int:
        return len(self.storage_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdequacySystem:
    """Everything an adequacy study needs; the hours are its period, normally a year.

    Attributes
    ----------
    area_ids : ndarray of str, shape (area,)
    load_mw : ndarray, shape (hour, area)
        Load, constant within each hour. [MW]
    certain_mw : ndarray, shape (hour, area)
        Generation that never fails. [MW]
    units : Units
    links : Links
    stores : Stores
    """

    area_ids: StrArray
    load_mw: FloatArray
    certain_mw: FloatArray
    units: Units
    links: Links
    stores: Stores

    def __post_init__(self) -> None:
        if self.load_mw.shape != self.certain_mw.shape or self.load_mw.shape[0] == 0:
            raise ValueError("load and certain generation have the same hours and areas")
        if self.load_mw.shape[1] != len(self.area_ids):
            raise ValueError("load has one column per area")
        if not np.isfinite(self.load_mw).all() or (self.load_mw < 0.0).any():
            raise ValueError("load is a number and not negative")

    @property
    def hours(self) -> int:
        """Hours of the period."""
        return len(self.load_mw)

    @property
    def installed_mw(self) -> float:
        """Sum of the units' capacity. [MW]."""
        return float(self.units.capacity_mw.sum())


def no_links() -> Links:
    """Areas that are not connected, or a single one."""
    none, nowhere = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Links(
        link_id=np.zeros(0, dtype=np.str_),
        from_area=nowhere,
        to_area=nowhere,
        capacity_mw=none,
        back_mw=none,
        outages=drawn_each_hour(none),
    )


def no_stores() -> Stores:
    """Build the storage of a system that has none."""
    none = np.zeros(0)
    return Stores(
        storage_id=np.zeros(0, dtype=np.str_),
        area=np.zeros(0, dtype=np.int64),
        power_mw=none,
        energy_mwh=none,
        efficiency=none,
        initial_share=none,
    )
