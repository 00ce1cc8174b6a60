"""What people go without: electricity, heat, water and telephone, hour by hour."""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray
from sim.case import Case
from sim.intervals import hourly_weight
from sim.power.interruptions import Interruptions
from sim.services.heat import hours_below, merge_outages
from sim.services.sites import SiteOutages
from sim.services.telecom import without_telephone


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Intervals in which people of areas are without a service.

    Attributes
    ----------
    area : ndarray of int, shape (loss,)
    persons, from_h, to_h : ndarray, shape (loss,)
        [persons], [h]
    """

    area: IntArray
    persons: FloatArray
    from_h: FloatArray
    to_h: FloatArray

    def share(self, population: FloatArray, hours: int, autonomy_h: float = 0.0) -> FloatArray:
        """Share of each area's people without the service for longer than an autonomy.

        Returns
        -------
        ndarray, shape (time, area)
        """
        persons = hourly_weight(
            self.area,
            self.persons,
            self.from_h + autonomy_h,
            self.to_h,
            places=len(population),
            hours=hours,
        )
        # One person behind two losses is counted once at most.
        return np.asarray(np.minimum(persons / population, 1.0))


def electricity_losses(case: Case, interruptions: Interruptions) -> Losses:
    """Interruptions as losses of electricity."""
    network = case.network
    return Losses(
        area=network.section_area[interruptions.section],
        persons=network.section_persons[interruptions.section] * interruptions.weight,
        from_h=interruptions.from_h,
        to_h=interruptions.to_h,
    )


def telecom_losses(case: Case, interruptions: Interruptions) -> Losses:
    """Dead base stations as losses of telephone."""
    section, persons, from_h, to_h = without_telephone(case, interruptions)
    return Losses(
        area=case.network.section_area[section], persons=persons, from_h=from_h, to_h=to_h
    )


def pumped_water_losses(case: Case, interruptions: Interruptions) -> Losses:
    """People on pumped zones, from when the local tank is empty until the pumps run."""
    area = case.network.section_area[interruptions.section]
    persons = case.network.section_persons[interruptions.section] * interruptions.weight
    return Losses(
        area=area,
        persons=persons * case.delivery.pumped_share[area],
        from_h=interruptions.from_h + case.delivery.local_tank_h[area],
        to_h=interruptions.to_h,
    )


def works_water_losses(case: Case, outages: SiteOutages) -> Losses:
    """People whose water works does not deliver and whose reservoir is empty."""
    return _from_sites(case, outages, case.delivery.water_share)


def _from_sites(case: Case, outages: SiteOutages, share: FloatArray) -> Losses:
    """Losses of the areas sites deliver to; ``share`` has shape (site, area)."""
    row, area = np.nonzero(share[outages.site])
    return Losses(
        area=area,
        persons=(share[outages.site[row], area] * outages.weight[row] * case.population[area]),
        from_h=outages.from_h[row],
        to_h=outages.to_h[row],
    )


def heat_losses(case: Case, interruptions: Interruptions, outages: SiteOutages) -> Losses:
    """People in homes below the limit temperature.

    Without electricity every home but those with a stove cools, whatever its heating,
    since pumps and heaters stop; homes on district heating cool too when its plant stops.
    """
    network, n_class = case.network, case.dwelling_share.shape[1]
    # Sections first, then areas on district heating, as homes that are out together.
    n_section = len(network.section_area)
    heat_row, heat_area = np.nonzero(case.delivery.district_heat_share[outages.site])
    whole = interruptions.weight >= 1.0
    home = np.concatenate([interruptions.section, n_section + heat_area])
    place = np.concatenate([network.section_area, np.arange(len(case.population))])
    persons = np.concatenate(
        [
            network.section_persons[interruptions.section] * interruptions.weight,
            case.delivery.district_heat_share[outages.site[heat_row], heat_area]
            * outages.weight[heat_row]
            * case.population[heat_area],
        ]
    )
    from_h = np.concatenate([interruptions.from_h, outages.from_h[heat_row]])
    to_h = np.concatenate([interruptions.to_h, outages.to_h[heat_row]])
    can_merge = np.concatenate([whole, np.zeros(len(heat_row), dtype=bool)])
    merged, merged_from, merged_to = merge_outages(
        home[can_merge], from_h[can_merge], to_h[can_merge], case.reheat_gap_h
    )
    home = np.concatenate([merged, home[~can_merge]])
    from_h = np.concatenate([merged_from, from_h[~can_merge]])
    to_h = np.concatenate([merged_to, to_h[~can_merge]])
    persons = np.concatenate([network.section_persons[merged], persons[~can_merge]])
    area = place[home]
    cold_from, cold_to = hours_below(case.homes, area, from_h, to_h)
    without_stove = case.dwelling_share * (1.0 - case.stove_share)
    each = persons[:, None] * without_stove[area]
    is_cold = np.isfinite(cold_from)
    return Losses(
        area=np.repeat(area[:, None], n_class, axis=1)[is_cold],
        persons=each[is_cold],
        from_h=cold_from[is_cold],
        to_h=cold_to[is_cold],
    )
