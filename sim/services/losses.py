"""What people go without, as intervals: electricity, telephone, water, sewage, heat.

A loss is a number of people of an area without a service from one hour to another. Losses of
different kinds of one service (a dead base station, a broken backbone) hit people as if by
chance: shares of those who still have it multiply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray
from sim.case import Case
from sim.intervals import hourly_weight
from sim.power.interruptions import Interruptions
from sim.services.area_levels import AreaLevels, Missing
from sim.services.homes import heat_losses
from sim.services.section_stores import SectionStores, ServiceLoss
from sim.services.stores import LOCAL_TANK, NODNETT, NODNETT_LONG, REINFORCED, SEWAGE, TELECOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Intervals in which people of areas are without a service.

    Attributes
    ----------
    area : ndarray of int, shape (loss,)
    persons, from_h, to_h : ndarray, shape (loss,)
        [persons], [h]
    event : ndarray of int, shape (loss,)
        Position in the log of the event behind it.
    """

    area: IntArray
    persons: FloatArray
    from_h: FloatArray
    to_h: FloatArray
    event: IntArray

    def __len__(self) -> int:
        return len(self.area)

    def share(
        self,
        population: FloatArray,
        hours: int,
        autonomy_h: float = 0.0,
        recovery_h: float = 0.0,
    ) -> FloatArray:
        """Share of each area's people who feel the loss.

        Each loss is felt from ``autonomy_h`` after it begins until ``recovery_h`` after it
        ends, if it lasts longer than the autonomy.

        Parameters
        ----------
        population : ndarray, shape (area,)
        hours : int
        autonomy_h, recovery_h : float
            [h]

        Returns
        -------
        ndarray, shape (time, area)
        """
        felt = self.to_h - self.from_h > autonomy_h
        if not felt.any():
            return np.zeros((hours, len(population)))
        weight = hourly_weight(
            self.area[felt],
            self.persons[felt],
            self.from_h[felt] + autonomy_h,
            self.to_h[felt] + recovery_h,
            places=len(population),
            hours=hours,
        )
        # One person behind two losses is counted once at most.
        return np.minimum(weight / population, 1.0)


def combined_share(
    kinds: Sequence[Losses],
    population: FloatArray,
    hours: int,
    autonomy_h: float = 0.0,
    recovery_h: float = 0.0,
) -> FloatArray:
    """Share of people who feel a loss of any kind, shape (time, area)."""
    shares = [kind.share(population, hours, autonomy_h, recovery_h) for kind in kinds if len(kind)]
    if not shares:
        return np.zeros((hours, len(population)))
    if len(shares) == 1:
        return shares[0]
    have = 1.0 - shares[0]
    for share in shares[1:]:
        have *= 1.0 - share
    return np.asarray(1.0 - have)


def losses_of(
    case: Case, interruptions: Interruptions, stores: SectionStores, areas: AreaLevels
) -> dict[str, tuple[Losses, ...]]:
    """Losses of each service that people have or lack in parts of an area.

    Returns
    -------
    dict
        Kinds of loss of ``electricity``, ``telecom``, ``nodnett``, ``water``, ``sewage``,
        ``heat_18``, ``heat`` and ``heat_10`` (homes below the three limits).
    """
    by_kind: dict[int, list[ServiceLoss]] = {}
    for loss in stores.losses:
        by_kind.setdefault(loss.kind, []).append(loss)

    def of_stores(*kinds: int) -> Losses:
        return _of_stores([loss for kind in kinds for loss in by_kind.get(kind, ())])

    def of_areas(service: str) -> Losses:
        return _of_areas(areas.missing(service), case.population)

    cold = heat_losses(case, interruptions, areas)
    return {
        "electricity": (_of_interruptions(case, interruptions),),
        "telecom": (
            of_stores(TELECOM, REINFORCED),
            of_areas("backhaul"),
            of_areas("telecom_struck"),
        ),
        "nodnett": (of_stores(NODNETT, NODNETT_LONG), of_areas("nodnett_struck")),
        "water": (of_stores(LOCAL_TANK), of_areas("water_supply")),
        "sewage": (of_stores(SEWAGE),),
    } | {name: (Losses(**rows),) for name, rows in cold.items()}


def persons_without(
    case: Case, losses: Mapping[str, tuple[Losses, ...]], service: str
) -> FloatArray:
    """Mean number of people without a service, shape (time, area). [persons]."""
    share = combined_share(losses[service], case.population, case.hours)
    return np.asarray(share * case.population)


def _of_interruptions(case: Case, interruptions: Interruptions) -> Losses:
    network = case.network
    return Losses(
        area=network.section_area[interruptions.section],
        persons=network.section_persons[interruptions.section] * interruptions.weight,
        from_h=interruptions.from_h,
        to_h=interruptions.to_h,
        event=interruptions.because,
    )


def _of_stores(rows: Sequence[ServiceLoss]) -> Losses:
    return Losses(
        area=np.array([row.area for row in rows], dtype=np.int64),
        persons=np.array([row.persons for row in rows]),
        from_h=np.array([row.from_h for row in rows]),
        to_h=np.array([row.to_h for row in rows]),
        event=np.array([row.event for row in rows], dtype=np.int64),
    )


def _of_areas(missing: Missing, population: FloatArray) -> Losses:
    return Losses(
        area=missing.area,
        persons=missing.share * population[missing.area],
        from_h=missing.from_h,
        to_h=missing.to_h,
        event=missing.event,
    )
