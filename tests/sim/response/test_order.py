import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.schema import Restoration
from sim.response.order import LISTED, Job, RestorationOrder

CRITICAL_WEIGHT = 5.0


def job(name="s1", *, out_mw=1.0, critical_mw=0.0, customers=100.0, work_h=2.0):
    return Job(
        names=(name, f"feeder of {name}", "s001", "3201"),
        out_mw=out_mw,
        critical_mw=critical_mw,
        customers=customers,
        work_h=work_h,
    )


def order(policy="critical_first", first=(), best=None):
    return RestorationOrder(
        Restoration(policy=policy, first=tuple(first)), CRITICAL_WEIGHT, best or {}
    )


def ranked(rules, *jobs):
    """Names of jobs, most urgent first."""
    return [each.names[0] for each in sorted(jobs, key=rules.priority)]


def test_megawatts_per_hour_of_work_go_first():
    small, quick, large = (
        job("small", out_mw=1.0),
        job("quick", out_mw=2.0, work_h=0.5),
        job("large", out_mw=5.0),
    )
    assert ranked(order(), small, quick, large) == ["quick", "large", "small"]


def test_a_critical_megawatt_counts_as_several():
    hospital = job("hospital", out_mw=1.0, critical_mw=1.0)
    homes = job("homes", out_mw=CRITICAL_WEIGHT)
    assert ranked(order(), homes, hospital) == ["hospital", "homes"]
    assert order().value(hospital) == pytest.approx(1.0 + CRITICAL_WEIGHT)


def test_customers_first_counts_heads_not_megawatts():
    few, many = job("factory", out_mw=9.0, customers=3.0), job("homes", customers=900.0)
    assert ranked(order("customers_first"), few, many) == ["homes", "factory"]


def test_first_come_leaves_all_equal_so_that_who_asked_first_is_served():
    rules = order("first_come")
    one, other = job("one", out_mw=9.0), job("other", work_h=0.1, customers=1e6)
    assert rules.priority(one) == rules.priority(other)
    assert rules.switching_value(one) == rules.switching_value(other) == 0.0


def test_what_is_listed_comes_before_everything_in_the_order_of_the_list():
    rules = order(first=["feeder of b", "a"])
    a, b, c = job("a"), job("b"), job("c", out_mw=500.0, critical_mw=500.0, work_h=0.1)
    assert ranked(rules, c, a, b) == ["b", "a", "c"]
    assert rules.priority(b) == LISTED


@pytest.mark.parametrize("name", ["s1", "feeder of s1", "s001", "3201"])
def test_a_section_a_feeder_a_substation_or_an_area_may_be_listed(name):
    assert order(first=[name]).priority(job()) == LISTED


def test_the_best_known_order_is_followed_and_what_it_does_not_know_comes_last():
    rules = order("best_known", best={"b": 0, "a": 1})
    assert ranked(rules, job("c", out_mw=99.0), job("a"), job("b")) == ["b", "a", "c"]


def test_switching_is_by_worth_and_not_by_hours():
    long, short = job("long", out_mw=2.0, work_h=50.0), job("short", out_mw=1.0, work_h=0.1)
    assert order().switching_value(long) > order().switching_value(short)


figures = st.floats(0.0, 1e3)


@given(figures, figures, figures, st.floats(0.1, 500.0), st.floats(0.0, 10.0))
def test_more_at_stake_is_never_less_urgent(out_mw, critical_mw, customers, work_h, more):
    for policy in ("critical_first", "customers_first", "first_come"):
        less = job(out_mw=out_mw, critical_mw=critical_mw, customers=customers, work_h=work_h)
        greater = job(
            out_mw=out_mw + more,
            critical_mw=critical_mw + more,
            customers=customers + more,
            work_h=work_h,
        )
        assert order(policy).priority(greater) <= order(policy).priority(less)


@given(figures, figures, figures, st.floats(0.1, 1e4))
def test_nothing_unlisted_overtakes_the_list(out_mw, critical_mw, customers, work_h):
    one = job("b", out_mw=out_mw, critical_mw=critical_mw, customers=customers, work_h=work_h)
    for policy in ("critical_first", "customers_first", "first_come"):
        rules = order(policy, first=["a"])
        assert rules.priority(job("a")) < rules.priority(one)
