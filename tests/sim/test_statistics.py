import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from sim.statistics import (
    bootstrap_interval,
    conditional_value_at_risk,
    paired_difference,
    ratio_of_means,
    summarise,
    t_interval,
)

SLEEP = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_OTHER = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
"""Student's sleep data (Biometrika 6 (1908) 1-25): known paired difference."""


def test_students_paired_sleep_data():
    paired = paired_difference(SLEEP_OTHER, SLEEP, lower_is_better=False)
    assert paired.mean == pytest.approx(1.58)
    # Student's t = 4.062 with 9 degrees of freedom, interval 0.70 to 2.46.
    assert paired.mean / paired.standard_error == pytest.approx(4.0621, abs=1e-4)
    assert (paired.low, paired.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert paired.share_better == pytest.approx(0.9)


def test_t_interval_agrees_with_scipy():
    expected = stats.t.interval(0.9, len(SLEEP) - 1, loc=SLEEP.mean(), scale=stats.sem(SLEEP))
    assert t_interval(SLEEP, 0.9) == pytest.approx(expected)


def test_t_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(2000):
        low, high = t_interval(rng.normal(3.0, 2.0, 12))
        hits += low <= 3.0 <= high
    assert abs(hits / 2000 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 2000)


def test_percentiles_and_tail_of_one_to_a_hundred():
    summary = summarise(np.arange(1.0, 101.0))
    assert (summary.n, summary.mean, summary.p50) == (100, 50.5, 50.5)
    assert (summary.p5, summary.p95) == pytest.approx((5.95, 95.05))
    assert summary.cvar95 == pytest.approx(98.0)  # mean of 96 to 100
    assert summary.standard_error == pytest.approx(np.std(np.arange(100), ddof=1) / 10.0)


def test_tail_of_a_figure_where_high_is_good_is_the_lower_one():
    assert summarise(np.arange(1.0, 101.0), lower_is_better=False).cvar95 == pytest.approx(3.0)


def test_a_tail_of_part_of_a_replication_is_weighted():
    # A twentieth of 30 values is one and a half of them.
    assert conditional_value_at_risk(np.arange(30.0)) == pytest.approx((29.0 + 0.5 * 28.0) / 1.5)


def test_cvar_of_the_normal_distribution():
    draws = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    expected = stats.norm.pdf(stats.norm.ppf(0.95)) / 0.05
    assert conditional_value_at_risk(draws) == pytest.approx(expected, rel=1e-3)


values = arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6))


@given(values)
def test_the_worst_twentieth_is_at_least_as_bad_as_its_limit(x):
    summary = summarise(x)
    assert summary.cvar95 >= summary.p95 - 1e-6 * (1.0 + abs(summary.p95))
    assert summary.p5 <= summary.p50 <= summary.p95


@given(values)
def test_a_portfolio_equal_to_the_baseline_differs_by_nothing(x):
    paired = paired_difference(x, x)
    assert paired.mean == 0.0
    assert paired.share_better == 0.0
    assert paired.low <= 0.0 <= paired.high


def test_pairing_sees_what_the_spread_of_storms_would_hide():
    rng = np.random.default_rng(2)
    storms = rng.exponential(1000.0, 100)
    paired = paired_difference(storms - 5.0 + rng.normal(0.0, 3.0, 100), storms)
    assert paired.high < 0.0
    low, high = t_interval(storms)
    assert high - low > 20.0 * (paired.high - paired.low)


def test_bootstrap_is_seeded_and_near_students_interval():
    x = np.random.default_rng(1).normal(10.0, 2.0, 200)
    first = paired_difference(x, np.zeros(200), rng=np.random.default_rng(5))
    again = paired_difference(x, np.zeros(200), rng=np.random.default_rng(5))
    assert first == again
    assert first.bootstrap_low == pytest.approx(first.low, abs=0.05)
    assert first.bootstrap_high == pytest.approx(first.high, abs=0.05)
    assert bootstrap_interval(np.full(9, 4.0), np.random.default_rng(0)) == (4.0, 4.0)


def test_without_a_generator_there_is_no_bootstrap():
    assert np.isnan(paired_difference(SLEEP, SLEEP_OTHER).bootstrap_low)


def test_one_replication_is_infinitely_unsure():
    summary = summarise(np.array([3.0]))
    assert (summary.mean, summary.cvar95) == (3.0, 3.0)
    assert (summary.low, summary.high) == (-np.inf, np.inf)
    assert summary.standard_error == np.inf


def test_ratio_of_means_and_its_error_against_repetition():
    rng = np.random.default_rng(3)
    ratios, errors = [], []
    for _ in range(400):
        below = rng.gamma(20.0, 1.0, 50)
        above = 2.0 * below + rng.normal(0.0, 4.0, 50)
        ratio, error = ratio_of_means(above, below)
        ratios.append(ratio)
        errors.append(error)
    assert np.mean(ratios) == pytest.approx(2.0, abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.1)


@pytest.mark.parametrize("wrong", [[], [1.0, np.nan], [np.inf], [[1.0, 2.0]]])
def test_values_that_cannot_be_summarised_are_refused(wrong):
    with pytest.raises(ValueError, match="values must"):
        summarise(np.array(wrong))


def test_values_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="paired"):
        paired_difference(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="paired"):
        ratio_of_means(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="confidence"):
        t_interval(SLEEP, 1.0)
    with pytest.raises(ValueError, match="level"):
        conditional_value_at_risk(SLEEP, 0.0)
