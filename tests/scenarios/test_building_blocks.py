"""Every kind of hazard and action: what it takes, and each typical mistake as one message."""

import json
from pathlib import Path

import jsonschema
import pytest

from data.problems import InputError
from scenarios.action_kinds import BUILDS
from scenarios.measures import apply
from scenarios.read import (
    MODELS,
    check_file,
    check_measure,
    check_portfolio,
    check_scenario,
    json_schema,
    load_scenario,
)
from tests.scenarios.conftest import shipped
from tests.scenarios.small import measure

STORM = shipped("crises", "ekstremvaer-kulde")
ALL = shipped("portfolios", "samlet")
SHARING = shipped("measures", "datadeling")

WHEN = {"start_h": 1.0, "duration_h": 12.0}

# One of each kind, with every key, as the built-in region names things.
HAZARDS = {
    "wind_storm": WHEN | {"peak_gust_ms": 30.0},
    "asset_outage": {"start_h": 1.0, "asset_ids": ["l16_1", "s001"]},
    "site_outage": WHEN | {"site_ids": ["h1", "d1"], "level": 0.3},
    "road_disruption": WHEN | {"road_ids": ["r_030101_030102"], "area_ids": ["3228"], "speed": 0.5},
    "telecom_outage": WHEN
    | {
        "networks": ["telecom", "nodnett"],
        "area_ids": ["3228"],
        "route_ids": ["fibre_3228_1"],
        "level": 0.2,
    },
    "staff_absence": WHEN
    | {"share": 0.4, "schools_closed": True, "area_ids": ["3228"], "works_at": ["care"]},
    "control_loss": WHEN | {"remote_share": 0.5, "sight_share": 1.0},
    "fuel_stop": WHEN | {"level": 0.5, "depot_ids": ["fuel_oslo"]},
    "evacuation": WHEN | {"area_ids": ["3228"], "share": 0.1},
}

# The least each kind can do with, beside when.
LEAST = {
    "asset_outage": {"asset_ids": ["l16_1"]},
    "site_outage": {"site_ids": ["h1"]},
    "road_disruption": {"area_ids": ["3228"]},
    "telecom_outage": {},
    "staff_absence": {"share": 0.4},
    "control_loss": {"sight_share": 1.0},
    "fuel_stop": {},
    "evacuation": {"area_ids": ["3228"], "share": 0.1},
}


def line(kind: str, **keys: object) -> str:
    """A hazard as one line of a file."""
    return f"  - {json.dumps({'kind': kind} | keys)}\n"


def crisis(*lines: str) -> str:
    """The shipped storm with other hazards before it."""
    assert "hazards:\n" in STORM
    return STORM.replace("hazards:\n", f"hazards:\n{''.join(lines)}", 1)


def scenario_of(*hazards: dict[str, object]):
    content = load_scenario("ekstremvaer-kulde").model_dump() | {"hazards": list(hazards)}
    return MODELS["scenario"].model_validate(content)


def kinds_of(kind: str, definition: str) -> set[str]:
    """Kinds that the JSON Schema of a file knows in a list."""
    schema = json.loads(json_schema(kind))
    return set(schema["properties"][definition]["items"]["discriminator"]["mapping"])


def test_the_json_schema_knows_every_kind_of_hazard():
    assert kinds_of("scenario", "hazards") == set(HAZARDS)


def test_the_json_schema_knows_every_kind_of_action():
    assert kinds_of("measure", "actions") == set(BUILDS)
    assert "data_sharing" in BUILDS


def test_the_json_schema_knows_the_order_of_repairs():
    schema = json.loads(json_schema("portfolio"))
    restoration = schema["$defs"]["Restoration"]["properties"]
    assert set(restoration) == {"policy", "first"}
    assert len(restoration["policy"]["enum"]) == 4


@pytest.mark.parametrize("kind", HAZARDS)
def test_a_hazard_of_each_kind_is_valid_and_fits_the_built_in_region(problems_of, region, kind):
    assert problems_of(crisis(line(kind, **HAZARDS[kind]))) == ()
    assert check_scenario(scenario_of({"kind": kind} | HAZARDS[kind]), region) == []


@pytest.mark.parametrize("kind", LEAST)
def test_a_hazard_of_each_kind_needs_few_keys(problems_of, region, kind):
    hazard = {"start_h": 1.0} | ({} if kind == "asset_outage" else {"duration_h": 2.0})
    assert problems_of(crisis(line(kind, **hazard, **LEAST[kind]))) == ()
    assert check_scenario(scenario_of({"kind": kind} | hazard | LEAST[kind]), region) == []


@pytest.mark.parametrize("kind", HAZARDS)
def test_the_json_schema_takes_what_the_reader_takes(kind):
    schema = json.loads(json_schema("scenario"))
    definition = {
        name: model
        for name, model in schema["$defs"].items()
        if model.get("properties", {}).get("kind", {}).get("const") == kind
    }
    (model,) = definition.values()
    jsonschema.validate({"kind": kind} | HAZARDS[kind], model | {"$defs": schema["$defs"]})
    for change in ({"bogus": 1}, {"start_h": -1.0}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"kind": kind} | HAZARDS[kind] | change, model)


# Each: kind, changed keys (None: left out), and the key and code told.
MISTAKES = [
    ("site_outage", {"duration_h": -2.0}, "duration_h", "greater_than"),
    ("site_outage", {"duration_h": 0.0}, "duration_h", "greater_than"),
    ("site_outage", {"duration_h": None}, "duration_h", "missing"),
    ("site_outage", {"duration_h": "12 h"}, "duration_h", "float_type"),
    ("site_outage", {"start_h": -1.0}, "start_h", "greater_than_equal"),
    ("site_outage", {"site_ids": []}, "site_ids", "too_short"),
    ("site_outage", {"site_ids": None}, "site_ids", "missing"),
    ("site_outage", {"site_ids": "h1"}, "site_ids", "tuple_type"),
    ("site_outage", {"level": 1.5}, "level", "less_than_equal"),
    ("site_outage", {"level": 30.0}, "level", "less_than_equal"),
    ("site_outage", {"level": -0.1}, "level", "greater_than_equal"),
    ("asset_outage", {"repair_h": 0.0}, "repair_h", "greater_than"),
    ("asset_outage", {"duration_h": 3.0}, "duration_h", "extra_forbidden"),
    ("road_disruption", {"speed": 1.0}, "speed", "less_than"),
    ("road_disruption", {"speed": -0.1}, "speed", "greater_than_equal"),
    ("road_disruption", {"road_ids": [], "area_ids": []}, "area_ids", "no_road"),
    ("road_disruption", {"road_ids": None, "area_ids": None}, "area_ids", "no_road"),
    ("road_disruption", {"area_ids": [3228]}, "area_ids.0", "string_type"),
    ("telecom_outage", {"networks": ["tetra"]}, "networks.0", "literal_error"),
    ("telecom_outage", {"networks": ["telecom"] * 3}, "networks", "too_long"),
    ("telecom_outage", {"level": 2.0}, "level", "less_than_equal"),
    ("staff_absence", {"share": 1.4}, "share", "less_than_equal"),
    ("staff_absence", {"share": 40.0}, "share", "less_than_equal"),
    ("staff_absence", {"share": None}, "share", "missing"),
    ("staff_absence", {"schools_closed": "yes"}, "schools_closed", "bool_type"),
    ("control_loss", {"remote_share": 1.1}, "remote_share", "less_than_equal"),
    ("control_loss", {"sight_share": -1.0}, "sight_share", "greater_than_equal"),
    ("fuel_stop", {"level": 1.01}, "level", "less_than_equal"),
    ("fuel_stop", {"duration_h": 1e9}, "duration_h", "less_than_equal"),
    ("evacuation", {"share": 0.0}, "share", "greater_than"),
    ("evacuation", {"share": 1.1}, "share", "less_than_equal"),
    ("evacuation", {"area_ids": []}, "area_ids", "too_short"),
    ("evacuation", {"persons": 400}, "persons", "extra_forbidden"),
]


@pytest.mark.parametrize(
    "mistake", MISTAKES, ids=[f"{kind}-{change}" for kind, change, _, _ in MISTAKES]
)
def test_a_mistake_in_a_hazard_is_one_message_with_file_and_key(problems_of, mistake):
    kind, change, key, code = mistake
    keys = {k: v for k, v in (HAZARDS[kind] | change).items() if v is not None}
    (found,) = problems_of(crisis(line(kind, **keys)))
    assert (found.place, found.code) == (f"own.yaml: hazards.0.{key}", code)
    assert found.allowed
    assert len(str(found)) < 400


def test_mistakes_in_several_hazards_come_in_one_pass(problems_of):
    lines = [
        line("road_disruption", **WHEN, speed=1.0, area_ids=["3228"]),
        line("evacuation", **WHEN, area_ids=["3228"], share=0.0),
        line("telecom_outage", **WHEN, networks=["tetra"], level=3.0),
    ]
    assert {p.place.removeprefix("own.yaml: ") for p in problems_of(crisis(*lines))} == {
        "hazards.0.speed",
        "hazards.1.share",
        "hazards.2.networks.0",
        "hazards.2.level",
    }


def test_an_unknown_kind_of_hazard_lists_all_kinds(problems_of):
    (found,) = problems_of(crisis(line("cyber_attack", **WHEN)))
    assert (found.place, found.code) == ("own.yaml: hazards.0.kind", "union_tag_invalid")
    assert set(found.allowed.split(" | ")) == set(HAZARDS)


# Each: kind and key, a name nobody knows, the table it should be of, and what is spelt alike.
UNKNOWN = [
    ("asset_outage.asset_ids", "l16_9", "lines.csv", "l16_1"),
    ("site_outage.site_ids", "telecom_core", "sites.csv", "telecom_core_1"),
    ("road_disruption.road_ids", "r_030101_03010", "roads.csv", "r_030101_030102"),
    ("road_disruption.area_ids", "03010", "areas.csv", "030101"),
    ("telecom_outage.route_ids", "fibre_3228", "telecom_routes.csv", "fibre_3228_1"),
    ("telecom_outage.area_ids", "322", "areas.csv", "3220"),
    ("staff_absence.works_at", "hospitals", "staff.csv", "hospital"),
    ("staff_absence.area_ids", "03011", "areas.csv", "030110"),
    ("fuel_stop.depot_ids", "fuel_olso", "fuel_depots.csv", "fuel_oslo"),
    ("evacuation.area_ids", "32280", "areas.csv", "3228"),
]


@pytest.mark.parametrize("unknown", UNKNOWN, ids=[where for where, _, _, _ in UNKNOWN])
def test_a_name_the_region_has_not_is_told_with_its_table_and_what_is_spelt_alike(
    tmp_path: Path, region, unknown
):
    where, name, table, alike = unknown
    kind, key = where.split(".")
    path = tmp_path / "own.yaml"
    path.write_text(crisis(line(kind, **HAZARDS[kind] | {key: [name]})), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        check_file("scenario", str(path), region)
    (found,) = caught.value.problems
    assert (found.place, found.found) == (f"own.yaml: hazards.0.{key}", name)
    assert found.code.startswith("unknown_")
    assert table in found.allowed
    assert f"Did you mean {alike}" in found.remedy


def test_a_depot_without_fuel_cannot_be_stopped(region):
    (found,) = check_scenario(
        scenario_of({"kind": "fuel_stop"} | WHEN | {"depot_ids": ["oslo_west"]}), region
    )
    assert (found.place, found.found) == ("ekstremvaer-kulde: hazards.0.depot_ids", "oslo_west")


def test_unknown_names_of_all_hazards_come_in_one_pass_and_each_once(region):
    found = check_scenario(
        scenario_of(
            {"kind": "site_outage", "site_ids": ["x", "h1", "y"]} | WHEN,
            {"kind": "evacuation", "area_ids": ["x"], "share": 0.1} | WHEN,
        ),
        region,
    )
    assert [(p.place.split(": ")[1], p.found) for p in found] == [
        ("hazards.0.site_ids", "x"),
        ("hazards.0.site_ids", "y"),
        ("hazards.1.area_ids", "x"),
    ]


def test_a_name_twice_in_a_list_is_told_since_it_would_strike_twice(region):
    (found,) = check_scenario(
        scenario_of({"kind": "evacuation"} | WHEN | {"area_ids": ["3228", "3228"], "share": 0.1}),
        region,
    )
    assert (found.code, found.found) == ("named_twice", "3228")
    assert found.place.endswith("hazards.0.area_ids")


@pytest.mark.parametrize(
    ("hazard", "key"),
    [
        ({"kind": "telecom_outage", "networks": []}, ".networks"),
        ({"kind": "control_loss"}, ""),
    ],
)
def test_a_hazard_that_strikes_nothing_is_told(region, hazard, key):
    (found,) = check_scenario(scenario_of(hazard | WHEN), region)
    assert found.code == "nothing_struck"
    assert found.place == f"ekstremvaer-kulde: hazards.0{key}"
    assert "say what it strikes" in found.remedy


def test_a_cut_route_is_enough_to_strike(region):
    hazard = {"kind": "telecom_outage", "networks": [], "route_ids": ["fibre_3228_1"]}
    assert check_scenario(scenario_of(hazard | WHEN), region) == []


def test_thousands_of_unknown_names_are_told_within_seconds(region):
    # Looking for what is spelt alike takes a tenth of a second a name.
    names = [f"s001_030101_01_x{k}" for k in range(3000)]
    hazard = {"kind": "asset_outage", "start_h": 1.0, "asset_ids": names}
    found = check_scenario(scenario_of(hazard), region)
    assert len(found) == 3000
    assert sum(bool(p.remedy) for p in found) == 10


# Actions and the order of repairs.


def test_data_sharing_is_valid_builds_a_plan_and_never_lowers_what_is_shared(region):
    applied = apply(region, [measure({"kind": "data_sharing", "level": 0.6})])
    assert applied.region.constants["data_sharing"] == 0.6
    assert applied.quantities == {"m": {"plan": 1.0}}
    less = apply(applied.region, [measure({"kind": "data_sharing", "level": 0.2})])
    assert less.region.constants["data_sharing"] == 0.6


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ("level: 1.0", "level: 1.5", "actions.0.level", "less_than_equal"),
        ("level: 1.0", "level: -0.1", "actions.0.level", "greater_than_equal"),
        (", level: 1.0", "", "actions.0.level", "missing"),
        ("kind: data_sharing", "kind: data_share", "actions.0.kind", "union_tag_invalid"),
        ("of: plan", "of: crew", "costs", "cost_of_nothing"),
    ],
)
def test_a_mistake_in_data_sharing_is_one_message_with_file_and_key(
    problems_of, old, new, key, code
):
    assert old in SHARING
    (found,) = problems_of(SHARING.replace(old, new, 1), "measure")
    assert (found.place, found.code) == (f"own.yaml: {key}", code)


def test_an_unknown_kind_of_site_is_told_with_what_is_spelt_alike(region):
    action = {
        "kind": "site_backup",
        "site_kinds": ["hospitals"],
        "fuel_h": 72.0,
        "start_failure_probability": 0.01,
    }
    (found,) = check_measure(measure(action), region, "own.yaml")
    assert (found.place, found.found) == ("own.yaml: actions.0.site_kinds", "hospitals")
    assert found.remedy == "Did you mean hospital?"


def ordered(*lines: str) -> str:
    """The largest shipped portfolio with an order of repairs of its own."""
    kept = [each for each in ALL.splitlines() if not each.startswith("restoration")]
    return "\n".join([*kept, *lines, ""])


@pytest.mark.parametrize(
    "policy", ["critical_first", "customers_first", "first_come", "best_known"]
)
def test_each_order_of_repairs_is_valid(problems_of, policy):
    text = ordered(f"restoration: {{policy: {policy}, first: [l16_1, '3228']}}")
    assert problems_of(text, "portfolio") == ()


@pytest.mark.parametrize(
    ("restoration", "key", "code"),
    [
        ("{policy: random}", "restoration.policy", "literal_error"),
        ("{order: first_come}", "restoration.order", "extra_forbidden"),
        ("{first: l16_1}", "restoration.first", "tuple_type"),
        ("{first: [3228]}", "restoration.first.0", "string_type"),
        ("{first: [l16_1, l16_1]}", "restoration.first", "first_twice"),
        ("first_come", "restoration", "model_type"),
        ("[{policy: first_come}, {policy: customers_first}]", "restoration", "model_type"),
    ],
)
def test_a_mistake_in_the_order_of_repairs_is_one_message_with_file_and_key(
    problems_of, restoration, key, code
):
    (found,) = problems_of(ordered(f"restoration: {restoration}"), "portfolio")
    assert (found.place, found.code) == (f"own.yaml: {key}", code)


def test_two_orders_of_repairs_in_one_portfolio_are_one_message_naming_the_line(problems_of):
    text = ordered("restoration: {policy: first_come}", "restoration: {policy: customers_first}")
    (found,) = problems_of(text, "portfolio")
    assert found.code == "yaml"
    assert found.place == f"own.yaml: line {len(text.splitlines())}"
    assert "restoration" in str(found)


def test_a_first_repair_of_something_unknown_is_told_with_file_and_key(tmp_path: Path, region):
    path = tmp_path / "own.yaml"
    path.write_text(ordered("restoration: {first: [l16_9, '3228', nada]}"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        check_file("portfolio", str(path), region)
    assert [(p.place, p.code, p.found) for p in caught.value.problems] == [
        ("own.yaml: restoration.first", "unknown_asset", "l16_9"),
        ("own.yaml: restoration.first", "unknown_asset", "nada"),
    ]
    assert "Did you mean l16_1" in caught.value.problems[0].remedy


def test_the_first_repairs_may_be_lines_feeders_substations_sections_trafos_or_areas(region):
    names = [
        str(ids[0])
        for ids in (
            region.lines.line_id,
            region.trafos.trafo_id,
            region.substations.substation_id,
            region.feeders.feeder_id,
            region.sections.section_id,
            region.areas.area_id,
        )
    ]
    text = {"nb": "n", "en": "e"}
    portfolio = MODELS["portfolio"].model_validate(
        {"schema_version": 1, "id": "p", "name": text, "summary": text,
         "restoration": {"first": names}}
    )  # fmt: skip
    assert check_portfolio(portfolio, region) == []
