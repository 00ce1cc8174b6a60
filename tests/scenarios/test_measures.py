"""What each measure builds and costs, by hand on small tables."""

from dataclasses import fields

import numpy as np
import pytest

from data.region import Region
from scenarios.measures import FUEL_M3_PER_MWH, annuity, apply
from scenarios.read import list_measures, load_measure
from tests.scenarios.small import measure, small

CREWS = {"kind": "crews", "added_per_depot": 2, "aid_crews": 3, "aid_arrives_h": 12.0}
CABLE = {"kind": "underground", "overhead_km": 5.0, "cable_per_overhead": 1.5}
TELECOM = {
    "kind": "telecom_backup",
    "reinforced_share": 0.3,
    "reinforced_h": 72.0,
    "battery_h": 8.0,
}
GENSETS = {
    "kind": "site_backup",
    "site_kinds": ["water_works", "care", "hospital"],
    "fuel_h": 72.0,
    "ups_h": 0.25,
    "start_failure_probability": 0.01,
}
BATTERIES = {
    "kind": "neighbourhood_batteries",
    "count": 2,
    "p_mw": 0.5,
    "e_mwh": 2.0,
    "efficiency": 0.8,
}
CARS = {"kind": "smart_charging", "smart_share": 0.5}


@pytest.fixture
def tiny(region: Region) -> Region:
    return small(region)


def test_annuity_has_its_textbook_values():
    # Annuity tables: 4 % over 10 and 40 years; 8 % over 20 years.
    assert annuity(0.04, 10.0) == pytest.approx(0.123291, abs=5e-7)
    assert annuity(0.04, 40.0) == pytest.approx(0.050523, abs=5e-7)
    assert annuity(0.08, 20.0) == pytest.approx(0.101852, abs=5e-7)
    assert annuity(0.0, 25.0) == pytest.approx(0.04)
    assert annuity(0.04, 1.0) == pytest.approx(1.04)


def test_an_annuity_pays_back_exactly_what_was_invested():
    paid = annuity(0.04, 15.0) * sum(1.04**-year for year in range(1, 16))
    assert paid == pytest.approx(1.0)


def test_no_measures_give_back_the_same_region(region):
    applied = apply(region, [])
    assert applied.region is region
    assert applied.quantities == {}
    assert applied.investment_mnok == applied.annual_cost_mnok == 0.0


def test_costs_are_annuity_plus_yearly_times_what_is_built(tiny):
    costs = [
        {"of": "crew", "yearly_nok": 1e6},
        {"of": "aid_crew", "investment_nok": 2e6, "yearly_nok": 5e5, "lifetime_yr": 10.0},
    ]
    applied = apply(tiny, [measure(CREWS, costs=costs)])
    # 2 depots x 2 crews x 1 MNOK, and 3 crews x (2 MNOK x annuity + 0.5 MNOK).
    assert applied.investment_mnok == pytest.approx(6.0)
    assert applied.annual_cost_mnok == pytest.approx(4.0 + 3 * (2.0 * 0.1232909 + 0.5), abs=1e-5)


def test_costs_of_several_measures_add_up(tiny):
    one = measure(CREWS, name="one", costs=[{"of": "crew", "yearly_nok": 1e6}])
    two = measure(CARS, name="two", costs=[{"of": "car", "investment_nok": 1e3}])
    both = apply(tiny, [one, two])
    apart = [apply(tiny, [each]) for each in (one, two)]
    assert both.annual_cost_mnok == pytest.approx(sum(a.annual_cost_mnok for a in apart))
    assert both.investment_mnok == pytest.approx(sum(a.investment_mnok for a in apart))


def test_crews_come_to_distribution_depots_and_help_is_spread_over_them(tiny):
    applied = apply(tiny, [measure(CREWS)])
    assert applied.region.depots.crews.tolist() == [5, 6, 5]
    aid = applied.region.mutual_aid
    assert aid.aid_id.tolist() == ["aid_old", "aid-2-d1", "aid-3-d2"]
    assert aid.depot_id.tolist() == ["d1", "d1", "d2"]
    assert aid.crews.tolist() == [2, 2, 1]
    assert aid.arrives_h.tolist() == [24.0, 12.0, 12.0]
    assert applied.quantities["m"] == {"crew": 4.0, "aid_crew": 3.0}


def test_no_help_promised_adds_no_rows_of_help(tiny):
    applied = apply(tiny, [measure(CREWS | {"aid_crews": 0})])
    assert len(applied.region.mutual_aid) == 1


def test_cable_replaces_overhead_where_a_fault_hits_most_customers(tiny):
    # Customers of the feeder x forest: f1a 50, f1b 90, f2a 200, f2b 100, f2c 50.
    # 5 km: f2a 1, f2b 2, then 2 of the 6 km of f1b.
    applied = apply(tiny, [measure(CABLE)])
    sections = applied.region.sections
    assert sections.overhead_km == pytest.approx([4.0, 4.0, 0.0, 0.0, 3.0])
    assert sections.cable_km == pytest.approx([0.0, 3.0, 6.5, 8.0, 5.0])
    assert applied.quantities["m"]["cable_km"] == pytest.approx(7.5)


@pytest.mark.parametrize(("asked", "removed"), [(0.0, 0.0), (15.9, 15.9), (16.0, 16.0), (99, 16.0)])
def test_exactly_what_is_asked_or_all_there_is_is_put_underground(tiny, asked, removed):
    applied = apply(tiny, [measure(CABLE | {"overhead_km": float(asked)})])
    left = applied.region.sections.overhead_km
    assert 16.0 - left.sum() == pytest.approx(removed)
    assert (left >= 0.0).all()
    assert applied.quantities["m"]["cable_km"] == pytest.approx(1.5 * removed)


def test_cabling_the_built_in_region_replaces_the_kilometres_it_says(region):
    applied = apply(region, [load_measure("kabling")])
    before, after = region.sections.overhead_km, applied.region.sections.overhead_km
    assert (before - after).sum() == pytest.approx(300.0)
    # Whole sections but the last one.
    touched = before != after
    assert (after[touched] > 0.0).sum() <= 1


def test_base_stations_are_reinforced_up_to_the_share_and_never_less(tiny):
    applied = apply(tiny, [measure(TELECOM)])
    telecom = applied.region.telecom
    assert telecom.reinforced_share == pytest.approx([0.3, 0.5])
    assert telecom.reinforced_h == pytest.approx([72.0, 96.0])
    assert telecom.battery_h == pytest.approx([8.0, 10.0])
    # Area a: 20 of 100 reinforced, the other 70 get longer batteries; area b has both.
    built = applied.quantities["m"]
    assert built["base_station"] == pytest.approx(20.0)
    assert built["battery_base_station"] == pytest.approx(70.0)


def test_sites_of_the_kinds_named_get_what_they_lack(tiny):
    applied = apply(tiny, [measure(GENSETS)])
    backups = applied.region.backups
    assert backups.site_id.tolist() == ["h", "c", "w", "o"]
    assert backups.genset_share == pytest.approx([1.0, 1.0, 1.0, 0.0])
    assert backups.gensets.tolist() == [4, 1, 1, 0]
    assert backups.gensets_needed.tolist() == [3, 1, 1, 0]
    assert backups.fuel_h == pytest.approx([100.0, 72.0, 72.0, 0.0])
    assert backups.ups_h == pytest.approx([0.5, 0.25, 0.25, 0.0])
    assert backups.start_failure_probability == pytest.approx([0.005, 0.01, 0.01, 0.2])
    assert backups.refuelled.tolist() == [True, True, True, False]


def test_gensets_and_fuel_are_counted_beyond_what_stands_there(tiny):
    built = apply(tiny, [measure(GENSETS)]).quantities["m"]
    # Care: 3/4 of 2 MW; water works: 1 MW; the hospital has all.
    assert built["genset_kw"] == pytest.approx(2500.0)
    # Care: 2 MW x (72 h - 1/4 x 8 h); water works: 1 MW x 72 h.
    assert built["fuel_m3"] == pytest.approx((2.0 * 70.0 + 72.0) * FUEL_M3_PER_MWH)


def test_batteries_go_where_no_reserve_is_and_most_customers_hang_on_overhead_line(tiny):
    # f1 has no reserve; f2 has one at its end.
    applied = apply(tiny, [measure(BATTERIES | {"count": 3})])
    storage = applied.region.storage
    assert storage.section_id.tolist() == ["f1a", "f1b", "f2c"]
    assert storage.storage_id.tolist() == ["battery-f1a", "battery-f1b", "battery-f2c"]
    assert storage.p_mw.tolist() == [0.5] * 3
    assert storage.e_mwh.tolist() == [2.0] * 3
    assert storage.efficiency.tolist() == [0.8] * 3
    assert storage.islandable.all()
    assert applied.quantities["m"] == {"battery": 3.0, "battery_mw": 1.5, "battery_mwh": 6.0}


def test_a_section_gets_one_battery_however_many_are_asked_for(tiny):
    one = measure(BATTERIES | {"count": 4}, name="a")
    two = measure(BATTERIES | {"count": 4}, name="b")
    applied = apply(tiny, [one, two])
    ids = applied.region.storage.storage_id.tolist()
    assert len(ids) == len(set(ids)) == 5
    assert applied.quantities["b"]["battery"] == 1.0


def test_no_batteries_change_nothing(tiny):
    applied = apply(tiny, [measure(BATTERIES | {"count": 0})])
    assert applied.region.storage is tiny.storage
    assert applied.annual_cost_mnok == 0.0


def test_smart_charging_counts_the_cars_it_adds(tiny):
    applied = apply(tiny, [measure(CARS)])
    assert applied.region.ev_charging.smart_share == pytest.approx([0.5, 0.8])
    assert applied.quantities["m"]["car"] == pytest.approx(300.0)


def test_the_region_given_is_not_changed(region):
    before = {f.name: getattr(region, f.name) for f in fields(Region)}
    copies = {name: getattr(region, name).crews.copy() for name in ("depots", "mutual_aid")}
    apply(region, [load_measure(name) for name in list_measures()])
    assert all(getattr(region, name) is value for name, value in before.items())
    assert all((getattr(region, name).crews == value).all() for name, value in copies.items())


def test_added_rows_are_marked_as_estimates_of_a_measure(tiny):
    storage = apply(tiny, [measure(BATTERIES)]).region.storage
    assert set(storage.quality.tolist()) == {"estimated"}
    assert set(storage.source.tolist()) == {"measure"}
    assert np.unique(storage.origin).tolist() == ["E"]
