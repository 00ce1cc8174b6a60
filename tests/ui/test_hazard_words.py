"""Hazards and actions in words: every kind, in both languages."""

import pytest
from pydantic import TypeAdapter

from data.read import load_region
from scenarios.action_kinds import Action
from scenarios.hazard_kinds import Hazard
from ui.hazard_words import bar_finding, field_rows, hazard_bar
from ui.naming import read_names
from ui.texts import read_texts
from ui.timelines import hazard_figure

HAZARDS = (
    {"kind": "wind_storm", "start_h": 30.0, "duration_h": 20.0, "peak_gust_ms": 40.0},
    {"kind": "asset_outage", "start_h": 1.0, "asset_ids": ["l16_1"], "repair_h": 4.0},
    {"kind": "asset_outage", "start_h": 2.0, "asset_ids": ["l16_1", "l17_1"]},
    {"kind": "site_outage", "start_h": 3.0, "duration_h": 5.0, "site_ids": ["h1"], "level": 0.25},
    {"kind": "road_disruption", "start_h": 4.0, "duration_h": 5.0, "area_ids": ["3212"]},
    {
        "kind": "road_disruption",
        "start_h": 4.0,
        "duration_h": 5.0,
        "road_ids": ["r_3212_3214"],
        "speed": 0.5,
    },
    {"kind": "telecom_outage", "start_h": 5.0, "duration_h": 6.0},
    {
        "kind": "telecom_outage",
        "start_h": 5.0,
        "duration_h": 6.0,
        "networks": ["telecom", "nodnett"],
        "area_ids": ["3212"],
        "route_ids": ["fibre_3212_1"],
    },
    {"kind": "staff_absence", "start_h": 6.0, "duration_h": 48.0, "share": 0.3},
    {
        "kind": "staff_absence",
        "start_h": 6.0,
        "duration_h": 48.0,
        "share": 0.3,
        "schools_closed": True,
        "works_at": ["hospital", "crew_road"],
    },
    {"kind": "control_loss", "start_h": 7.0, "duration_h": 8.0, "remote_share": 0.5},
    {"kind": "fuel_stop", "start_h": 8.0, "duration_h": 90.0, "depot_ids": ["fuel_oslo"]},
    {
        "kind": "evacuation",
        "start_h": 9.0,
        "duration_h": 24.0,
        "area_ids": ["3201", "3203", "3212", "3214"],
        "share": 0.1,
    },
)
ACTIONS = (
    {"kind": "crews", "added_per_depot": 2},
    {"kind": "underground", "overhead_km": 300.0},
    {"kind": "telecom_backup", "reinforced_share": 0.3},
    {
        "kind": "site_backup",
        "site_kinds": ["care"],
        "fuel_h": 72.0,
        "start_failure_probability": 0.02,
    },
    {"kind": "neighbourhood_batteries", "count": 100, "p_mw": 0.5, "e_mwh": 2.0},
    {"kind": "smart_charging", "smart_share": 0.6},
    {"kind": "data_sharing", "level": 0.5},
)


@pytest.fixture(scope="module", params=["nb", "en"])
def names(request):
    return read_names(load_region(), read_texts(request.param))


@pytest.fixture(scope="module")
def nb():
    return read_names(load_region(), read_texts("nb"))


def hazards():
    return [TypeAdapter(Hazard).validate_python(each) for each in HAZARDS]


def actions():
    return [TypeAdapter(Action).validate_python(each) for each in ACTIONS]


def test_each_hazard_has_a_name_hours_and_a_note(names):
    for hazard in hazards():
        bar = hazard_bar(hazard, names)
        assert bar.name == names.texts(f"hazard.{hazard.kind}")
        assert bar.note
        assert "_" not in bar.note
        assert bar.from_h == hazard.start_h < bar.to_h
        assert bar_finding(bar, names).startswith(bar.name)


@pytest.mark.parametrize(
    ("at", "note"),
    [
        (1, "1 anlegg"),
        (2, "2 anlegg, til de er reparert (tid etter slag anlegg)"),
        (3, "Ullevål sykehus, 25\u00a0% igjen"),
        (4, "alle veier i Nesodden, stengt"),
        (5, "vei Nesodden\u2013Frogn, 50\u00a0% av vanlig fart"),
        (6, "ekom, hele regionen, 0\u00a0% igjen"),
        (7, "føring 1 til Nesodden kuttet; ekom, Nødnett, Nesodden, 0\u00a0% igjen"),
        (8, "30\u00a0% borte, hele regionen"),
        (9, "30\u00a0% borte og skolene stengt, hele regionen"),
        (10, "50\u00a0% av stedene uten fjernstyring"),
        (12, "10\u00a0% av innbyggerne i 4 områder"),
    ],
)
def test_a_note_says_how_hard_it_strikes(nb, at, note):
    assert hazard_bar(hazards()[at], nb).note == note


def test_an_outage_that_ends_with_a_repair_has_no_end_in_words(nb):
    known, unknown = (hazard_bar(hazard, nb) for hazard in hazards()[1:3])
    assert (known.is_open, known.to_h) == (False, 5.0)
    assert unknown.is_open
    assert "til time" not in bar_finding(unknown, nb)
    assert "til time 5" in bar_finding(known, nb)


def test_every_field_of_a_hazard_and_an_action_is_said_in_words(names):
    for family, parts in (("hazard", hazards()), ("action", actions())):
        for part in parts:
            rows = field_rows(part, names, family)
            assert len(rows) == len(type(part).model_fields) - 1
            for field, value in rows:
                assert "_" not in field, field
                assert value
                assert value not in ("None", "True", "False", "()")


def test_what_is_left_out_means_everything_or_nothing(nb):
    def rows(at: int) -> dict[str, str]:
        return dict(field_rows(hazards()[at], nb, "hazard"))

    assert rows(6)["Områder"] == "hele regionen"
    assert rows(6)["Føringer som kuttes"] == "\u2013"
    assert rows(5)["Områder der alle veier er rammet"] == "\u2013"
    assert rows(9)["Arbeidssteder"] == "sykehus, veimannskap"
    assert rows(8)["Arbeidssteder"] == "alle"
    assert rows(8)["Skoler og barnehager stengt"] == "nei"
    assert rows(2)["Reparasjonstid for hvert (timer)"] == "etter slag anlegg, se pålitelighet"


def test_two_hazards_of_a_kind_have_a_row_each_in_the_figure(nb):
    bars = [hazard_bar(hazard, nb) for hazard in hazards()]
    spec = hazard_figure(bars, 72.0, nb.texts).to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert len({row["row"] for row in rows}) == len(HAZARDS)
    assert max(row["to_h"] for row in rows) == 72.0
