from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dependencies.functions import _lasting, function_levels
from sim.services.losses import Losses
from sim.services.sites import SiteOutages

HOURS = 24
EMPTY = np.array([])
NOBODY = Losses(area=EMPTY.astype(int), persons=EMPTY, from_h=EMPTY, to_h=EMPTY)
NO_SITES = SiteOutages(site=EMPTY.astype(int), weight=EMPTY, from_h=EMPTY, to_h=EMPTY)
AREA = 3


def without(case, **services):
    """Losses of whole areas: ``service=(share, from_h, to_h)`` in one area."""
    found = dict.fromkeys(("electricity", "telecom", "water", "heat"), (NOBODY,))
    for name, (share, from_h, to_h) in services.items():
        found[name] = (
            Losses(
                area=np.array([AREA]),
                persons=share * case.population[[AREA]],
                from_h=np.array([from_h]),
                to_h=np.array([to_h]),
            ),
        )
    return found


def levels(case, losses, outages=NO_SITES):
    dark = losses["electricity"][0].share(case.population, case.hours)
    return function_levels(case, losses, outages, dark)


def with_dependency(case, function_id, *needs, site_share=0.0):
    """The case with one function's needs replaced, and no sites behind it."""
    functions = case.region.functions
    at = functions.function_id.tolist().index(function_id)
    dependencies = list(case.delivery.dependencies)
    dependencies[at] = tuple(needs)
    shares = functions.site_share.copy()
    shares[at] = site_share
    region = replace(case.region, functions=replace(functions, site_share=shares))
    delivery = replace(case.delivery, dependencies=tuple(dependencies))
    return replace(case, region=region, delivery=delivery), at


def test_nothing_lost_is_full_level_everywhere(calm):
    case, _ = calm
    level = levels(case, without(case))
    assert level.shape == (case.hours, len(case.population), len(case.region.functions))
    assert (level == 1.0).all()


def test_a_need_is_felt_when_its_autonomy_is_over(calm):
    case, at = with_dependency(calm[0], "F04", ("electricity", 6.0, 0.25))
    level = levels(case, without(case, electricity=(1.0, 2.0, 12.0)))[:, AREA, at]
    assert (level[:8] == 1.0).all()
    assert level[8:12] == pytest.approx(0.25)
    assert (level[12:] == 1.0).all()


def test_only_the_share_without_is_degraded(calm):
    case, at = with_dependency(calm[0], "F04", ("electricity", 0.0, 0.25))
    level = levels(case, without(case, electricity=(0.4, 2.0, 12.0)))[:, :, at]
    assert level[5, AREA] == pytest.approx(1.0 - 0.4 * 0.75)
    assert (np.delete(level, AREA, axis=1) == 1.0).all()


def test_the_weakest_link_counts_not_the_sum(calm):
    case, at = with_dependency(
        calm[0], "F04", ("electricity", 0.0, 0.5), ("telecom", 0.0, 0.2), ("water", 0.0, 0.9)
    )
    whole = (1.0, 2.0, 12.0)
    level = levels(case, without(case, electricity=whole, telecom=whole, water=whole))
    assert level[5, AREA, at] == pytest.approx(0.2)


def test_sites_and_premises_share_the_delivery(calm):
    case, at = with_dependency(calm[0], "F04", ("electricity", 0.0, 0.0), site_share=0.6)
    share = case.delivery.function_share[at]
    site = int(np.argmax(share[:, AREA]))
    outages = SiteOutages(
        site=np.array([site]),
        weight=np.array([0.5]),
        from_h=np.array([3.0]),
        to_h=np.array([9.0]),
    )
    level = levels(case, without(case, electricity=(0.25, 3.0, 9.0)), outages)[5, AREA, at]
    expected = 1.0 - 0.6 * 0.5 * share[site, AREA] - 0.4 * 0.25
    assert level == pytest.approx(expected)


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
    case, transport = with_dependency(calm[0], "F13", ("electricity", 0.0, 0.0))
    case, at = with_dependency(case, "F04", ("transport", 3.0, 0.1))
    level = levels(case, without(case, electricity=(1.0, 2.0, 12.0)))[:, AREA]
    assert level[2:12, transport] == pytest.approx(0.0)
    assert (level[:5, at] == 1.0).all()
    assert level[5:12, at] == pytest.approx(0.1)
    assert (level[12:, at] == 1.0).all()


def test_fuel_is_out_where_pumps_have_no_electricity(calm):
    case, at = with_dependency(calm[0], "F08", ("fuel", 4.0, 0.5))
    level = levels(case, without(case, electricity=(1.0, 2.0, 12.0)))[:, AREA, at]
    assert level[5] == 1.0
    assert level[6] == pytest.approx(0.5)


def test_lasting_looks_back_and_never_ahead():
    lost = np.zeros((12, 1))
    lost[3:9] = 1.0
    for autonomy_h in (1, 2, 3, 4, 5):
        expected = np.zeros(12)
        expected[3 + autonomy_h : 9] = 1.0
        assert _lasting(lost, float(autonomy_h))[:, 0].tolist() == expected.tolist()


@given(
    st.lists(st.floats(0.0, 1.0), min_size=8, max_size=30),
    st.floats(0.0, 12.0),
)
def test_lasting_is_the_least_of_the_hours_before(values, autonomy_h):
    lost = np.array(values)[:, None]
    got = _lasting(lost, autonomy_h)[:, 0]
    window = int(np.ceil(autonomy_h))
    for hour in range(len(values)):
        before = values[hour - window : hour + 1] if hour >= window else [0.0]
        assert got[hour] == min(before)


@given(st.lists(st.floats(0.0, 1.0), min_size=8, max_size=30), st.integers(0, 29))
def test_what_happens_later_changes_nothing_before(values, cut):
    lost = np.array(values)[:, None]
    changed = lost.copy()
    changed[cut + 1 :] = 1.0 - changed[cut + 1 :]
    assert (_lasting(lost, 4.0)[: cut + 1] == _lasting(changed, 4.0)[: cut + 1]).all()


loss = st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 24.0), st.floats(0.0, 24.0))


@given(st.tuples(loss, loss, loss, loss), st.floats(0.0, 24.0))
def test_levels_are_shares_and_more_autonomy_never_lowers_one(calm, lost, more_h):
    case, _ = calm
    power, telephone, water, heat = lost
    losses = without(case, electricity=power, telecom=telephone, water=water, heat=heat)
    longer = tuple(
        tuple((needs, autonomy + more_h, after) for needs, autonomy, after in each)
        for each in case.delivery.dependencies
    )
    sturdier = replace(case, delivery=replace(case.delivery, dependencies=longer))
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
