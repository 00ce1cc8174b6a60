import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.intervals import hourly_weight

HOURS, PLACES = 12, 3

interval = st.tuples(
    st.integers(0, PLACES - 1),
    st.floats(0.0, 1e6),
    st.floats(-3.0, 15.0),
    st.floats(-3.0, 15.0),
)


def weights(rows, hours=HOURS):
    place, weight, from_h, to_h = (np.array(column) for column in zip(*rows, strict=True))
    return hourly_weight(place, weight, from_h, to_h, places=PLACES, hours=hours)


def by_hand(rows):
    out = np.zeros((HOURS, PLACES))
    for place, weight, from_h, to_h in rows:
        for hour in range(HOURS):
            out[hour, place] += weight * max(min(to_h, hour + 1) - max(from_h, hour), 0.0)
    return out


def test_part_of_an_hour_counts_by_its_length():
    out = weights([(1, 10.0, 1.25, 3.5)])
    assert out[:, 1].tolist() == [0.0, 7.5, 10.0, 5.0] + [0.0] * 8
    assert not out[:, [0, 2]].any()


def test_nothing_gives_nothing():
    none = np.array([])
    out = hourly_weight(none.astype(int), none, none, none, places=PLACES, hours=HOURS)
    assert out.shape == (HOURS, PLACES)
    assert not out.any()


def test_empty_and_outside_intervals_count_nothing():
    out = weights(
        [(0, 5.0, 3.0, 3.0), (0, 5.0, 4.0, 2.0), (0, 5.0, -2.0, 0.0), (0, 5.0, 12.0, 14.0)]
    )
    assert not out.any()


def test_all_the_time_is_the_weight_to_the_bit():
    assert (weights([(2, 7.0, -5.0, 50.0)])[:, 2] == 7.0).all()


@given(st.lists(interval, min_size=1, max_size=20))
def test_agrees_with_adding_hour_by_hour(rows):
    scale = max(sum(row[1] for row in rows), 1.0)
    assert np.abs(weights(rows) - by_hand(rows)).max() <= 1e-10 * scale


@given(st.lists(interval, min_size=1, max_size=20))
def test_is_never_negative(rows):
    assert weights(rows).min() >= 0.0


@given(interval, st.floats(0.0, 1.0))
def test_splitting_an_interval_changes_nothing(row, share):
    place, weight, from_h, to_h = row
    to_h = max(from_h, to_h)
    middle = from_h + share * (to_h - from_h)
    split = weights([(place, weight, from_h, middle), (place, weight, middle, to_h)])
    assert np.abs(split - weights([(place, weight, from_h, to_h)])).max() <= 1e-11 * max(weight, 1)


@given(st.lists(interval, min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_order_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    scale = max(sum(row[1] for row in rows), 1.0)
    assert np.abs(weights(rows) - weights(shuffled)).max() <= 1e-11 * scale
