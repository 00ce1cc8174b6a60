from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dependencies.delivery import delivery
from sim.dependencies.functions import function_levels
from sim.dependencies.lag import felt_by_hour
from sim.services.area_levels import AreaLevels
from sim.services.losses import Losses, combined_share
from sim.services.sites import SiteOutages

EMPTY = np.array([])
NONE = EMPTY.astype(int)
NOBODY = Losses(area=NONE, persons=EMPTY, from_h=EMPTY, to_h=EMPTY, event=NONE)
NO_SITES = SiteOutages(site=NONE, weight=EMPTY, from_h=EMPTY, to_h=EMPTY, event=NONE)
AREA = 3
SERVICES = ("electricity", "telecom", "nodnett", "water", "sewage", "heat")


def without(case, **services):
    """Losses of whole areas: ``service=(share, from_h, to_h)`` in one area."""
    found = dict.fromkeys(SERVICES, (NOBODY,))
    for name, (share, from_h, to_h) in services.items():
        found[name] = (
            Losses(
                area=np.array([AREA]),
                persons=share * case.population[[AREA]],
                from_h=np.array([from_h]),
                to_h=np.array([to_h]),
                event=np.array([0]),
            ),
        )
    return found


def missing(service, level, from_h, to_h, area=AREA):
    """An area-wide service below normal from one hour to another."""
    areas = AreaLevels()
    areas.set(from_h, service, area, level, 0)
    areas.set(to_h, service, area, 1.0, 0)
    return areas


def levels(case, losses, outages=NO_SITES, areas=None):
    dark = combined_share(losses["electricity"], case.population, case.hours)
    return function_levels(case, losses, areas or AreaLevels(), outages, dark).level


def need(needs, autonomy_h, level_after, recovery_h=0.0, *, group="", rule="weakest", k=0):
    return {
        "needs": needs,
        "group": group,
        "rule": rule,
        "k": k,
        "autonomy_h": autonomy_h,
        "level_after": level_after,
        "recovery_h": recovery_h,
    }


def with_needs(case, function_id, *needs, site_share=0.0):
    """The case with one function's needs replaced, and its position."""
    region, functions = case.region, case.region.functions
    at = functions.function_id.tolist().index(function_id)
    table = region.dependencies
    keep = table.dependent != function_id
    marks = {"dependent": function_id, "source": "test", "quality": "estimated", "origin": "E"}
    columns = {}
    for field in fields(table):
        kept = getattr(table, field.name)[keep]
        added = [(marks | each)[field.name] for each in needs]
        columns[field.name] = np.concatenate([kept, np.array(added).astype(np.array(added).dtype)])
        if kept.dtype.kind != "U":
            columns[field.name] = columns[field.name].astype(kept.dtype)
    shares = functions.site_share.copy()
    shares[at] = site_share
    region = replace(
        region,
        functions=replace(functions, site_share=shares),
        dependencies=replace(table, **columns),
    )
    return replace(case, region=region, delivery=delivery(region)), at


def test_nothing_lost_is_full_level_everywhere(calm):
    case, _ = calm
    level = levels(case, without(case))
    assert level.shape == (case.hours, len(case.population), len(case.region.functions))
    assert (level == 1.0).all()


def test_a_need_is_felt_when_its_autonomy_is_over(calm):
    case, at = with_needs(calm[0], "F04", need("electricity", 6.0, 0.25))
    level = levels(case, without(case, electricity=(1.0, 2.0, 12.0)))[:, AREA, at]
    assert (level[:8] == 1.0).all()
    assert level[8:12] == pytest.approx(0.25)
    assert (level[12:] == 1.0).all()


def test_a_function_is_whole_again_when_its_recovery_is_over(calm):
    case, at = with_needs(calm[0], "F04", need("electricity", 6.0, 0.25, 2.5))
    level = levels(case, without(case, electricity=(1.0, 2.0, 12.0)))[:, AREA, at]
    assert level[8:14] == pytest.approx(0.25)
    assert level[14] == pytest.approx(1.0 - 0.5 * 0.75)
    assert (level[15:] == 1.0).all()


def test_only_the_share_without_is_degraded(calm):
    case, at = with_needs(calm[0], "F04", need("electricity", 0.0, 0.25))
    level = levels(case, without(case, electricity=(0.4, 2.0, 12.0)))[:, :, at]
    assert level[5, AREA] == pytest.approx(1.0 - 0.4 * 0.75)
    assert (np.delete(level, AREA, axis=1) == 1.0).all()


def test_the_weakest_link_counts_not_the_sum(calm):
    case, at = with_needs(
        calm[0],
        "F04",
        need("electricity", 0.0, 0.5),
        need("telecom", 0.0, 0.2),
        need("water", 0.0, 0.9),
    )
    whole = (1.0, 2.0, 12.0)
    level = levels(case, without(case, electricity=whole, telecom=whole, water=whole))
    assert level[5, AREA, at] == pytest.approx(0.2)


def test_one_network_of_two_is_enough_to_call(calm):
    call = {"group": "call", "rule": "any"}
    case, at = with_needs(
        calm[0], "F04", need("telecom", 0.0, 0.2, **call), need("nodnett", 0.0, 0.2, **call)
    )
    lost = without(case, telecom=(1.0, 2.0, 12.0), nodnett=(1.0, 8.0, 14.0))
    level = levels(case, lost)[:, AREA, at]
    assert (level[:8] == 1.0).all()
    assert level[8:12] == pytest.approx(0.2)
    assert (level[12:] == 1.0).all()


def test_two_needs_of_three_are_enough_where_two_are_needed(calm):
    two = {"group": "two", "rule": "k_of_n", "k": 2}
    case, at = with_needs(
        calm[0],
        "F04",
        need("electricity", 0.0, 0.1, **two),
        need("water", 0.0, 0.1, **two),
        need("sewage", 0.0, 0.1, **two),
    )
    lost = without(
        case, electricity=(1.0, 2.0, 12.0), water=(1.0, 5.0, 7.0), sewage=(1.0, 14.0, 16.0)
    )
    level = levels(case, lost)[:, AREA, at]
    assert level[5:7] == pytest.approx(0.1)
    assert (np.delete(level, [5, 6]) == 1.0).all()


def test_what_is_lost_adds_up_in_a_linear_group(calm):
    linear = {"group": "sum", "rule": "linear"}
    case, at = with_needs(
        calm[0], "F04", need("electricity", 0.0, 0.7, **linear), need("water", 0.0, 0.6, **linear)
    )
    lost = without(case, electricity=(1.0, 2.0, 12.0), water=(0.5, 2.0, 12.0))
    assert levels(case, lost)[5, AREA, at] == pytest.approx(1.0 - 0.3 - 0.5 * 0.4)


def test_sites_and_premises_share_the_delivery(calm):
    case, at = with_needs(calm[0], "F04", need("electricity", 0.0, 0.0), site_share=0.6)
    share = case.delivery.function_share[at]
    site = int(np.argmax(share[:, AREA]))
    outages = SiteOutages(
        site=np.array([site]),
        weight=np.array([0.5]),
        from_h=np.array([3.0]),
        to_h=np.array([9.0]),
        event=np.array([0]),
    )
    lost = without(case, electricity=(0.25, 3.0, 9.0))
    level = levels(case, lost, outages)[5, AREA, at]
    expected = 1.0 - 0.6 * 0.5 * share[site, AREA] - 0.4 * 0.25
    assert level == pytest.approx(expected)
    dark = 0.25 * np.ones((case.hours, len(case.population)))
    premises = function_levels(case, lost, AreaLevels(), outages, dark).premises
    assert premises[5, AREA, at] == pytest.approx(0.75)


def test_services_that_are_functions_follow_the_people_who_have_them(calm):
    case, _ = calm
    ids = case.region.functions.function_id.tolist()
    level = levels(
        case,
        without(
            case,
            electricity=(0.3, 2.0, 12.0),
            telecom=(0.5, 2.0, 12.0),
            water=(0.7, 2.0, 12.0),
        ),
    )[5, AREA]
    assert level[ids.index("F11")] <= 0.7 + 1e-12
    assert level[ids.index("F12")] <= 0.5 + 1e-12
    assert level[ids.index("F09")] <= 0.3 + 1e-12


def test_transport_that_fails_is_felt_by_those_who_need_it_later(calm):
    case, transport = with_needs(calm[0], "F13", need("electricity", 0.0, 0.0))
    case, at = with_needs(case, "F04", need("F13", 3.0, 0.1))
    level = levels(case, without(case, electricity=(1.0, 2.0, 12.0)))[:, AREA]
    assert level[2:12, transport] == pytest.approx(0.0)
    assert (level[:5, at] == 1.0).all()
    assert level[5:12, at] == pytest.approx(0.1)
    assert (level[12:, at] == 1.0).all()


def test_fuel_that_is_out_in_an_area_is_felt_after_the_autonomy(calm):
    case, at = with_needs(calm[0], "F08", need("fuel", 4.0, 0.5))
    level = levels(case, without(case), areas=missing("fuel", 0.0, 2.0, 12.0))[:, :, at]
    assert level[5, AREA] == 1.0
    assert level[6:12, AREA] == pytest.approx(0.5)
    assert (level[12:, AREA] == 1.0).all()
    assert (np.delete(level, AREA, axis=1) == 1.0).all()


def test_a_service_that_is_the_same_everywhere_is_felt_in_every_area(calm):
    case, at = with_needs(calm[0], "F10", need("it", 0.0, 0.1))
    level = levels(case, without(case), areas=missing("it", 0.5, 2.0, 12.0, area=0))[:, :, at]
    assert level[2:12] == pytest.approx(0.1 + 0.9 * 0.5)
    assert (level[12:] == 1.0).all()


def test_staff_is_that_of_the_function_itself(calm):
    case, at = with_needs(calm[0], "F04", need("staff", 2.0, 0.3))
    areas = missing("staff@F04", 0.5, 3.0, 9.0)
    areas.set(0.0, "staff@F05", AREA, 0.0, 0)
    level = levels(case, without(case), areas=areas)[:, AREA, at]
    assert (level[:5] == 1.0).all()
    assert level[5:9] == pytest.approx(0.3 + 0.7 * 0.5)
    assert (level[9:] == 1.0).all()


def test_functions_that_need_each_other_settle_in_time(calm):
    case, first = with_needs(
        calm[0], "F08", need("electricity", 0.0, 0.5), need("F10", 1.0, 0.2, 1.0)
    )
    case, second = with_needs(case, "F10", need("F08", 2.0, 0.0, 1.0))
    assert tuple(sorted((first, second))) in case.delivery.rounds
    level = levels(case, without(case, electricity=(1.0, 2.0, 5.0)))[:, AREA]
    one, other = level[:, first], level[:, second]
    # Two hours later the second feels it, an hour after that the first again, less each time.
    assert one[1:9] == pytest.approx([1.0, 0.5, 0.5, 0.5, 0.6, 0.6, 0.68, 0.68])
    assert other[3:8] == pytest.approx([1.0, 0.5, 0.5, 0.6, 0.6])
    power = np.where((np.arange(case.hours) >= 2) & (np.arange(case.hours) < 5), 0.5, 1.0)
    assert one == pytest.approx(np.minimum(power, 0.2 + 0.8 * felt_by_hour(other, 1.0, 1.0)))
    assert other == pytest.approx(felt_by_hour(one, 2.0, 1.0))


loss = st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 24.0), st.floats(0.0, 24.0))


@given(st.tuples(loss, loss, loss, loss), st.floats(0.0, 24.0))
def test_levels_are_shares_and_more_autonomy_never_lowers_one(calm, lost, more_h):
    case, _ = calm
    power, telephone, water, heat = lost
    losses = without(case, electricity=power, telecom=telephone, water=water, heat=heat)
    longer = tuple(
        tuple(
            replace(
                group,
                needs=tuple(replace(n, autonomy_h=n.autonomy_h + more_h) for n in group.needs),
            )
            for group in groups
        )
        for groups in case.delivery.groups
    )
    sturdier = replace(case, delivery=replace(case.delivery, groups=longer))
    level, better = levels(case, losses), levels(sturdier, losses)
    assert (level >= 0.0).all()
    assert (level <= 1.0).all()
    assert (better >= level - 1e-12).all()


@given(loss, st.floats(0.0, 1.0))
def test_losing_more_never_raises_a_level(calm, power, part):
    case, _ = calm
    share, from_h, to_h = power
    level = levels(case, without(case, electricity=power))
    milder = levels(case, without(case, electricity=(share * part, from_h, to_h)))
    assert (milder >= level - 1e-12).all()


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from(["fuel", "road", "staff@F08"]))
def test_less_of_an_area_wide_service_never_raises_a_level(calm, one, other, service):
    case, _ = calm
    low, high = sorted((one, other))
    worse, better = (
        levels(case, without(case), areas=missing(service, level, 2.0, 20.0))
        for level in (low, high)
    )
    assert (better >= worse - 1e-12).all()
