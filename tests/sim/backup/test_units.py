import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.backup import units
from sim.backup.units import start_failure
from sim.rng import stream
from tests.sim.backup.test_backup import backups_table

TESTED_EVERY_D = 30.0


def starts(table, row):
    return units.starts(table, row, TESTED_EVERY_D)


def lives_h(table, row, numbers):
    return units.lives_h(table, row, numbers, TESTED_EVERY_D)


probability = st.floats(0.0, 1.0)
days = st.floats(1.0, 2000.0)
numbers = st.lists(
    st.tuples(st.floats(0.0, 1.0, exclude_max=True), st.floats(0.0, 0.999999)),
    min_size=4,
    max_size=4,
).map(np.array)


def test_the_tables_figure_holds_for_a_test_a_month():
    assert start_failure(0.0094, TESTED_EVERY_D, TESTED_EVERY_D) == 0.0094


def test_a_unit_tested_six_times_as_seldom_fails_six_times_as_often():
    assert start_failure(0.0094, 6.0 * TESTED_EVERY_D, TESTED_EVERY_D) == pytest.approx(0.0564)


def test_no_unit_fails_to_start_more_often_than_always():
    assert start_failure(0.2, 365.0, TESTED_EVERY_D) == 1.0


@given(probability, days, days)
def test_seldom_tests_never_make_a_start_surer(chance, one, other):
    often, seldom = sorted((one, other))
    assert (
        0.0
        <= start_failure(chance, often, TESTED_EVERY_D)
        <= start_failure(chance, seldom, TESTED_EVERY_D)
        <= 1.0
    )


def test_a_unit_starts_when_it_is_in_service_and_does_not_fail():
    table = backups_table(
        availability=0.9, start_failure_probability=0.05, test_interval_d=2.0 * TESTED_EVERY_D
    )
    assert starts(table, 0) == pytest.approx(0.9 * 0.9)


def test_a_unit_that_starts_lives_as_long_as_its_number_says():
    table = backups_table(gensets=3, gensets_needed=2, availability=0.8, mttf_h=1000.0)
    # Median of the exponential: ln 2 times the mean.
    drawn = np.array([[0.79, 0.5], [0.81, 0.5], [0.0, 1.0 - np.exp(-2.0)]])
    assert lives_h(table, 0, drawn) == [
        pytest.approx(1000.0 * np.log(2.0)),
        0.0,
        pytest.approx(2000.0),
    ]


def test_numbers_beyond_the_units_there_are_change_nothing():
    table = backups_table(gensets=2, gensets_needed=1)
    drawn = np.full((50, 2), 0.5)
    assert len(lives_h(table, 0, drawn)) == 2
    other = drawn.copy()
    other[2:] = 0.0
    assert lives_h(table, 0, other) == lives_h(table, 0, drawn)


@given(
    numbers,
    st.tuples(probability, probability),
    st.tuples(days, days).map(sorted),
    st.tuples(st.floats(1.0, 5000.0), st.floats(1.0, 5000.0)).map(sorted),
)
def test_a_more_reliable_unit_never_lives_shorter_with_the_same_numbers(
    drawn, chances, tests_d, mttf_h
):
    availability, failure = chances
    figures = {
        "gensets": 4,
        "gensets_needed": 3,
        "start_failure_probability": failure,
        "availability": availability,
    }
    worse = backups_table(**figures, test_interval_d=tests_d[1], mttf_h=mttf_h[0])
    better = backups_table(**figures, test_interval_d=tests_d[0], mttf_h=mttf_h[1])
    for short_h, long_h in zip(lives_h(worse, 0, drawn), lives_h(better, 0, drawn), strict=True):
        assert long_h >= short_h >= 0.0


def test_units_start_and_live_as_often_and_long_as_the_table_says():
    table = backups_table(
        gensets=50,
        gensets_needed=40,
        availability=0.95,
        start_failure_probability=0.02,
        test_interval_d=180.0,
        mttf_h=1100.0,
    )
    lives = np.concatenate(
        [lives_h(table, 0, stream(11, k, "gensets").random((50, 2))) for k in range(100)]
    )
    share, n = 0.95 * (1.0 - 0.12), len(lives)
    started = lives[lives > 0.0]
    assert abs(len(started) / n - share) < 4.0 * np.sqrt(share * (1.0 - share) / n)
    assert abs(started.mean() - 1100.0) < 4.0 * 1100.0 / np.sqrt(len(started))


def test_a_set_of_four_of_which_three_carry_the_load_is_surer_than_each_of_them():
    table = backups_table(gensets=4, gensets_needed=3, start_failure_probability=0.1)
    runs = 4000
    carried = np.array(
        [
            sum(life > 0.0 for life in lives_h(table, 0, stream(5, k, "set").random((4, 2)))) >= 3
            for k in range(runs)
        ],
        dtype=float,
    )
    # At least three of four at 0.9 each.
    expected = 0.9**4 + 4.0 * 0.9**3 * 0.1
    assert abs(carried.mean() - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / runs)
