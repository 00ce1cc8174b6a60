"""Analytical and simulated indices: known answers, properties, and each beside the other."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.kile_costs import cost_nok_per_kw
from grid.reliability.analytical import analytical_indices, interruption_nok, repair_strata
from grid.reliability.indices import HOURS_PER_YEAR, LoadPointIndices, SystemIndices
from grid.reliability.overlap import Fault, interruptions
from grid.reliability.radial import Branches, radial_system
from grid.reliability.simulation import simulate
from grid.reliability.study import feeder_study
from tests.grid.reliability.conftest import REFERENCE, random_rows, random_ties, system_of, tables

seeds = st.integers(0, 10_000)
ONE_TIME = (1.0,)


@pytest.fixture(scope="module")
def kile(region, tmp_path_factory):
    from grid.reliability.read import read_feeders  # noqa: PLC0415 -- beside its use

    folder = tables(tmp_path_factory.mktemp("kile") / "one")
    return feeder_study(read_feeders(folder), region).kile


def outage(system):
    points = analytical_indices(system).load_points
    return dict(zip(system.loads.name.tolist(), points.outage_h_per_yr.tolist(), strict=True))


def never_worse(before, after):
    worse = {name for name, hours in outage(after).items() if hours > outage(before)[name] + 1e-9}
    assert not worse


@given(seeds)
@settings(max_examples=12)
def test_a_disconnector_or_fuse_more_makes_no_load_point_worse(seed):
    """With one switching time, and ties that can take everybody over."""
    rows = random_rows(seed, times=ONE_TIME)
    ties = random_ties(seed, rows, times=ONE_TIME, room=True)
    before = system_of(rows, ties=ties)
    for at, (name, above, device, _, *rest) in enumerate(rows):
        if device == "none":
            for better, p in (("disconnector", 0.0), ("fuse", 0.2)):
                more = [*rows[:at], (name, above, better, p, *rest), *rows[at + 1 :]]
                never_worse(before, system_of(more, ties=ties))


@given(seeds)
@settings(max_examples=25)
def test_a_disconnector_that_is_remote_makes_no_load_point_worse(seed):
    rows = random_rows(seed, times=ONE_TIME)
    ties = random_ties(seed, rows, times=ONE_TIME, room=True)
    before = system_of(rows, ties=ties)
    for at, (name, above, device, p, _, *rest) in enumerate(rows):
        if device == "disconnector":
            more = [*rows[:at], (name, above, device, p, 0.2, *rest), *rows[at + 1 :]]
            never_worse(before, system_of(more, ties=ties))


@given(seeds)
@settings(max_examples=25)
def test_a_tie_more_makes_no_load_point_worse(seed):
    rows = random_rows(seed, times=ONE_TIME)
    ties = random_ties(seed, rows, count=4, times=ONE_TIME)
    never_worse(system_of(rows, ties=ties[:-1]), system_of(rows, ties=ties))


@given(seeds)
def test_system_indices_are_sums_over_load_points(seed):
    rows = random_rows(seed)
    system = system_of(rows, ties=random_ties(seed, rows))
    result = analytical_indices(system)
    points, customers = result.load_points, system.loads.customers
    saidi_h = (customers * points.outage_h_per_yr).sum() / customers.sum()
    assert result.system.saidi_h == pytest.approx(saidi_h)
    assert result.system.asui == pytest.approx(saidi_h / HOURS_PER_YEAR)
    assert result.system.asai + result.system.asui == pytest.approx(1.0)
    assert result.system.caidi_h * result.system.saifi == pytest.approx(saidi_h)
    assert result.system.ens_mwh == pytest.approx((0.5 * points.outage_h_per_yr).sum())
    assert result.system.aens_kwh == pytest.approx(1e3 * result.system.ens_mwh / customers.sum())


def test_nothing_fails_and_nobody_is_interrupted(kile):
    system = system_of(random_rows(1, rate=0.0))
    for found in (analytical_indices(system, kile), simulate(system, 100, 1, kile).mean):
        assert found.system.saifi == found.system.saidi_h == found.system.ens_mwh == 0.0
        assert found.system.kile_nok == 0.0
        assert np.isnan(found.load_points.mean_outage_h).all()


def shuffled(system, rng):
    """Return the same network with its branches and loads in another order."""
    order = rng.permutation(len(system.branches.name))
    new = np.argsort(order)
    branches = {f.name: getattr(system.branches, f.name)[order] for f in fields(Branches)}
    branches["parent"] = np.where(branches["parent"] < 0, -1, new[branches["parent"]])
    mixed = rng.permutation(len(system.loads))
    loads = replace(
        system.loads,
        **{f.name: getattr(system.loads, f.name)[mixed] for f in fields(system.loads)},
    )
    loads = replace(loads, branch=new[loads.branch])
    other = system.ties.other
    ties = replace(
        system.ties,
        branch=new[system.ties.branch],
        other=np.where(other < 0, -1, new[other]) if len(other) else other,
    )
    return radial_system(Branches(**branches), loads, ties, repair_cv=system.repair_cv), mixed


@given(seeds)
@settings(max_examples=25)
def test_order_of_the_rows_changes_nothing(seed):
    rows = random_rows(seed)
    system = system_of(rows, ties=random_ties(seed, rows), cv=0.5)
    other, mixed = shuffled(system, np.random.default_rng(seed))
    for compute in (analytical_indices, lambda each: simulate(each, 50, 3).mean):
        one, two = compute(system).load_points, compute(other).load_points
        for field in fields(LoadPointIndices):
            expected = getattr(one, field.name)[mixed]
            got = getattr(two, field.name)
            assert got == pytest.approx(expected, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("seed", range(6))
def test_simulation_agrees_with_the_formula(seed, kile):
    """Random trees with fuses that fail, ties with probability and little room."""
    rows = random_rows(seed, rate=0.05)
    system = system_of(rows, ties=random_ties(seed, rows), cv=[0.0, 0.8][seed % 2])
    exact = analytical_indices(system, kile)
    found = simulate(system, 6000, seed, kile)
    for field in fields(SystemIndices):
        difference = getattr(found.mean.system, field.name) - getattr(exact.system, field.name)
        assert abs(difference) < 3.5 * getattr(found.standard_error.system, field.name), field.name


def test_error_shrinks_with_the_square_root_of_the_years():
    system = system_of(random_rows(5, rate=1.0))
    few = simulate(system, 500, 1).standard_error.system
    many = simulate(system, 8000, 1).standard_error.system
    for field in ("saifi", "saidi_h", "caidi_h", "ens_mwh"):
        assert getattr(few, field) / getattr(many, field) == pytest.approx(4.0, rel=0.2)


def test_standard_error_is_the_spread_of_independent_runs():
    system = system_of(random_rows(5, rate=1.0))
    runs = [simulate(system, 200, seed).mean.system.caidi_h for seed in range(60)]
    error = simulate(system, 200, 0).standard_error.system.caidi_h
    assert np.std(runs, ddof=1) == pytest.approx(error, rel=0.35)


def test_draws_of_a_component_do_not_depend_on_the_others_or_on_the_years():
    rows = random_rows(2, rate=1.0)
    alone = system_of(rows)
    beside = system_of([*rows, ("x", None, "breaker", 0.0, 1.0, 5.0, 2.0)])
    one, two = simulate(alone, 300, 4), simulate(beside, 300, 4)
    rate = two.mean.load_points.failure_rate_per_yr[: len(rows)]
    assert rate == pytest.approx(one.mean.load_points.failure_rate_per_yr)
    short, long = simulate(alone, 1000, 4), simulate(alone, 2000, 4)
    half = simulate(alone, 1500, 4)
    assert short.failures < half.failures < long.failures
    again = simulate(alone, 1500, 4).mean.load_points.outage_h_per_yr
    assert again.tolist() == half.mean.load_points.outage_h_per_yr.tolist()


def test_components_that_often_fail_reach_their_known_availability():
    """Up 876 h on average, then 100 h out: two in one zone are both up (876 / 976)**2."""
    rows = [
        ("s", None, "breaker", 0.0, 1.0, 10.0, 100.0),
        ("u", "s", "none", 0.0, 1.0, 10.0, 100.0),
    ]
    found = simulate(system_of(rows), 3000, 6)
    up = HOURS_PER_YEAR / 10.0
    expected = HOURS_PER_YEAR * (1.0 - (up / (up + 100.0)) ** 2)
    points, errors = found.mean.load_points, found.standard_error.load_points
    assert abs(points.outage_h_per_yr[0] - expected) < 3.0 * errors.outage_h_per_yr[0]
    # An interruption begins whenever the first of the two fails.
    begins = HOURS_PER_YEAR * 2.0 / up * (up / (up + 100.0)) ** 2
    rate = points.failure_rate_per_yr[0] - begins
    assert abs(rate) < 3.0 * errors.failure_rate_per_yr[0]


def two_feeders():
    """Feeders 1-2 and 3-4 from busbar b, tied at their far ends."""
    rows = [("b", None, "breaker", 0.0, 1.0, 0.0, 1.0)]
    for above, here, device in (
        ("b", "1", "breaker"),
        ("1", "2", "disconnector"),
        ("b", "3", "breaker"),
        ("3", "4", "disconnector"),
    ):
        rows.append((here, above, device, 0.0, 1.0, 0.1, 8.0))
    return system_of(rows, ties=[("2", "4", np.inf, 1.0, 1.0)])


def test_a_tie_helps_only_while_the_other_feeder_has_supply():
    system = two_feeders()
    zone = dict(zip(system.branches.name.tolist(), system.branch_zone.tolist(), strict=True))
    usable = frozenset({0})
    first = Fault(zone=zone["1"], cleared_by=zone["1"], from_h=0.0, to_h=8.0, usable=usable)
    second = Fault(zone=zone["3"], cleared_by=zone["3"], from_h=5.0, to_h=13.0, usable=usable)
    found = interruptions(system, [first, second])
    name = system.loads.name[system.load_row]
    dark = sorted(
        (str(name[place]), float(begin), float(end))
        for place, begin, end in zip(found.place, found.from_h, found.to_h, strict=True)
    )
    assert dark == [
        ("L1", 0.0, 8.0),
        ("L2", 0.0, 1.0),
        # The other feeder trips: what it carried over the tie goes dark with it, until the
        # first fault is repaired.
        ("L2", 5.0, 8.0),
        ("L3", 5.0, 13.0),
        # Repaired at 8 h, the first feeder takes load 4 over.
        ("L4", 5.0, 8.0),
    ]


def test_cost_is_expected_over_durations_not_of_the_mean(kile):
    system = system_of([("s", None, "breaker", 0.0, 1.0, 1.0, 6.0)], cv=1.0)
    result = analytical_indices(system, kile).system.kile_nok
    spread = np.random.default_rng(1).lognormal(-np.log(2.0) / 2.0, np.sqrt(np.log(2.0)), 400_000)
    place = np.zeros(len(spread), dtype=int)
    drawn = interruption_nok(system, kile, place, 6.0 * spread)
    assert result == pytest.approx(drawn.mean(), rel=0.01)
    of_mean = interruption_nok(system, kile, place[:1], np.array([6.0]))[0]
    assert abs(result / of_mean - 1.0) > 0.01


def test_cost_of_one_interruption_is_that_of_the_regulation(kile):
    system = system_of([("s", None, "breaker", 0.0, 1.0, 0.5, 6.0)])
    per_kw = cost_nok_per_kw(kile.functions, np.array([0]), np.array([6.0]))[0]
    expected = 0.5 * per_kw * kile.correction[0] * 700.0
    assert analytical_indices(system, kile).system.kile_nok == pytest.approx(expected)


@pytest.mark.parametrize("cv", [0.0, 0.5, 1.5])
def test_strata_of_repair_times_keep_their_mean(cv):
    factors = repair_strata(cv)
    assert factors.mean() == pytest.approx(1.0)
    assert (np.diff(factors) > 0.0).all()


def test_all_load_points_of_the_reference_system_meet_the_same_failures_in_any_variant(study):
    """Differences between variants are paired: lines and transformers fail alike."""
    failures = {
        variant: simulate(
            study(REFERENCE / "03-rbts-bus2-distribution" / variant).system, 200, 1
        ).failures
        for variant in "ABDF"
    }
    assert len(set(failures.values())) == 1


def test_one_year_is_too_few():
    with pytest.raises(ValueError, match="years"):
        simulate(two_feeders(), 1, 1)
