"""Hazards that a scenario tells hour by hour, one over another."""

from dataclasses import replace

import pytest

from sim.outcome import Outcome


def site_outage(start_h: float, duration_h: float, level: float = 0.0) -> dict:
    return {
        "kind": "site_outage",
        "start_h": start_h,
        "duration_h": duration_h,
        "site_ids": ["w1"],
        "level": level,
    }


def log_of(outcome: Outcome, asset_id: str) -> list[tuple[float, str, float]]:
    return [
        (event.t_h, event.what, event.level)
        for event in outcome.events
        if event.asset_id == asset_id and event.what.startswith(("site_", "fuel_import"))
    ]


def test_a_site_struck_twice_is_restored_when_the_last_blow_is_over(bench):
    _, outcome = bench.replicate(site_outage(2.0, 10.0), site_outage(4.0, 3.0, 0.5))
    assert log_of(outcome, "w1") == [
        (2.0, "site_struck", 0.0),
        (2.0, "site_lost", 0.0),
        (4.0, "site_struck", 0.0),
        (7.0, "site_struck", 0.0),
        (12.0, "site_restored", 1.0),
        (12.0, "site_back", 1.0),
    ]


def test_of_two_blows_the_worse_counts_while_both_last(bench):
    _, outcome = bench.replicate(site_outage(2.0, 10.0, 0.5), site_outage(4.0, 3.0, 0.2))
    told = [row for row in log_of(outcome, "w1") if row[1] in ("site_weakened", "site_partly_back")]
    assert told == [
        (2.0, "site_weakened", 0.5),
        (4.0, "site_weakened", 0.2),
        (7.0, "site_partly_back", 0.5),
    ]


def test_imports_come_back_when_the_last_stop_is_over(bench):
    stops = [
        {"kind": "fuel_stop", "start_h": start_h, "duration_h": duration_h}
        for start_h, duration_h in ((1.0, 10.0), (3.0, 2.0))
    ]
    _, outcome = bench.replicate(*stops)
    told = log_of(outcome, "fuel_oslo")
    assert told[-1] == (11.0, "fuel_import_back", 1.0)
    assert all(level == 0.0 for _, _, level in told[:-1])


def test_people_who_are_evacuated_need_shelter_until_they_may_return(bench):
    leave = {
        "kind": "evacuation",
        "start_h": 3.0,
        "duration_h": 12.0,
        "area_ids": ["3230"],
        "share": 0.5,
    }
    case, outcome = bench.replicate(leave)
    people = case.population[case.region.areas.area_id.tolist().index("3230")]
    need = 0.5 * people * (1.0 - case.region.constants["own_place_share"])
    assert outcome.metrics["shelter_peak"] == pytest.approx(need)
    # Without a place for the hours until shelters are open, and not for longer: the
    # municipality's own are too small, those of its neighbours are in reach.
    ready_h = case.region.constants["shelter_ready_h"]
    assert outcome.metrics["shelter_unmet_h"] == pytest.approx(need * ready_h)


def test_shelters_out_of_reach_help_nobody(bench):
    region = bench.region
    constants = region.constants
    value = constants.value.copy()
    value[constants.key == "shelter_reach_h"] = 0.0
    far = replace(region, constants=replace(constants, value=value))
    leave = {
        "kind": "evacuation",
        "start_h": 3.0,
        "duration_h": 12.0,
        "area_ids": ["3230"],
        "share": 0.5,
    }
    near_by, alone = (bench.replicate(leave, region=each)[1] for each in (region, far))
    assert alone.metrics["shelter_unmet_h"] > near_by.metrics["shelter_unmet_h"]


def test_a_crisis_in_which_nothing_strikes_takes_nothing(bench):
    _, outcome = bench.replicate(hours=72)
    assert outcome.function_level.min() == 1.0
    assert not outcome.persons_without.any()
    assert not outcome.unserved_mw.any()
    assert not outcome.events
    assert not outcome.states
