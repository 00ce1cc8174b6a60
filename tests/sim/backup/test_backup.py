from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from data.region import Backups
from sim.backup import plant as plants
from sim.backup.backup import Backup
from sim.backup.plant import BackupPlant
from sim.backup.site_backup import SiteBackup, SiteName
from sim.state_log import StateLog

RECHARGE_H, L_PER_KWH = 8.0, 0.27


def plant_from_hours(**figures) -> BackupPlant:
    return plants.plant_from_hours(recharge_h=RECHARGE_H, l_per_kwh=L_PER_KWH, **figures)


def play(plant, steps, until=100.0, **options):
    """Run (hour, action) on a backup; returns it and the flips of supply."""
    env = simpy.Environment()
    flips = []
    backup = Backup(env, plant, on_change=lambda *flip: flips.append(flip), **options)

    def timeline():
        for hour, action in steps:
            yield env.timeout(hour - env.now)
            action(backup)

    env.process(timeline())
    env.run(until=until)
    backup.settle()
    return backup, flips


lost = Backup.grid_lost
back = Backup.grid_back


def test_a_battery_alone_lasts_its_hours():
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, units=0, units_needed=0)
    backup, flips = play(plant, [(1.0, lost), (9.0, back)])
    assert flips == [(5.0, "battery_empty", 0.0), (9.0, "grid_back", 1.0)]
    assert backup.ens_kwh == pytest.approx(20.0)


def test_a_short_outage_is_not_noticed_behind_a_battery():
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, units=0, units_needed=0)
    backup, flips = play(plant, [(1.0, lost), (4.9, back)])
    assert flips == []
    assert backup.ens_kwh == 0.0


def test_the_grid_recharges_the_battery_between_outages():
    plant = plant_from_hours(load_kw=1.0, ups_h=4.0, units=0, units_needed=0)
    _, flips = play(plant, [(0.0, lost), (4.0, back), (6.0, lost), (20.0, back)])
    assert flips[-2][0] == pytest.approx(7.0)  # 2 h of charging at a charger of 8 h for all


def test_without_any_backup_the_load_is_lost_at_once():
    backup, flips = play(BackupPlant(load_kw=2.0), [(1.0, lost), (3.0, back)])
    assert flips == [(1.0, "no_backup", 0.0), (3.0, "grid_back", 1.0)]
    assert backup.ens_kwh == pytest.approx(4.0)


def test_genset_without_battery_leaves_a_gap_of_its_start_delay():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.0, units=1, units_needed=1, start_delay_h=0.1, fuel_h=24.0
    )
    backup, flips = play(plant, [(0.0, lost), (20.0, back)])
    assert flips == [(0.0, "genset_starting", 0.0), (0.1, "genset_running", 1.0)]
    assert backup.genset_run_h == pytest.approx(19.9)


def test_genset_with_no_delay_takes_over_without_a_gap():
    plant = plant_from_hours(load_kw=10.0, ups_h=0.0, units=1, units_needed=1, fuel_h=24.0)
    _, flips = play(plant, [(0.0, lost), (20.0, back)])
    assert flips == []


def test_battery_sized_for_the_start_delay_bridges_it():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.05, units=1, units_needed=1, start_delay_h=0.05, fuel_h=24.0
    )
    _, flips = play(plant, [(0.3, lost), (20.0, back)])
    assert flips == []


def test_a_genset_that_fails_to_start_leaves_the_battery():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.5, units=1, units_needed=1, start_delay_h=0.1, fuel_h=24.0
    )
    backup, flips = play(plant, [(0.0, lost), (3.0, back)], lives_h=[0.0])
    assert flips == [(0.5, "genset_failed", 0.0), (3.0, "grid_back", 1.0)]
    assert "genset_failed" in [event.what for event in backup.events]


def test_tank_lasts_its_hours_then_the_battery_carries_once_more():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.5, units=1, units_needed=1, start_delay_h=0.1, fuel_h=24.0
    )
    backup, flips = play(plant, [(0.0, lost), (40.0, back)])
    assert flips[0] == (pytest.approx(24.6), "fuel_empty", 0.0)
    assert backup.fuel_l == 0.0


def test_fuel_ordered_at_the_threshold_and_brought_in_time_keeps_the_load():
    plant = plant_from_hours(load_kw=10.0, ups_h=0.0, units=1, units_needed=1, fuel_h=24.0)
    orders = []
    backup, flips = play(
        plant,
        [(0.0, lost), (18.0, lambda b: b.deliver_fuel(b.room_l)), (40.0, back)],
        order_fuel=lambda: orders.append(None),
        order_below_l=12.0 * plant.fuel_l_per_h,
    )
    ordered = [event.t_h for event in backup.events if event.what == "fuel_ordered"]
    assert ordered == [pytest.approx(12.0), pytest.approx(30.0)]
    assert len(orders) == 2
    assert flips == []
    assert backup.fuel_l == pytest.approx(2.0 * plant.fuel_l_per_h)


def test_fuel_is_ordered_even_with_no_threshold_when_the_tank_runs_dry():
    plant = plant_from_hours(load_kw=10.0, ups_h=0.0, units=1, units_needed=1, fuel_h=8.0)
    orders = []
    play(plant, [(0.0, lost)], order_fuel=lambda: orders.append(None))
    assert len(orders) == 1


def test_a_late_delivery_starts_the_genset_again():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.0, units=1, units_needed=1, start_delay_h=0.2, fuel_h=8.0
    )
    _, flips = play(plant, [(0.0, lost), (10.0, lambda b: b.deliver_fuel(50.0))], until=12.0)
    assert flips[-2:] == [
        (pytest.approx(8.2), "fuel_empty", 0.0),
        (pytest.approx(10.2), "genset_running", 1.0),
    ]


def test_losing_the_grid_twice_is_losing_it_once():
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, units=0, units_needed=0)
    once, _ = play(plant, [(1.0, lost), (9.0, back)])
    twice, _ = play(plant, [(1.0, lost), (2.0, lost), (9.0, back), (10.0, back)])
    assert twice.events == once.events
    assert twice.ens_kwh == once.ens_kwh


@pytest.mark.parametrize(
    "wrong",
    [
        {"load_kw": 0.0},
        {"load_kw": float("nan")},
        {"load_kw": 1.0, "battery_kwh": -1.0},
        {"load_kw": 1.0, "discharge_efficiency": 0.0},
        {"load_kw": 1.0, "charge_efficiency": 1.2},
        {"load_kw": 1.0, "tank_l": float("inf")},
        {"load_kw": 1.0, "units": 2, "units_needed": 3},
        {"load_kw": 1.0, "units": 2, "units_needed": 0},
        {"load_kw": 1.0, "units": 0, "units_needed": 1},
    ],
)
def test_a_plant_without_physical_meaning_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        BackupPlant(**wrong)


def test_no_fuel_is_no_delivery():
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, units=0, units_needed=0)
    with pytest.raises(ValueError, match="litres"):
        play(plant, [(1.0, lambda b: b.deliver_fuel(0.0))])


def three_units(ups_h=0.0, needed=2, fuel_h=100.0):
    return plant_from_hours(load_kw=10.0, ups_h=ups_h, units=3, units_needed=needed, fuel_h=fuel_h)


def test_with_two_of_three_units_one_failure_keeps_the_load():
    backup, flips = play(three_units(), [(1.0, lost), (40.0, back)], lives_h=[4.0, 90.0, 90.0])
    assert flips == []
    assert ("genset_stopped", 5.0) in [(event.what, event.t_h) for event in backup.events]


def test_with_two_of_three_units_two_failures_leave_half():
    backup, flips = play(three_units(), [(1.0, lost), (40.0, back)], lives_h=[4.0, 9.0, 90.0])
    assert flips == [(10.0, "genset_stopped", 0.5), (40.0, "grid_back", 1.0)]
    assert backup.ens_kwh == pytest.approx(0.5 * 10.0 * 30.0)


def test_the_last_unit_to_fail_leaves_nothing():
    _, flips = play(three_units(), [(1.0, lost), (40.0, back)], lives_h=[4.0, 9.0, 14.0])
    assert flips == [
        (10.0, "genset_stopped", 0.5),
        (15.0, "genset_stopped", 0.0),
        (40.0, "grid_back", 1.0),
    ]


def test_units_that_do_not_start_are_missing_from_the_beginning():
    _, flips = play(three_units(), [(1.0, lost), (40.0, back)], lives_h=[0.0, 90.0, 0.0])
    assert flips == [(1.0, "genset_failed", 0.5), (40.0, "grid_back", 1.0)]


def test_one_unit_that_does_not_start_is_not_missed_when_two_of_three_are_enough():
    backup, flips = play(three_units(), [(1.0, lost), (40.0, back)], lives_h=[0.0, 90.0, 90.0])
    assert flips == []
    assert "genset_failed" not in [event.what for event in backup.events]


def test_a_unit_grows_old_only_while_it_runs():
    plant = plant_from_hours(load_kw=10.0, ups_h=0.0, units=1, units_needed=1, fuel_h=100.0)
    steps = [(0.0, lost), (3.0, back), (50.0, lost), (60.0, back)]
    _, flips = play(plant, steps, lives_h=[5.0])
    assert flips[0] == (pytest.approx(52.0), "genset_stopped", 0.0)


def test_the_start_delay_is_no_part_of_a_units_life():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=1.0, units=1, units_needed=1, start_delay_h=0.25, fuel_h=100.0
    )
    _, flips = play(plant, [(0.0, lost), (60.0, back)], lives_h=[5.0])
    # Full again since it was charged, the battery carries for an hour more.
    assert flips[0] == (pytest.approx(6.25), "genset_stopped", 0.0)


def test_the_battery_carries_what_the_units_left_do_not():
    # Half of 10 kW from a battery of 20 kWh: four hours.
    backup, flips = play(
        three_units(ups_h=2.0), [(1.0, lost), (40.0, back)], lives_h=[4.0, 9.0, 90.0]
    )
    assert flips == [(pytest.approx(14.0), "genset_stopped", 0.5), (40.0, "grid_back", 1.0)]
    assert backup.ens_kwh == pytest.approx(0.5 * 10.0 * 26.0)


def test_half_the_units_use_half_the_fuel():
    plant = three_units(fuel_h=20.0)
    _, flips = play(plant, [(0.0, lost), (60.0, back)], lives_h=[0.0, 90.0, 0.0])
    assert flips[1] == (pytest.approx(40.0), "fuel_empty", 0.0)


hours = st.floats(0.0, 30.0, allow_nan=False)


def outages(draw_hours):
    edges = np.cumsum(draw_hours)
    return [(float(t), lost if k % 2 == 0 else back) for k, t in enumerate(edges)]


@given(
    st.lists(st.floats(0.01, 30.0), min_size=2, max_size=8),
    st.tuples(hours, hours, hours),
    st.lists(st.one_of(st.just(0.0), st.floats(0.01, 60.0)), max_size=4),
    st.integers(1, 4),
)
def test_more_backup_never_hurts_and_state_stays_within_bounds(gaps, sizes, lives_h, needed):
    ups_h, fuel_h, extra_h = sizes
    units = len(lives_h)

    def plant(ups, fuel):
        return plant_from_hours(
            load_kw=3.0,
            ups_h=ups,
            units=units,
            units_needed=min(needed, units),
            start_delay_h=0.1,
            fuel_h=fuel,
        )

    steps = outages(gaps)
    small, _ = play(plant(ups_h, fuel_h), steps, until=300.0, lives_h=lives_h)
    large, _ = play(plant(ups_h, fuel_h + extra_h), steps, until=300.0, lives_h=lives_h)
    longer, _ = play(plant(ups_h + extra_h, fuel_h), steps, until=300.0, lives_h=lives_h)
    assert large.ens_kwh <= small.ens_kwh + 1e-6
    assert longer.ens_kwh <= small.ens_kwh + 1e-6
    for event in small.events:
        assert -1e-9 <= event.battery_kwh <= small.plant.battery_kwh + 1e-9
        assert -1e-9 <= event.fuel_l <= small.plant.tank_l + 1e-9


@given(st.lists(st.floats(0.01, 30.0), min_size=2, max_size=8), hours, hours, st.integers(0, 3))
def test_looking_at_it_in_between_changes_nothing(gaps, ups_h, fuel_h, units):
    plant = plant_from_hours(
        load_kw=3.0,
        ups_h=ups_h,
        units=units,
        units_needed=min(units, 2),
        start_delay_h=0.1,
        fuel_h=fuel_h,
    )
    steps = outages(gaps)
    looks = [(float(t), Backup.settle) for t in np.arange(0.0, 240.0, 1.7)]
    lives_h = [7.0, 20.0, 33.0][:units]
    alone, _ = play(plant, steps, until=300.0, lives_h=lives_h)
    looked_at = sorted(steps + looks, key=lambda s: s[0])
    watched, _ = play(plant, looked_at, until=300.0, lives_h=lives_h)
    assert watched.ens_kwh == pytest.approx(alone.ens_kwh, abs=1e-9)
    assert watched.genset_run_h == pytest.approx(alone.genset_run_h, abs=1e-9)


def backups_table(**columns):
    one = {
        "site_id": "h1",
        "ups_h": 0.5,
        "genset_share": 1.0,
        "gensets": 1,
        "gensets_needed": 1,
        "availability": 1.0,
        "start_failure_probability": 0.0,
        "mttf_h": 1000.0,
        "test_interval_d": 30.0,
        "start_delay_h": 0.1,
        "fuel_h": 24.0,
        "refuelled": True,
        "process_autonomy_h": 0.0,
        "mobile_priority": 0,
        "source": "test",
        "quality": "estimated",
        "origin": "E",
    } | columns
    return Backups(**{name: np.array([value]) for name, value in one.items()})


@dataclass
class SiteRun:
    """A site without the grid from the beginning, and what it told."""

    env: simpy.Environment
    site: SiteBackup
    seen: list
    orders: list
    states: StateLog


def play_site(table, until, lives_h=(1000.0,), order_below_h=0.0):
    env, states, seen, orders = simpy.Environment(), StateLog(), [], []
    site = SiteBackup(
        env,
        table,
        0,
        load_kw=100.0,
        recharge_h=RECHARGE_H,
        l_per_kwh=L_PER_KWH,
        lives_h=list(lives_h),
        name=SiteName(site_id="h1", area_id="a1"),
        states=states,
        on_change=lambda cause, share: seen.append((env.now, cause, share)),
        order_fuel=lambda: orders.append(env.now),
        order_below_h=order_below_h,
    )
    site.grid_lost()
    env.run(until=until)
    return SiteRun(env, site, seen, orders, states)


def test_share_without_genset_is_lost_with_its_battery():
    run = play_site(backups_table(genset_share=0.3), until=40.0)
    assert [(t_h, share) for t_h, _, share in run.seen] == [
        (0.5, pytest.approx(0.3)),
        (pytest.approx(24.6), 0.0),
    ]
    assert run.site.served_share == 0.0
    run.site.grid_back()
    assert run.site.served_share == 1.0


def test_site_that_is_refuelled_orders_and_fills_its_tank():
    run = play_site(backups_table(), until=13.0, order_below_h=12.0)
    assert run.orders == [pytest.approx(12.1)]
    litres = run.site.room_l
    assert litres == pytest.approx(12.9 / 24.0 * run.site.genset.plant.tank_l)
    run.site.fill_tank(litres)
    assert run.site.room_l == pytest.approx(0.0)


def test_site_that_is_not_refuelled_orders_nothing():
    run = play_site(backups_table(refuelled=False), until=30.0, order_below_h=12.0)
    assert run.orders == []


def test_site_without_genset_takes_no_fuel():
    run = play_site(backups_table(genset_share=0.0, gensets=0, gensets_needed=0), until=2.0)
    assert run.site.genset is None
    assert run.site.room_l == 0.0
    run.site.fill_tank(100.0)
    assert run.seen == [(0.5, "battery_empty", 0.0)]


def test_a_site_with_two_of_three_units_delivers_half_when_one_is_left():
    table = backups_table(gensets=3, gensets_needed=2, ups_h=0.0, start_delay_h=0.0)
    run = play_site(table, until=20.0, lives_h=[3.0, 6.0, 50.0])
    assert run.seen == [(6.0, "genset_stopped", 0.5)]


def test_units_carry_only_the_share_behind_them_and_batteries_the_rest_for_their_hours():
    table = backups_table(
        genset_share=0.6, gensets=3, gensets_needed=2, ups_h=1.0, start_delay_h=0.0
    )
    run = play_site(table, until=20.0, lives_h=[0.0, 50.0, 0.0])
    # The part behind gensets is half carried: its battery lasts twice the hour.
    assert [(t_h, share) for t_h, _, share in run.seen] == [
        (1.0, pytest.approx(0.6)),
        (2.0, pytest.approx(0.3)),
    ]


def test_a_mobile_genset_carries_what_neither_battery_nor_units_do():
    run = play_site(backups_table(genset_share=0.3), until=10.0)
    run.site.connect_mobile(0.5)
    assert run.site.served_share == pytest.approx(0.8)
    run.site.connect_mobile(1.0)
    assert run.site.served_share == 1.0
    run.site.connect_mobile(0.0)
    assert run.site.served_share == pytest.approx(0.3)


def test_the_stocks_shown_run_from_full_to_empty_without_a_gap():
    run = play_site(backups_table(ups_h=0.5, start_delay_h=0.1), until=40.0)
    run.site.show()
    tank = [piece for piece in run.states.stocks if piece.kind == "genset_tank"]
    assert (tank[0].from_h, tank[0].from_level) == (pytest.approx(0.1), 1.0)
    assert (tank[-1].to_h, tank[-1].to_level) == (pytest.approx(24.1), 0.0)
    assert all(a.to_h == b.from_h and a.to_level == b.from_level for a, b in pairwise(tank))
    assert tank[0].empty_in_h == pytest.approx(24.0)
    battery = [piece for piece in run.states.stocks if piece.kind == "ups"]
    # In use while the genset starts, and again when the tank is empty.
    assert (battery[0].from_h, battery[0].to_h) == (0.0, pytest.approx(0.1))
    assert battery[0].to_level == pytest.approx(0.8)
    assert battery[-1].to_level == 0.0
