import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from data.region import Backups
from sim.backup.backup import Backup
from sim.backup.plant import BackupPlant, plant_from_hours
from sim.backup.site_backup import SiteBackup


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
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, has_genset=False)
    backup, flips = play(plant, [(1.0, lost), (9.0, back)])
    assert flips == [(5.0, "battery_empty", False), (9.0, "grid_back", True)]
    assert backup.ens_kwh == pytest.approx(20.0)


def test_a_short_outage_is_not_noticed_behind_a_battery():
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, has_genset=False)
    backup, flips = play(plant, [(1.0, lost), (4.9, back)])
    assert flips == []
    assert backup.ens_kwh == 0.0


def test_the_grid_recharges_the_battery_between_outages():
    plant = plant_from_hours(load_kw=1.0, ups_h=4.0, has_genset=False)
    _, flips = play(plant, [(0.0, lost), (4.0, back), (6.0, lost), (20.0, back)])
    assert flips[-2][0] == pytest.approx(7.0)  # 2 h of charging at a charger of 8 h for all


def test_without_any_backup_the_load_is_lost_at_once():
    backup, flips = play(BackupPlant(load_kw=2.0), [(1.0, lost), (3.0, back)])
    assert flips == [(1.0, "no_backup", False), (3.0, "grid_back", True)]
    assert backup.ens_kwh == pytest.approx(4.0)


def test_genset_without_battery_leaves_a_gap_of_its_start_delay():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.0, has_genset=True, start_delay_h=0.1, fuel_h=24.0
    )
    backup, flips = play(plant, [(0.0, lost), (20.0, back)])
    assert flips == [(0.0, "genset_starting", False), (0.1, "genset_running", True)]
    assert backup.genset_run_h == pytest.approx(19.9)


def test_genset_with_no_delay_takes_over_without_a_gap():
    plant = plant_from_hours(load_kw=10.0, ups_h=0.0, has_genset=True, fuel_h=24.0)
    _, flips = play(plant, [(0.0, lost), (20.0, back)])
    assert flips == []


def test_battery_sized_for_the_start_delay_bridges_it():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.05, has_genset=True, start_delay_h=0.05, fuel_h=24.0
    )
    _, flips = play(plant, [(0.3, lost), (20.0, back)])
    assert flips == []


def test_a_genset_that_fails_to_start_leaves_the_battery():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.5, has_genset=True, start_delay_h=0.1, fuel_h=24.0
    )
    backup, flips = play(plant, [(0.0, lost), (3.0, back)], starts=False)
    assert flips == [(0.5, "genset_failed", False), (3.0, "grid_back", True)]
    assert "genset_failed" in [event.what for event in backup.events]


def test_tank_lasts_its_hours_then_the_battery_carries_once_more():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.5, has_genset=True, start_delay_h=0.1, fuel_h=24.0
    )
    backup, flips = play(plant, [(0.0, lost), (40.0, back)])
    assert flips[0] == (pytest.approx(24.6), "fuel_empty", False)
    assert backup.fuel_l == 0.0


def test_fuel_ordered_at_the_threshold_and_brought_in_time_keeps_the_load():
    plant = plant_from_hours(load_kw=10.0, ups_h=0.0, has_genset=True, fuel_h=24.0)
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
    plant = plant_from_hours(load_kw=10.0, ups_h=0.0, has_genset=True, fuel_h=8.0)
    orders = []
    play(plant, [(0.0, lost)], order_fuel=lambda: orders.append(None))
    assert len(orders) == 1


def test_a_late_delivery_starts_the_genset_again():
    plant = plant_from_hours(
        load_kw=10.0, ups_h=0.0, has_genset=True, start_delay_h=0.2, fuel_h=8.0
    )
    _, flips = play(plant, [(0.0, lost), (10.0, lambda b: b.deliver_fuel(50.0))], until=12.0)
    assert flips[-2:] == [
        (pytest.approx(8.2), "fuel_empty", False),
        (pytest.approx(10.2), "genset_running", True),
    ]


def test_losing_the_grid_twice_is_losing_it_once():
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, has_genset=False)
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
    ],
)
def test_a_plant_without_physical_meaning_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        BackupPlant(**wrong)


def test_no_fuel_is_no_delivery():
    plant = plant_from_hours(load_kw=5.0, ups_h=4.0, has_genset=False)
    with pytest.raises(ValueError, match="litres"):
        play(plant, [(1.0, lambda b: b.deliver_fuel(0.0))])


hours = st.floats(0.0, 30.0, allow_nan=False)


def outages(draw_hours):
    edges = np.cumsum(draw_hours)
    return [(float(t), lost if k % 2 == 0 else back) for k, t in enumerate(edges)]


@given(
    st.lists(st.floats(0.01, 30.0), min_size=2, max_size=8),
    st.tuples(hours, hours, hours),
    st.booleans(),
    st.booleans(),
)
def test_more_backup_never_hurts_and_state_stays_within_bounds(gaps, sizes, has_genset, starts):
    ups_h, fuel_h, extra_h = sizes

    def plant(ups, fuel):
        return plant_from_hours(
            load_kw=3.0, ups_h=ups, has_genset=has_genset, start_delay_h=0.1, fuel_h=fuel
        )

    steps = outages(gaps)
    small, _ = play(plant(ups_h, fuel_h), steps, until=300.0, starts=starts)
    large, _ = play(plant(ups_h, fuel_h + extra_h), steps, until=300.0, starts=starts)
    longer, _ = play(plant(ups_h + extra_h, fuel_h), steps, until=300.0, starts=starts)
    assert large.ens_kwh <= small.ens_kwh + 1e-6
    assert longer.ens_kwh <= small.ens_kwh + 1e-6
    for event in small.events:
        assert -1e-9 <= event.battery_kwh <= small.plant.battery_kwh + 1e-9
        assert -1e-9 <= event.fuel_l <= small.plant.tank_l + 1e-9


@given(st.lists(st.floats(0.01, 30.0), min_size=2, max_size=8), hours, hours, st.booleans())
def test_looking_at_it_in_between_changes_nothing(gaps, ups_h, fuel_h, has_genset):
    plant = plant_from_hours(
        load_kw=3.0, ups_h=ups_h, has_genset=has_genset, start_delay_h=0.1, fuel_h=fuel_h
    )
    steps = outages(gaps)
    looks = [(float(t), Backup.settle) for t in np.arange(0.0, 240.0, 1.7)]
    alone, _ = play(plant, steps, until=300.0)
    watched, _ = play(plant, sorted(steps + looks, key=lambda s: s[0]), until=300.0)
    assert watched.ens_kwh == pytest.approx(alone.ens_kwh, abs=1e-9)
    assert watched.genset_run_h == pytest.approx(alone.genset_run_h, abs=1e-9)


def backups_table(**columns):
    one = {
        "site_id": "h1",
        "ups_h": 0.5,
        "genset_share": 1.0,
        "start_failure_probability": 0.0,
        "start_delay_h": 0.1,
        "fuel_h": 24.0,
        "refuelled": True,
        "process_autonomy_h": 0.0,
        "source": "test",
        "quality": "estimated",
        "origin": "E",
    } | columns
    return Backups(**{name: np.array([value]) for name, value in one.items()})


def play_site(table, until, **options):
    env = simpy.Environment()
    seen = []
    site = SiteBackup(
        env, table, 0, load_kw=100.0, on_change=lambda *change: seen.append(change), **options
    )
    site.grid_lost()
    env.run(until=until)
    return site, seen


def test_share_without_genset_is_lost_with_its_battery():
    site, seen = play_site(backups_table(genset_share=0.3), until=40.0)
    assert [(t, pytest.approx(share)) for t, _, share in seen] == [
        (0.5, pytest.approx(0.3)),
        (pytest.approx(24.6), pytest.approx(0.0)),
    ]
    assert site.served_share == 0.0
    site.grid_back()
    assert site.served_share == 1.0


def test_site_that_is_refuelled_orders_and_fills_its_tank():
    orders = []
    site, _ = play_site(
        backups_table(), until=13.0, order_fuel=lambda: orders.append(None), order_below_h=12.0
    )
    assert len(orders) == 1
    litres = site.fill_tank()
    assert litres == pytest.approx(12.9 / 24.0 * site.genset.plant.tank_l)
    assert site.fill_tank() == 0.0


def test_site_that_is_not_refuelled_orders_nothing():
    orders = []
    play_site(
        backups_table(refuelled=False),
        until=30.0,
        order_fuel=lambda: orders.append(None),
        order_below_h=12.0,
    )
    assert orders == []


def test_site_without_genset_takes_no_fuel():
    site, seen = play_site(backups_table(genset_share=0.0), until=2.0)
    assert site.genset is None
    assert site.fill_tank() == 0.0
    assert seen == [(0.5, "battery_empty", 0.0)]
