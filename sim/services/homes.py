"""Homes that fall below three temperatures, and for whom.

Without electricity every home cools, whatever its heating, since pumps and heaters stop; homes
on district heating cool too when its plant stops. A home with a wood stove falls below the
first limit like the others, but is then held above the other two as long as there is wood.
"""

from dataclasses import dataclass, replace

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray, positions
from sim.case import Case
from sim.power.interruptions import Interruptions
from sim.services.area_levels import AreaLevels
from sim.services.district_heat import SERVICE
from sim.services.heat import Homes, hours_below, merge_outages

LIMITS = ("heat_18", "heat", "heat_10")
"""Names of the three limits, warmest first; ``heat`` is the limit of the metrics."""

WARMEST = "heat_18"

ABOVE_LIMIT_DEGC = 1e-6
"""A stove that holds less than a limit is taken to begin just above it. [degC]"""

Rows = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unheated:
    """When homes have no heat: one row an outage of homes that are out together."""

    area: IntArray
    persons: FloatArray
    from_h: FloatArray
    to_h: FloatArray
    event: IntArray

    def take(self, rows: IntArray) -> "_Unheated":
        """Return some of the outages."""
        return _Unheated(
            area=self.area[rows],
            persons=self.persons[rows],
            from_h=self.from_h[rows],
            to_h=self.to_h[rows],
            event=self.event[rows],
        )


def heat_losses(
    case: Case, interruptions: Interruptions, areas: AreaLevels
) -> dict[str, dict[str, np.ndarray]]:
    """People in homes below each limit, as columns of losses.

    Returns
    -------
    dict of dict of ndarray
        For each of ``LIMITS``: ``area``, ``persons``, ``from_h``, ``to_h``, ``event``.
    """
    unheated = _without_heat(case, interruptions, areas)
    wood_h = case.region.constants["wood_h"]
    burnt = unheated.take(np.flatnonzero(unheated.from_h + wood_h < unheated.to_h))
    burnt = replace(burnt, from_h=np.minimum(burnt.from_h + wood_h, case.hours))
    found: dict[str, Rows] = {}
    for name in LIMITS:
        homes = case.homes[name]
        if name == WARMEST:
            found[name], is_cold = _below(homes, unheated, case.dwelling_share)
            # Whoever stays above the warmest limit stays above all.
            unheated = unheated.take(np.flatnonzero(is_cold))
            continue
        without_stove = case.dwelling_share * (1.0 - case.stove_share)
        first, _ = _below(homes, unheated, without_stove)
        held_degc = max(case.region.constants["stove_degc"], homes.limit_degc + ABOVE_LIMIT_DEGC)
        with_stove = replace(homes, start_degc=held_degc)
        second, _ = _below(with_stove, burnt, case.dwelling_share * case.stove_share)
        found[name] = {column: np.concatenate([first[column], second[column]]) for column in first}
    return found


def _below(homes: Homes, unheated: _Unheated, weight: FloatArray) -> tuple[Rows, BoolArray]:
    """Columns of losses, a row for each outage and class that gets cold; which outages do.

    ``weight`` is the share of an area's people in each class, shape (area, class).
    """
    cold_from, cold_to = hours_below(homes, unheated.area, unheated.from_h, unheated.to_h)
    is_cold = np.isfinite(cold_from)
    outage, kind = np.nonzero(is_cold)
    rows = {
        "area": unheated.area[outage],
        "persons": unheated.persons[outage] * weight[unheated.area[outage], kind],
        "from_h": cold_from[outage, kind],
        "to_h": cold_to[outage, kind],
        "event": unheated.event[outage],
    }
    return rows, np.asarray(is_cold.any(axis=1))


def _without_heat(case: Case, interruptions: Interruptions, areas: AreaLevels) -> _Unheated:
    """When homes have no heat.

    Outages of the same homes in quick succession are joined, since they do not warm up
    in between; of a joined outage the first event counts.
    """
    network = case.network
    systems, supply = case.region.district_heat, case.region.district_heat_supply
    plants = areas.missing(SERVICE)
    system = positions(systems.system_id, supply.system_id)
    row, line = np.nonzero(plants.area[:, None] == system[None, :])
    heat_area = positions(case.region.areas.area_id, supply.area_id)[line]
    # Sections first, then areas on district heating, as homes that are out together.
    n_section = len(network.section_area)
    whole = interruptions.weight >= 1.0
    home = np.concatenate([interruptions.section, n_section + heat_area])
    place = np.concatenate([network.section_area, np.arange(len(case.population))])
    persons = np.concatenate(
        [
            network.section_persons[interruptions.section] * interruptions.weight,
            supply.dwelling_share[line] * plants.share[row] * case.population[heat_area],
        ]
    )
    from_h = np.concatenate([interruptions.from_h, plants.from_h[row]])
    to_h = np.concatenate([interruptions.to_h, plants.to_h[row]])
    event = np.concatenate([interruptions.because, plants.event[row]])
    can_merge = np.concatenate([whole, np.zeros(len(row), dtype=bool)])
    merged, merged_from, merged_to = merge_outages(
        home[can_merge], from_h[can_merge], to_h[can_merge], case.reheat_gap_h
    )
    first = dict(
        zip(
            zip(home[can_merge].tolist(), from_h[can_merge].tolist(), strict=True),
            event[can_merge].tolist(),
            strict=True,
        )
    )
    merged_event = np.array(
        [first[key] for key in zip(merged.tolist(), merged_from.tolist(), strict=True)],
        dtype=np.int64,
    )
    return _Unheated(
        area=place[np.concatenate([merged, home[~can_merge]])],
        persons=np.concatenate([network.section_persons[merged], persons[~can_merge]]),
        from_h=np.concatenate([merged_from, from_h[~can_merge]]),
        to_h=np.concatenate([merged_to, to_h[~can_merge]]),
        event=np.concatenate([merged_event, event[~can_merge]]),
    )
