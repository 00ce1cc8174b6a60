import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.power.storage import Battery

HOURS = 24
course = st.lists(st.floats(0.01, 3.0), min_size=HOURS, max_size=HOURS).map(np.array)


def battery(p_mw=1.0, e_mwh=2.0):
    return Battery(p_mw=p_mw, e_mwh=e_mwh, efficiency=0.9)


def energy(demand, from_h, to_h):
    return sum(
        demand[hour] * max(min(to_h, hour + 1) - max(from_h, hour), 0.0) for hour in range(HOURS)
    )


def test_it_is_full_at_the_start():
    assert battery().energy_mwh == 2.0


def test_two_mwh_carry_half_a_megawatt_for_four_hours():
    share, empty_h = battery().carry(3.5, np.full(HOURS, 0.5))
    assert (share, empty_h) == (1.0, pytest.approx(7.5))


def test_rising_demand_empties_it_sooner():
    demand = np.full(HOURS, 0.5)
    demand[4:] = 1.0
    # 0.25 MWh to hour 4, the remaining 1.75 MWh at 1 MW.
    assert battery().carry(3.5, demand) == (1.0, pytest.approx(5.75))


def test_demand_above_its_power_is_carried_in_part():
    share, empty_h = battery().carry(0.0, np.full(HOURS, 4.0))
    assert (share, empty_h) == (0.25, pytest.approx(2.0))


def test_an_empty_battery_carries_nothing():
    one = battery()
    one.discharge(10.0, 1.0, np.full(HOURS, 1.0))
    assert one.energy_mwh == 0.0
    assert one.carry(10.0, np.full(HOURS, 1.0)) == (0.0, 10.0)


def test_it_charges_at_rated_power_less_losses():
    one = battery()
    one.discharge(2.0, 1.0, np.full(HOURS, 1.0))
    one.charge_until(3.0)
    assert one.energy_mwh == pytest.approx(0.9)
    one.charge_until(20.0)
    assert one.energy_mwh == 2.0


def test_it_lasts_to_the_end_when_it_can():
    share, empty_h = battery(e_mwh=100.0).carry(20.0, np.full(HOURS, 0.5))
    assert (share, empty_h) == (1.0, float(HOURS))


def test_after_the_end_it_carries_nothing():
    assert battery().carry(float(HOURS), np.full(HOURS, 0.5))[0] == 0.0


@given(
    course,
    st.floats(0.05, 5.0),
    st.floats(0.05, 20.0),
    st.lists(st.floats(0.0, 6.0), min_size=2, max_size=12),
)
def test_energy_stays_within_bounds_and_what_is_served_was_demanded(demand, p_mw, e_mwh, steps):
    one = battery(p_mw, e_mwh)
    now = served = 0.0
    for on, length in enumerate(steps):
        until = min(now + length, float(HOURS))
        if on % 2:
            one.charge_until(until)
        else:
            share, empty_h = one.carry(now, demand)
            assert 0.0 <= share <= 1.0
            assert (
                share * demand[int(now) :].max(initial=0.0) <= p_mw * (1 + 1e-9)
                or int(now) >= HOURS
            )
            stop = min(until, empty_h)
            served += share * energy(demand, now, stop)
            one.discharge(stop, share, demand)
            # Without grid and empty until the next step.
            one.discharge(until, 0.0, demand)
        assert 0.0 <= one.energy_mwh <= e_mwh
        now = until
    assert one.served_mwh == pytest.approx(served, rel=1e-9, abs=1e-9)


@given(course, st.floats(0.1, 5.0), st.floats(0.0, 20.0))
def test_it_is_empty_exactly_when_it_said(demand, e_mwh, from_h):
    one = battery(10.0, e_mwh)
    one.charge_until(from_h)
    share, empty_h = one.carry(from_h, demand)
    one.discharge(empty_h, share, demand)
    if empty_h < HOURS:
        assert one.energy_mwh == pytest.approx(0.0, abs=1e-9)
        assert energy(demand, from_h, empty_h) == pytest.approx(e_mwh)
    else:
        assert energy(demand, from_h, float(HOURS)) <= e_mwh + 1e-9
