"""What the event log says of services that stop where nobody is sent: telephone and water."""

import numpy as np

from sim.case import Case
from sim.outcome import Event
from sim.power.interruptions import Interruptions


def service_events(case: Case, interruptions: Interruptions) -> list[Event]:
    """List when base stations and local water tanks are empty, and why.

    One event for the sections of a feeder that run empty together. Ordinary base stations
    only: the reinforced ones last longer. Tanks only where some of the people live on
    pumped zones.
    """
    network = case.network
    area = network.section_area[interruptions.section]
    feeder = network.section_feeder[interruptions.section]
    pumped = case.delivery.pumped_share[area] > 0.0
    everywhere = np.ones(len(area), dtype=bool)
    events: list[Event] = []
    for what, lasts_h, there in (
        ("base_stations_down", case.base_stations.battery_h, everywhere),
        ("local_tank_empty", case.delivery.local_tank_h, pumped),
    ):
        stops_h = interruptions.from_h + lasts_h[area]
        empty = np.flatnonzero((stops_h < interruptions.to_h) & there)
        together = {(int(feeder[at]), float(stops_h[at])): int(at) for at in empty.tolist()}
        events.extend(
            Event(
                t_h=t_h,
                what=what,
                asset_id=str(case.region.feeders.feeder_id[which]),
                area_id=str(case.region.areas.area_id[area[at]]),
                cause=interruptions.cause[at],
            )
            for (which, t_h), at in together.items()
        )
    return events
