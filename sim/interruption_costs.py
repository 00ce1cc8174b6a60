"""From interruptions to KILE, SAIFI and SAIDI."""

import numpy as np

from data.kile_costs import correction_factor, kile_nok
from data.region import KILE_GROUPS
from data.tables import FloatArray
from sim.case import Case
from sim.metrics import saidi_h, saifi
from sim.power.interruptions import Interruptions


def kile_by_area(case: Case, interruptions: Interruptions, shed_mwh: FloatArray) -> FloatArray:
    """Cost of energy not supplied in each area.

    An interruption costs by its duration, when it begins, and the reference load of the
    customers it hits, group by group. Rotating disconnection and bulk demand cost as
    interruptions of ``forced_disconnection_h`` each (estimate: the regulation knows
    no rotation).

    Parameters
    ----------
    shed_mwh : ndarray, shape (time, area, sector)
        Energy shed by rotation, and bulk demand lost. [MWh]

    Returns
    -------
    ndarray, shape (area,)
        [MNOK]
    """
    cost = np.zeros(len(case.population))
    network = case.network
    area = network.section_area[interruptions.section]
    share = network.section_share[interruptions.section] * interruptions.weight
    hour = np.minimum(interruptions.from_h.astype(np.int64), case.hours - 1)
    duration = interruptions.to_h - interruptions.from_h
    block_h = case.region.constants["forced_disconnection_h"]
    for group in range(len(KILE_GROUPS)):
        reference_kw = share * case.kile_reference_kw[area, group]
        if reference_kw.any():
            index = np.full(len(area), group)
            at = case.calendar
            factor = correction_factor(
                case.kile_corrections, index, at.month[hour], at.weekday[hour], at.hour[hour]
            )
            nok = kile_nok(case.kile_costs, index, duration, reference_kw, factor)
            cost += np.bincount(area, nok, minlength=len(cost))
        shed_kwh = shed_mwh[:, :, case.sector_group == group].sum(axis=2) * 1e3
        if shed_kwh.any():
            one = np.array([group])
            per_kw = kile_nok(case.kile_costs, one, np.array([block_h]), np.ones(1))
            cost += shed_kwh.sum(axis=0) * float(per_kw[0]) / block_h
    return np.asarray(cost / 1e6)


def interruption_indices(
    case: Case, interruptions: Interruptions, shed_person_h: FloatArray
) -> tuple[float, float]:
    """SAIFI and SAIDI of the crisis, long interruptions only.

    Customers in rotating disconnection add their hours to SAIDI, no count to SAIFI.

    Returns
    -------
    saifi, saidi : float
        [1], [h]
    """
    duration = interruptions.to_h - interruptions.from_h
    is_long = duration > case.region.constants["long_interruption_h"]
    customers = (case.network.section_customers[interruptions.section] * interruptions.weight)[
        is_long
    ]
    total = float(case.customers.sum())
    shed = float(shed_person_h.sum() / case.population.sum())
    return saifi(customers, total), saidi_h(customers, duration[is_long], total) + shed
