import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.metrics import (
    caidi_h,
    energy_not_supplied,
    function_loss_h,
    function_loss_total_h,
    people_affected,
    person_hours,
    saidi_h,
    saifi,
    service_availability,
)

demand = arrays(np.float64, (24, 2), elements=st.floats(0.0, 500.0))
share = st.floats(0.0, 1.0)


def test_two_hours_without_10_mw_is_20_mwh():
    served = np.array([[10.0], [0.0], [0.0], [10.0]])
    ens = energy_not_supplied(np.full((4, 1), 10.0), served, np.ones(4))
    assert ens == pytest.approx([20.0])


def test_steps_of_other_lengths_count_by_their_length():
    ens = energy_not_supplied(np.full(2, 10.0), np.array([4.0, 10.0]), np.array([0.25, 5.0]))
    assert ens == pytest.approx(1.5)


@given(demand, share, share)
def test_serving_more_never_raises_ens(d, a, b):
    less = energy_not_supplied(d, d * np.minimum(a, b), np.ones(24))
    more = energy_not_supplied(d, d * np.maximum(a, b), np.ones(24))
    assert (more <= less + 1e-9).all()


def test_serving_more_than_the_demand_is_refused():
    with pytest.raises(ValueError, match="exceeds demand"):
        energy_not_supplied(np.ones((1, 1)), np.full((1, 1), 1.1), np.ones(1))


def test_reliability_indices_of_a_small_system():
    # Three interruptions among 1000 customers, by hand.
    customers, duration_h = np.array([100.0, 500.0, 50.0]), np.array([2.0, 0.5, 10.0])
    frequency = saifi(customers, 1000.0)
    hours = saidi_h(customers, duration_h, 1000.0)
    assert frequency == pytest.approx(0.65)
    assert hours == pytest.approx(0.95)
    assert caidi_h(hours, frequency) == pytest.approx(0.95 / 0.65)


def test_nobody_interrupted_is_zero_not_an_error():
    assert saifi(np.array([]), 1000.0) == 0.0
    assert saidi_h(np.array([]), np.array([]), 1000.0) == 0.0
    assert caidi_h(0.0, 0.0) == 0.0


def test_person_hours_keep_area_and_service_apart():
    persons = np.zeros((3, 2, 2))
    persons[1, 0, 0] = 100.0
    persons[2, 1, 1] = 40.0
    total = person_hours(persons, np.array([1.0, 1.0, 0.5]))
    assert total == pytest.approx(np.array([[100.0, 0.0], [0.0, 20.0]]))


def test_function_lost_for_a_quarter_of_the_people_counts_a_quarter():
    level = np.ones((10, 2, 2))
    level[:4, 0, 1] = 0.5
    loss_h = function_loss_h(level, np.ones(10), np.array([250.0, 750.0]))
    assert loss_h == pytest.approx([0.0, 0.5])


def test_equal_weights_give_the_unweighted_function_loss():
    loss_h = np.array([1.0, 2.0, 6.0])
    assert function_loss_total_h(loss_h) == pytest.approx(9.0)
    assert function_loss_total_h(loss_h, np.full(3, 7.0)) == pytest.approx(9.0)
    assert function_loss_total_h(loss_h, np.array([0.0, 0.0, 3.0])) == pytest.approx(18.0)


def test_nothing_wanted_is_fully_available():
    assert service_availability(np.array([0.0, 4.0]), np.array([0.0, 1.0])) == pytest.approx(
        [1.0, 0.25]
    )


def test_availability_at_the_threshold_does_not_count_as_affected():
    hit = people_affected(np.array([10.0, 20.0]), np.array([0.8, 0.79]), 0.8)
    assert hit == pytest.approx([0.0, 20.0])
