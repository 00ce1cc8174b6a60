"""Adequacy by sequential simulation: units and links in continuous time, load by the hour.

Every year is an independent sample: components start in their steady state, storage at its
initial share. Its random numbers depend on nothing but the seed and the number of the
year, so that years may be simulated in any order, batch or process.
"""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray
from grid.adequacy.system import AdequacySystem
from grid.adequacy.year_walk import YearInput, walk_year


@dataclass(frozen=True, slots=True, kw_only=True)
class Years:
    """What happened in each simulated year; the last column of areas is the whole system.

    The system is short while any of its areas is. A year means the system's period.

    Attributes
    ----------
    loss_h : ndarray, shape (year, area + 1)
        Time with a shortfall. [h]
    unserved_mwh : ndarray, shape (year, area + 1)
        [MWh]
    events : ndarray, shape (year, area + 1)
        Beginnings of a shortfall, in continuous time.
    events_on_hour : ndarray, shape (year, area + 1)
        Beginnings seen by somebody who looks at the full hours only.
    discharged_mwh, lowest_mwh, highest_mwh : ndarray, shape (year, store)
        Energy delivered by each storage, and its least and greatest content. [MWh]
    """

    loss_h: FloatArray
    unserved_mwh: FloatArray
    events: FloatArray
    events_on_hour: FloatArray
    discharged_mwh: FloatArray
    lowest_mwh: FloatArray
    highest_mwh: FloatArray

    def __len__(self) -> int:
        return len(self.loss_h)


def year_stream(seed: int, year: int) -> np.random.Generator:
    """Random stream of one simulated year.

    Parameters
    ----------
    seed, year : int
        Not negative.

    Returns
    -------
    numpy.random.Generator
        Counter-based (Philox), independent of other years' streams.
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(year,))))


def simulate(system: AdequacySystem, years: int, seed: int, *, first_year: int = 0) -> Years:
    """Simulate years one after the other.

    Parameters
    ----------
    system : AdequacySystem
        Any number of areas, with links and storage.
    years : int
        How many.
    seed : int
        Not negative.
    first_year : int
        Number of the first year; batches that follow each other give what one would.

    Returns
    -------
    Years

    Notes
    -----
    Storage is used greedily, without regard to later hours: it covers a shortfall that no
    surplus reaches, and is charged from every surplus that helps no area, in the order of
    the table (`grid.adequacy.transfers`). The period repeats: a shortfall at its first
    instant is a new event only if the same units would have covered its last hour.
    """
    areas, stores = len(system.area_ids), len(system.stores)
    given = _year_input(system)
    by_area = np.zeros((years, 4, areas + 1))
    by_store = np.zeros((years, 3, stores))
    for year in range(years):
        walk_year(year_stream(seed, first_year + year), given, by_area[year], by_store[year])
    return Years(
        loss_h=by_area[:, 0],
        unserved_mwh=by_area[:, 1],
        events=by_area[:, 2],
        events_on_hour=by_area[:, 3],
        discharged_mwh=by_store[:, 0],
        lowest_mwh=by_store[:, 1],
        highest_mwh=by_store[:, 2],
    )


def _year_input(system: AdequacySystem) -> YearInput:
    """Lay a system out for the compiled walk; units come before links."""
    units, links, stores = system.units, system.links, system.stores
    outages = {
        name: np.concatenate((getattr(units.outages, name), getattr(links.outages, name)))
        for name in ("probability", "failure_rate_per_h", "repair_rate_per_h", "is_hourly")
    }
    return YearInput(
        net_mw=np.ascontiguousarray(system.load_mw - system.certain_mw),
        unit_area=units.area,
        unit_mw=units.capacity_mw,
        unit_row=units.hourly_row,
        hourly_mw=units.hourly_mw,
        from_area=links.from_area,
        to_area=links.to_area,
        there_mw=links.capacity_mw,
        back_mw=links.back_mw,
        probability=outages["probability"],
        failure_rate_per_h=outages["failure_rate_per_h"],
        repair_rate_per_h=outages["repair_rate_per_h"],
        is_hourly=outages["is_hourly"],
        store_area=stores.area,
        power_mw=stores.power_mw,
        energy_mwh=stores.energy_mwh,
        efficiency=stores.efficiency,
        initial_mwh=stores.energy_mwh * stores.initial_share,
    )
