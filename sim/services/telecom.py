"""Mobile telephony: base stations last on batteries, then crews lose touch."""

import numpy as np

from data.tables import FloatArray, IntArray
from sim.case import Case
from sim.power.interruptions import Interruptions
from sim.power.supply import Supply


def base_stations_up(case: Case, supply: Supply, area: int, now_h: float) -> float:
    """Share of an area's people whose base stations work now.

    A station stands in the feeder section of the people it serves, so coverage follows
    sections weighted by people (estimate: no overlap between stations is counted).
    """
    stations, persons = case.base_stations, case.network.section_persons
    dark = supply.dark_since(area)
    if not dark:
        return 1.0
    battery_h = float(stations.battery_h[area])
    reinforced_h = float(stations.reinforced_h[area])
    reinforced = float(stations.reinforced_share[area])
    lost = 0.0
    for section, since_h in dark:
        out_h = now_h - since_h
        if out_h > min(battery_h, reinforced_h):
            share = (out_h > battery_h) * (1.0 - reinforced) + (out_h > reinforced_h) * reinforced
            lost += float(persons[section]) * share
    return float(1.0 - lost / case.population[area])


def without_telephone(
    case: Case, interruptions: Interruptions
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """When people are without mobile telephony because of electricity.

    Returns
    -------
    section : ndarray of int, shape (loss,)
    persons, from_h, to_h : ndarray, shape (loss,)
        [persons], [h]
    """
    stations = case.base_stations
    area = case.network.section_area[interruptions.section]
    persons = case.network.section_persons[interruptions.section] * interruptions.weight
    back_h = interruptions.to_h + stations.restart_h[area]
    parts = []
    for lasts_h, share in (
        (stations.battery_h, 1.0 - stations.reinforced_share),
        (stations.reinforced_h, stations.reinforced_share),
    ):
        dead = interruptions.from_h + lasts_h[area]
        lost = (dead < interruptions.to_h) & (share[area] > 0.0)
        parts.append(
            (
                interruptions.section[lost],
                (persons * share[area])[lost],
                dead[lost],
                back_h[lost],
            )
        )
    first, second = parts
    return (
        np.concatenate([first[0], second[0]]),
        np.concatenate([first[1], second[1]]),
        np.concatenate([first[2], second[2]]),
        np.concatenate([first[3], second[3]]),
    )
