"""What stops when, what runs down, and why: rows, charts and sentences of a course."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from data.read import load_region
from sim.event_log import EventLog
from sim.state_log import StateLog, StockPiece
from sim.timeline import RecordedCourse
from ui import course_charts, course_rows, stock_rows
from ui.causes import steps_said, why_said
from ui.naming import read_names
from ui.replications import pick
from ui.row_charts import span_ticks
from ui.texts import read_texts
from ui.theme import DARK, LIGHT

KINDS = course_rows.SHOWN_KINDS
AREA, SITE, FEEDER = "3236", "care_3236", "s116_3236_01"


@pytest.fixture(scope="module", params=["nb", "en"])
def names(request):
    return read_names(load_region(), read_texts(request.param))


@pytest.fixture(scope="module")
def nb():
    return read_names(load_region(), read_texts("nb"))


@pytest.fixture(scope="module")
def course() -> RecordedCourse:
    """A line falls at 10 h; a nursing home stops at 18 h, is worse at 19 h, back at 20 h."""
    log, states = EventLog(), StateLog()
    root = log.note(10.0, "section_failed", f"{FEEDER}_6", AREA, cause="wind: overhead line down")
    dry = log.note(18.0, "fuel_empty", SITE, AREA, because=root)
    weak = log.note(18.0, "site_weakened", SITE, AREA, because=dry, cause="electricity", level=0.7)
    lost = log.note(19.0, "site_lost", SITE, AREA, because=weak, level=0.0)
    short = log.note(12.0, "staff_short", "staff@hospital", "030116", because=root, level=0.4)
    out = log.note(18.5, "function_out", "F04", AREA, because=weak, cause=SITE, level=0.4)
    states.set(18.0, "site", SITE, AREA, level=0.7, event=weak)
    states.set(18.5, "site", SITE, AREA, level=0.6, event=weak)
    states.set(19.0, "site", SITE, AREA, level=0.0, event=lost)
    states.set(20.0, "site", SITE, AREA, level=1.0, event=root)
    states.set(18.0, "function", f"F04@{AREA}", AREA, level=0.4, event=out)
    states.set(12.0, "crews", "hadeland", "", level=0.5, event=short)
    states.set(10.0, "section", f"{FEEDER}_6", AREA, level=0.0, event=root)
    states.finish(24.0)
    for kind, whose, from_h, to_h, left, lasts_h in (
        ("genset_tank", SITE, 10.0, 18.0, 0.0, 8.0),
        ("local_tank", FEEDER, 10.0, 16.0, 0.5, 12.0),
    ):
        states.piece(StockPiece(whose, kind, AREA, from_h, to_h, 1.0, left, lasts_h))
    return RecordedCourse(
        events=tuple(log.events), states=tuple(states.states), stocks=tuple(states.stocks)
    )


def test_the_first_to_stop_is_on_top_and_what_belongs_to_no_area_is_in_all(course):
    everything = course_rows.stops_shown(course, KINDS, "")
    assert [stop.asset_id for stop in everything] == ["hadeland", f"F04@{AREA}", SITE]
    assert [s.asset_id for s in course_rows.stops_shown(course, KINDS, "030116")] == ["hadeland"]
    assert course_rows.stops_shown(course, ("site",), "030116") == []


def test_rows_say_when_how_low_what_and_why(course, nb):
    shown = course_rows.stops_shown(course, ("site",), AREA)
    (row,) = course_rows.stop_table(course, shown, nb).to_dict("records")
    assert (row["Fra (time)"], row["Til (time)"], row["Varte (timer)"]) == (18.0, 20.0, 2.0)
    assert (row["Laveste nivå (%)"], row["Tilstand"]) == (0.0, "ute")
    assert row["Hva"] == "Sykehjem, Jevnaker"
    assert "Drivstofftank tom" in row["Hvorfor"]
    assert row["Hvorfor"].endswith("(vind: luftlinje nede)")


def test_a_bar_is_one_state_and_joins_levels_of_that_state(course, nb):
    shown = course_rows.stops_shown(course, ("site",), AREA)
    bars = course_rows.stop_bars(course, shown, nb, most=40)
    assert bars.table["state"].tolist() == ["weakened", "out"]
    assert bars.table[["from_h", "to_h"]].to_numpy().tolist() == [[18.0, 19.0], [19.0, 20.0]]
    assert bars.table["level"].tolist() == [0.6, 0.0]
    assert (bars.shown, bars.total) == (1, 1)


def test_a_long_chart_is_cut_and_says_of_how_many(course, nb):
    shown = course_rows.stops_shown(course, KINDS, "")
    bars = course_rows.stop_bars(course, shown, nb, most=2)
    assert (bars.shown, bars.total) == (2, 3)
    assert set(bars.table["row"]) == {0, 1}


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_charts_are_valid_and_tell_states_apart_by_shape_and_word(course, names, palette):
    texts = names.texts
    shown = course_rows.stops_shown(course, KINDS, "")
    bars = course_rows.stop_bars(course, shown, names, 40).table
    counted = stock_rows.countdowns_shown(course, ("genset_tank", "local_tank"), "")
    stocks = stock_rows.countdown_bars(counted, names, 40).table
    for figure, shapes in (
        (course_charts.stop_figure(bars, texts, palette), {"diamond", "square"}),
        (course_charts.countdown_figure(stocks, texts, palette), {"square", "circle"}),
    ):
        spec = figure.to_dict()
        used = [
            layer["encoding"]["shape"]["scale"]
            for layer in spec["layer"]
            if "shape" in layer["encoding"]
        ]
        assert set(used[0]["range"]) == shapes
        assert all(word for word in used[0]["domain"])
        assert "http" not in json.dumps(spec).replace(spec["$schema"], "")


def test_the_finding_names_the_first_and_the_longest(course, names):
    shown = course_rows.stops_shown(course, KINDS, "")
    said = course_rows.stop_finding(shown, names)
    assert names("hadeland") in said
    assert course_rows.stop_finding([], names) == names.texts("finding.stops.none")


def test_stocks_that_ran_empty_come_first_with_what_they_promised(course, nb):
    shown = stock_rows.countdowns_shown(course, ("genset_tank", "local_tank"), AREA)
    table = stock_rows.countdown_table(shown, nb)
    assert table["Tilstand"].tolist() == ["tom", "ikke tom"]
    assert table["Skulle vare (timer)"].tolist() == [8.0, 12.0]
    assert table["Igjen (%)"].tolist() == [0.0, 50.0]
    assert table["Hva"].tolist() == ["Sykehjem, Jevnaker", f"Jevnaker, avgang {FEEDER}"]
    assert stock_rows.countdowns_shown(course, ("genset_tank",), "030116") == []


def test_hours_left_at_an_hour_are_what_was_promised_less_what_has_passed(course, nb):
    shown = stock_rows.countdowns_shown(course, ("genset_tank", "local_tank"), "")
    left = stock_rows.left_at(course, shown, 13.0, nb).table
    assert left["Timer igjen"].tolist() == [5.0, 9.0]
    assert left["Igjen (%)"].tolist() == [62.5, 75.0]
    after = stock_rows.left_at(course, shown, 17.0, nb)
    assert len(after.table) == 1
    late = stock_rows.left_at(course, shown, 22.0, nb)
    assert len(late.table) == 0
    assert "1 har gått tomme" in late.finding
    assert stock_rows.busiest_hour(shown) == 10
    assert stock_rows.busiest_hour([]) == 0


def test_a_countdown_without_any_empty_stock_says_so(course, names):
    shown = stock_rows.countdowns_shown(course, ("local_tank",), "")
    said = stock_rows.countdown_finding(shown, names)
    assert said == names.texts("finding.countdowns.none_empty", n="1")
    assert stock_rows.countdown_finding([], names) == names.texts("finding.countdowns.none")


def test_a_chain_goes_back_to_the_root_one_event_a_line(course, nb):
    at = next(i for i, e in enumerate(course.events) if e.what == "function_out")
    steps = steps_said(course.events, at, nb)
    assert steps[0].startswith("Time 18,5: Funksjon ute: Helse og omsorg i Jevnaker, nivå 40")
    assert steps[0].endswith("(via Sykehjem, Jevnaker)")
    assert steps[-1].endswith("(vind: luftlinje nede)")
    assert len(steps) == 4


def test_staff_is_named_by_kind_and_area(course, nb):
    at = next(i for i, e in enumerate(course.events) if e.what == "staff_short")
    assert "bemanning, sykehus i Sentrum" in steps_said(course.events, at, nb)[0]


def test_the_cause_of_a_root_is_what_struck(course, nb):
    assert why_said(course.events, 0, nb) == "vind: luftlinje nede"


def test_the_median_the_bad_and_the_worst_replication():
    values = np.array([5.0, 1.0, 9.0, 3.0, 7.0, 2.0, 8.0, 4.0, 6.0, 10.0])
    numbers = [10 * at for at in range(10)]
    assert values[numbers.index(pick(values, numbers, "median"))] == 5.0
    assert values[numbers.index(pick(values, numbers, "bad"))] == 9.0
    assert values[numbers.index(pick(values, numbers, "worst"))] == 10.0
    assert {pick(np.array([2.0]), [7], choice) for choice in ("median", "bad", "worst")} == {7}
    with pytest.raises(ValueError, match="median"):
        pick(values, numbers, "best")


@pytest.mark.parametrize(("first", "last"), [(0.0, 168.0), (38.0, 57.0), (3.0, 4.0), (0.0, 2160.0)])
def test_hour_marks_are_few_and_inside(first, last):
    ticks = span_ticks(first, last)
    assert 1 <= len(ticks) <= 14
    assert first <= min(ticks)
    assert max(ticks) <= last
    steps = {round(b - a, 6) for a, b in pairwise(ticks)}
    assert len(steps) <= 1
    assert not any(math.isnan(tick) for tick in ticks)
