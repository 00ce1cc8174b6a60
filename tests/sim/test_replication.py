from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.measures import apply
from scenarios.read import load_measure, load_portfolio
from sim.event_log import ROOT, chain
from sim.metrics import function_loss_h, function_loss_total_h
from sim.outcome import BALANCE_TOL, METRICS, SERVICES
from sim.replication import replicate
from tests.sim.conftest import PORTFOLIOS, outage

LOSS = (
    "section_failed",
    "branch_failed",
    "substation_dark",
    "overload_trip",
    "site_feed_lost",
    "site_lost",
    "site_weakened",
    "genset_failed",
    "genset_stopped",
    "fuel_empty",
    "stock_empty",
    "battery_empty",
    "base_stations_down",
    "nodnett_down",
    "local_tank_empty",
    "reservoir_empty",
    "sewage_overflow",
    "heat_lost",
    "stations_dry",
    "service_lost",
    "service_weakened",
    "function_weakened",
    "function_out",
)


def roots(outcome):
    """Each event with the one its chain begins with."""
    events = outcome.events
    return [(event, chain(events, at)[-1]) for at, event in enumerate(events)]


def same(a, b):
    return (
        (a.unserved_mw == b.unserved_mw).all()
        and (a.persons_without == b.persons_without).all()
        and (a.function_level == b.function_level).all()
        and (a.area_kile_mnok == b.area_kile_mnok).all()
        and a.metrics == b.metrics
        and a.events == b.events
        and a.states == b.states
        and a.stocks == b.stocks
        and a.balance_residual == b.balance_residual
    )


def test_no_hazard_means_nothing_lost(calm):
    outcome = replicate(*calm, 1, 0)
    assert outcome.events == ()
    assert not outcome.unserved_mw.any()
    assert not outcome.persons_without.any()
    assert (outcome.function_level == 1.0).all()
    assert not outcome.area_kile_mnok.any()
    assert outcome.balance_residual < 1e-9
    assert {name: value for name, value in outcome.metrics.items() if value} == {}


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
def test_the_energy_account_closes(storm_outcomes, portfolio):
    for outcome in storm_outcomes[portfolio]:
        assert outcome.balance_residual < BALANCE_TOL
        assert outcome.metrics["ens_mwh"] > 0.0


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
def test_every_number_stays_within_its_bounds(storm_cases, storm_outcomes, portfolio):
    case, _ = storm_cases[portfolio]
    for outcome in storm_outcomes[portfolio]:
        assert (outcome.unserved_mw <= case.demand_mw * (1 + 1e-9) + 1e-9).all()
        assert (outcome.persons_without <= case.population[:, None] * (1 + 1e-9)).all()
        assert (outcome.function_level >= 0.0).all()
        assert (outcome.function_level <= 1.0).all()
        assert all(np.isfinite(value) for value in outcome.metrics.values())
        assert set(outcome.metrics) >= {metric.name for metric in METRICS}


def test_the_same_seed_gives_the_same_bits_in_any_order(storm_cases, storm_outcomes):
    case, grid = storm_cases["basis"]
    for number in (3, 1, 0):
        assert same(replicate(case, grid, 1, number), storm_outcomes["basis"][number])


def test_replications_and_seeds_differ(storm_cases, storm_outcomes):
    case, grid = storm_cases["basis"]
    first = storm_outcomes["basis"][0]
    assert not same(first, storm_outcomes["basis"][1])
    assert replicate(case, grid, 2, 0).metrics["ens_mwh"] != first.metrics["ens_mwh"]


def test_an_empty_portfolio_is_the_baseline_exactly(bench, storm_outcomes):
    assert load_portfolio("basis").measures == ()
    case, grid = bench.storm(apply(bench.region, []), "anything")
    for number in range(2):
        assert same(replicate(case, grid, 1, number), storm_outcomes["basis"][number])


def test_hardening_never_adds_a_failure(storm_outcomes):
    fewer = 0
    for before, after in zip(storm_outcomes["basis"], storm_outcomes["robust-nett"], strict=True):
        failed = [
            {
                (e.t_h, e.asset_id)
                for e in each.events
                if e.what in ("section_failed", "branch_failed")
            }
            for each in (before, after)
        ]
        assert failed[1] <= failed[0]
        fewer += len(failed[0]) - len(failed[1])
        assert after.metrics["failures"] <= before.metrics["failures"]
    assert fewer > 0


def test_portfolios_that_harden_nothing_meet_the_same_storm(storm_outcomes):
    for name in ("raskere-gjenoppretting", "lokal-beredskap"):
        for before, after in zip(storm_outcomes["basis"], storm_outcomes[name], strict=True):
            storm = [
                [(e.t_h, e.asset_id) for e in each.events if e.what == "section_failed"]
                for each in (before, after)
            ]
            assert storm[0] == storm[1]


def test_longer_telephone_batteries_never_cost_a_telephone(bench):
    # Without the slowdown of crews the courses are the same but for the batteries.
    region = bench.region
    at = region.constants.key == "telecom_slowdown"
    constants = replace(region.constants, value=np.where(at, 0.0, region.constants.value))
    region = replace(region, constants=constants)
    plain, grid = bench.storm(apply(region, []))
    longer, longer_grid = bench.storm(apply(region, [load_measure("ekom-reserve")]))
    for number in range(2):
        before = replicate(plain, grid, 1, number)
        after = replicate(longer, longer_grid, 1, number)
        assert (after.persons_without[:, :, 3] <= before.persons_without[:, :, 3] + 1e-9).all()
        assert (after.persons_without[:, :, :3] == before.persons_without[:, :, :3]).all()
        assert (after.function_level >= before.function_level - 1e-12).all()


def test_gensets_at_water_works_and_care_homes_never_cost_water_or_a_function(bench):
    # Mobile gensets are shared: who needs none lets another have one, perhaps from farther away.
    mobile = bench.region.mobile_units
    alone = replace(bench.region, mobile_units=replace(mobile, units=np.zeros_like(mobile.units)))
    plain, plain_grid = bench.storm(apply(alone, []))
    case, grid = bench.storm(apply(alone, [load_measure("aggregat-vann-omsorg")]))
    for number in range(3):
        before = replicate(plain, plain_grid, 1, number)
        after = replicate(case, grid, 1, number)
        assert (after.persons_without <= before.persons_without + 1e-6).all()
        assert (after.function_level >= before.function_level - 1e-9).all()
        assert after.metrics["ens_mwh"] == before.metrics["ens_mwh"]


def test_figures_are_those_of_the_arrays(storm_cases, storm_outcomes):
    case, _ = storm_cases["samlet"]
    for outcome in storm_outcomes["samlet"]:
        got = outcome.metrics
        assert got["ens_mwh"] == pytest.approx(outcome.unserved_mw.sum())
        assert got["kile_mnok"] == pytest.approx(outcome.area_kile_mnok.sum())
        for at, service in enumerate(SERVICES):
            assert got[f"person_h_{service}"] == pytest.approx(
                outcome.persons_without[:, :, at].sum()
            )
        assert got["peak_persons_electricity"] == pytest.approx(
            outcome.persons_without[:, :, 0].sum(axis=1).max()
        )
        lost = function_loss_h(outcome.function_level, np.ones(case.hours), case.population)
        assert got["function_loss_h"] == pytest.approx(function_loss_total_h(lost))
        assert got["saidi_h"] == pytest.approx(got["saifi"] * got["caidi_h"], rel=1e-9)
        supply = 1.0 - outcome.unserved_mw.sum(axis=(1, 2)) / case.demand_mw.sum(axis=(1, 2))
        assert got["lambda_"] == pytest.approx(1.0 - supply.min())
        times = [got[f"t_{percent}_h"] for percent in (50, 80, 95, 100)]
        assert times == sorted(times)
        assert times[-1] <= case.hours


def test_customers_hours_and_persons_hours_agree(storm_cases, storm_outcomes):
    # SAIDI weighs areas by customers, person-hours by people; per area they are the same.
    case, _ = storm_cases["basis"]
    outcome = storm_outcomes["basis"][0]
    share = outcome.persons_without[:, :, 0].sum(axis=0) / case.population
    per_customer = float(share @ case.customers) / case.customers.sum()
    assert outcome.metrics["saidi_h"] == pytest.approx(per_customer, rel=0.02)


@pytest.mark.parametrize("portfolio", ["basis", "samlet"])
def test_every_loss_names_the_asset_or_hazard_behind_it(storm_cases, storm_outcomes, portfolio):
    region = storm_cases[portfolio][0].region
    known = {
        *region.sections.section_id.tolist(),
        *region.lines.line_id.tolist(),
        *region.trafos.trafo_id.tolist(),
        *region.substations.substation_id.tolist(),
        *region.roads.road_id.tolist(),
    }
    seen = set()
    for outcome in storm_outcomes[portfolio]:
        for event, root in roots(outcome):
            if event.what in LOSS:
                seen.add(event.what)
                assert root.cause.startswith("wind: "), event
                assert root.asset_id in known, event
    assert {"section_failed", "site_feed_lost", "function_weakened"} <= seen
    assert seen & {"site_lost", "site_weakened"}


@pytest.mark.parametrize("portfolio", ["basis", "samlet"])
def test_every_chain_of_causes_begins_with_what_struck(storm_outcomes, portfolio):
    for outcome in storm_outcomes[portfolio]:
        for event, root in roots(outcome):
            assert root.because == ROOT
            assert root.cause, event


@pytest.mark.parametrize("portfolio", ["basis", "samlet"])
def test_a_cause_comes_before_what_it_causes(storm_outcomes, portfolio):
    for outcome in storm_outcomes[portfolio]:
        for at, event in enumerate(outcome.events):
            assert ROOT <= event.because < at
            if event.because != ROOT:
                assert outcome.events[event.because].t_h <= event.t_h, event


@pytest.mark.parametrize("portfolio", ["basis", "samlet"])
def test_no_loss_comes_from_something_that_got_better(storm_outcomes, portfolio):
    better = {
        "site_feed_back",
        "site_back",
        "site_partly_back",
        "service_back",
        "section_repaired",
        "branch_repaired",
        "fuel_delivered",
        "mobile_genset_connected",
    }
    for outcome in storm_outcomes[portfolio]:
        for event in outcome.events:
            if event.what in LOSS and event.because != ROOT:
                assert outcome.events[event.because].what not in better, event


@pytest.mark.parametrize("portfolio", ["basis", "samlet"])
def test_states_and_stocks_lie_within_the_scenario_and_name_their_event(
    storm_cases, storm_outcomes, portfolio
):
    hours = storm_cases[portfolio][0].hours
    for outcome in storm_outcomes[portfolio]:
        for state in outcome.states:
            assert 0.0 <= state.from_h < state.to_h <= hours
            assert 0.0 <= state.level < 1.0
            assert 0 <= state.event < len(outcome.events)
        for piece in outcome.stocks:
            assert 0.0 <= piece.from_h < piece.to_h <= hours
            assert min(piece.from_level, piece.to_level) >= -1e-9
            assert max(piece.from_level, piece.to_level) <= 1.0 + 1e-9
            if piece.to_level <= piece.from_level:
                assert piece.empty_in_h >= (piece.to_h - piece.from_h) * (1.0 - 1e-9)


def test_nothing_is_in_two_states_at_once(storm_outcomes):
    for outcome in storm_outcomes["basis"]:
        ends = {}
        for state in sorted(outcome.states, key=lambda each: each.from_h):
            key = (state.kind, state.asset_id)
            assert state.from_h >= ends.get(key, 0.0), state
            ends[key] = state.to_h


def test_the_log_is_in_order_and_within_the_scenario(storm_cases, storm_outcomes):
    areas = {"", *storm_cases["basis"][0].region.areas.area_id.tolist()}
    for outcome in storm_outcomes["basis"]:
        functions = [each for each in outcome.events if each.what.startswith("function_")]
        course = list(outcome.events[: len(outcome.events) - len(functions)])
        assert not any(each.what.startswith("function_") for each in course)
        # What functions went through is found afterwards, hour by hour.
        for times in ([e.t_h for e in course], [int(e.t_h) for e in functions]):
            assert times == sorted(times)
        for event in outcome.events:
            assert 0.0 <= event.t_h <= storm_cases["basis"][0].hours
        assert {event.area_id for event in outcome.events} <= areas


def test_no_section_is_repaired_before_it_failed_nor_more_often(storm_outcomes):
    for outcome in storm_outcomes["basis"]:
        open_faults = {}
        for event in outcome.events:
            if event.what == "section_failed":
                open_faults[event.asset_id] = open_faults.get(event.asset_id, 0) + 1
            elif event.what == "section_repaired":
                open_faults[event.asset_id] -= 1
                assert open_faults[event.asset_id] >= 0


def test_two_storms_may_break_the_same_line_twice(bench):
    storm = {
        "kind": "wind_storm",
        "start_h": 0.0,
        "duration_h": 6.0,
        "peak_gust_ms": 55.0,
    }
    case, grid = bench.case(storm, storm | {"start_h": 8.0}, hours=48)
    outcome = replicate(case, grid, 1, 0)
    failed = [e.asset_id for e in outcome.events if e.what == "section_failed"]
    assert len(set(failed)) < len(failed)
    assert outcome.balance_residual < BALANCE_TOL


def test_a_station_without_most_of_its_transformers_sheds_and_the_account_closes(bench):
    region = bench.region
    lower = region.trafos.lv_bus_id
    stations = sorted({bus for bus in lower.tolist() if not bus.endswith("_mv")})
    shed = 0
    for bus in stations[:8]:
        trafos = region.trafos.trafo_id[lower == bus].tolist()
        if len(trafos) > 2:
            case, outcome = bench.replicate(outage(6.0, trafos[1:], 4.0), degc=-20.0)
            shed += outcome.metrics["ens_mwh"] > 0.0
            assert (outcome.persons_without <= case.population[:, None] * (1 + 1e-9)).all()
            assert (outcome.unserved_mw <= case.demand_mw + 1e-6).all()
            last = [e.t_h for e in outcome.events if e.what == "branch_repaired"]
            assert last
    assert shed > 0


@st.composite
def faults(draw, region):
    """Assets of every kind that fail and are repaired at any time, also more than once."""
    kinds = (
        region.substations.substation_id,
        region.lines.line_id,
        region.trafos.trafo_id,
        region.sections.section_id,
        region.sections.section_id[region.sections.feeder_id == region.sections.feeder_id[0]],
    )
    found = []
    for _ in range(draw(st.integers(1, 5))):
        ids = draw(st.sampled_from(kinds)).tolist()
        chosen = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=8, unique=True))
        start_h = draw(st.floats(0.0, 23.9))
        found.append(outage(start_h, chosen, draw(st.sampled_from([0.1, 1.0, 5.0, 40.0]))))
    return found


@settings(max_examples=25)
@given(st.data())
def test_whatever_fails_the_account_closes_and_bounds_hold(bench, data):
    hazards = data.draw(faults(bench.region))
    degc = data.draw(st.sampled_from([-20.0, -5.0, 10.0]))
    case, outcome = bench.replicate(*hazards, degc=degc)
    assert outcome.balance_residual < BALANCE_TOL
    assert (outcome.unserved_mw <= case.demand_mw + 1e-6).all()
    assert (outcome.persons_without <= case.population[:, None] * (1 + 1e-9)).all()
    for event, root in roots(outcome):
        assert event.what not in LOSS or root.cause == "scenario", event


def test_everything_ends_with_the_scenario(bench):
    _, outcome = bench.replicate(
        outage(23.5, str(bench.region.substations.substation_id[0]), 500.0)
    )
    assert [e.what for e in outcome.events][:2] == ["branch_failed", "substation_dark"]
    assert "branch_repaired" not in {e.what for e in outcome.events}
    assert outcome.unserved_mw[23].sum() > 0.0
    assert not outcome.unserved_mw[:23].any()
    assert outcome.metrics["t_100_h"] <= 24.0
