import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.resilience import (
    linear_area_lost,
    linear_time_to_level_h,
    linear_trapezoid,
    resilience_index,
    step_area_lost,
    step_trapezoid,
    time_to_restored_h,
)

T = np.arange(10.0)
COURSE = np.array([1.0, 0.9, 0.6, 0.5, 0.5, 0.7, 0.9, 0.95, 1.0, 1.0])


def test_stepped_trapezoid_of_a_course_worked_by_hand():
    fitted = step_trapezoid(T, COURSE, 10.0)
    assert fitted.begins_h == pytest.approx(1.0)
    assert fitted.lambda_ == pytest.approx(0.5)
    assert fitted.phi_per_h == pytest.approx(-0.5 / 2.0)  # from 1 h to 3 h
    assert fitted.e_h == pytest.approx(2.0)  # from 3 h to 5 h
    assert fitted.pi_per_h == pytest.approx(0.5 / 3.0)  # from 5 h to 8 h
    assert fitted.restored


def test_plateau_lets_nearly_lowest_steps_count():
    fitted = step_trapezoid(T, COURSE, 10.0, plateau=0.25)
    assert fitted.e_h == pytest.approx(3.0)  # 0.6 has four fifths of the loss
    assert fitted.phi_per_h == pytest.approx(-0.5)


def test_many_curves_at_once_equal_each_alone():
    rng = np.random.default_rng(4)
    curves = rng.choice([0.4, 0.7, 1.0], size=(30, 10))
    together = step_trapezoid(T, curves, 10.0)
    restored = time_to_restored_h(T, curves, 10.0, 0.95)
    for k, curve in enumerate(curves):
        alone = step_trapezoid(T, curve, 10.0)
        for name in ("phi_per_h", "lambda_", "e_h", "pi_per_h", "begins_h", "restored"):
            assert getattr(alone, name) == getattr(together, name)[k]
        assert time_to_restored_h(T, curve, 10.0, 0.95) == restored[k]


def test_a_fall_within_one_step_has_the_speed_of_that_step():
    fitted = step_trapezoid(T, np.array([1.0] * 4 + [0.8] + [1.0] * 5), 10.0)
    assert (float(fitted.phi_per_h), float(fitted.pi_per_h)) == pytest.approx((-0.2, 0.2))
    assert fitted.e_h == pytest.approx(1.0)


def test_a_curve_that_loses_nothing_is_all_zeros():
    fitted = step_trapezoid(T, np.ones(10), 10.0)
    assert [float(x) for x in (fitted.phi_per_h, fitted.lambda_, fitted.e_h, fitted.pi_per_h)] == [
        0.0
    ] * 4
    assert fitted.restored
    assert time_to_restored_h(T, np.ones(10), 10.0, 0.95) == 0.0
    flat = linear_trapezoid(T, np.ones(10))
    assert flat.lambda_ == 0.0
    assert flat.restored


def test_a_curve_that_is_not_back_says_so():
    level = np.array([1.0, 0.5, 0.5, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8])
    fitted = step_trapezoid(T, level, 10.0)
    assert not fitted.restored
    assert fitted.pi_per_h == pytest.approx(0.3 / 7.0)
    assert time_to_restored_h(T, level, 10.0, 0.5) == pytest.approx(2.0)
    assert np.isinf(time_to_restored_h(T, level, 10.0, 0.95))


def test_time_to_restored_counts_from_the_first_loss_until_for_good():
    assert time_to_restored_h(T, COURSE, 10.0, 0.5) == pytest.approx(5.0)
    assert time_to_restored_h(T, COURSE, 10.0, 0.8) == pytest.approx(5.0)
    assert time_to_restored_h(T, COURSE, 10.0, 0.95) == pytest.approx(7.0)
    assert time_to_restored_h(T, COURSE, 10.0, 1.0) == pytest.approx(7.0)
    relapse = np.where(T == 8.0, 0.6, COURSE)
    assert time_to_restored_h(T, relapse, 10.0, 0.5) == pytest.approx(8.0)


@given(arrays(np.float64, 10, elements=st.floats(0.0, 1.0)))
def test_restoring_more_never_takes_less_time(level):
    waits = [float(time_to_restored_h(T, level, 10.0, s)) for s in (0.5, 0.8, 0.95, 1.0)]
    assert waits == sorted(waits)
    assert step_area_lost(T, level, 10.0) >= 0.0


def test_linear_trapezoid_of_a_jump_is_infinitely_fast():
    fitted = linear_trapezoid(np.array([0.0, 0.0, 20.0]), np.array([100.0, 40.0, 100.0]))
    assert fitted.phi_per_h == -np.inf
    assert fitted.pi_per_h == pytest.approx(3.0)
    assert fitted.e_h == 0.0


def test_linear_curve_that_ends_low_is_not_restored():
    fitted = linear_trapezoid(np.array([0.0, 5.0, 10.0]), np.array([1.0, 0.5, 0.5]))
    assert not fitted.restored
    assert fitted.pi_per_h == 0.0
    assert fitted.e_h == pytest.approx(5.0)


def test_stepped_and_linear_reading_differ():
    t_h, level = np.array([0.0, 10.0]), np.array([0.0, 1.0])
    assert step_area_lost(t_h, level, 10.0 + 1e-9) == pytest.approx(10.0)
    assert linear_area_lost(t_h, level) == pytest.approx(5.0)


def test_resilience_index_of_a_lost_quarter():
    assert resilience_index(6.0, 24.0) == pytest.approx(0.75)


def test_linear_time_to_level_interpolates_the_last_rise():
    t_h = np.array([0.0, 10.0, 20.0, 30.0])
    assert linear_time_to_level_h(t_h, np.array([0.5, 1.0, 0.4, 0.8]), 0.6) == pytest.approx(25.0)
    assert linear_time_to_level_h(t_h, np.ones(4), 0.6) == 0.0
    assert np.isinf(linear_time_to_level_h(t_h, np.array([1.0, 1.0, 1.0, 0.5]), 0.6))


def test_curves_without_order_are_refused():
    with pytest.raises(ValueError, match="steps"):
        step_area_lost(np.array([0.0, 2.0, 1.0]), np.ones(3), 5.0)
    with pytest.raises(ValueError, match="linear"):
        linear_area_lost(np.array([0.0, 2.0, 1.0]), np.ones(3))
    with pytest.raises(ValueError, match="share"):
        time_to_restored_h(T, COURSE, 10.0, 0.0)
