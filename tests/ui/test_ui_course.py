"""The sections about one course and about dependencies, on the Functions page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.fake_run import FEEDER, HIT_AREA, QUIET, QUIET_AREA, build_fake_run
from ui.course_rows import SHOWN_KINDS
from ui.dependency_graph import NODE_KINDS
from ui.texts import read_texts

APP = str(Path(__file__).parents[2] / "ui" / "app.py")


@pytest.fixture
def functions(monkeypatch, finished_runs):
    """Open the Functions page of a folder of runs."""

    def open_(runs: Path = finished_runs, **address: str) -> AppTest:
        monkeypatch.setenv("BEREDT_RUNS", str(runs))
        at = AppTest.from_file(APP, default_timeout=60)
        for key, value in address.items():
            at.query_params[key] = value
        at.run()
        at.switch_page("views/functions.py").run()
        assert not at.exception
        return at

    return open_


def said(at: AppTest) -> str:
    parts = (*at.markdown, *at.caption, *at.info, *at.warning)
    return " ".join(part.value for part in parts)


def keys(at: AppTest) -> set[str]:
    return {box.key for box in at.selectbox}


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_page_says_what_stops_when_and_why(functions, lang):
    at = functions(lang=lang, omrade=HIT_AREA)
    texts = read_texts(lang)
    headers = [header.value for header in at.header]
    for section in ("stops", "countdown", "network", "dependencies"):
        assert texts(f"functions.{section}") in headers
    words = said(at)
    assert texts("event.fuel_empty") in words or texts("event.section_failed") in words
    assert texts("functions.stops.chain") in words
    assert texts("value.none") not in at.header[0].value
    assert {f"replication-{lang}", f"replication_by-{lang}", f"stop-{lang}"} <= keys(at)
    assert at.multiselect(key=f"stop_kinds-{lang}").value == list(SHOWN_KINDS)


def test_the_chain_of_the_stop_chosen_is_shown(functions):
    at = functions(omrade=HIT_AREA)
    box = at.selectbox(key="stop-nb")
    site = next(option for option in box.options if "Sykehjem, Jevnaker" in option)
    box.select_index(box.options.index(site)).run()
    assert not at.exception
    words = said(at)
    assert "Drivstofftank tom: Sykehjem, Jevnaker" in words
    assert "vind: tre på eller brudd i luftlinje" in words


@pytest.mark.parametrize("choice", ["median", "bad", "worst"])
def test_a_replication_is_chosen_by_how_bad_it_is(functions, choice):
    at = functions()
    at.selectbox(key="replication-nb").select(choice).run()
    at.selectbox(key="replication_by-nb").select("function_loss_weighted_h").run()
    assert not at.exception
    assert read_texts("nb")("metric.function_loss_weighted_h") in said(at)


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_one_replication_is_typical_bad_and_worst(functions, tmp_path, lang):
    build_fake_run(tmp_path, state="stopped", finished=1)
    at = functions(tmp_path, lang=lang)
    for choice in ("median", "bad", "worst"):
        at.selectbox(key=f"replication-{lang}").select(choice).run()
        assert not at.exception
        assert read_texts(lang)("metric.ens_mwh") in said(at)


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_an_area_and_kinds_without_any_stop_say_so(functions, lang):
    at = functions(lang=lang, omrade=QUIET_AREA)
    texts = read_texts(lang)
    # Crews belong to no area, so they are there.
    assert texts("finding.stops.none") not in said(at)
    assert texts("finding.countdowns.none") in said(at)
    at.multiselect(key=f"stop_kinds-{lang}").set_value(["function", "site"]).run()
    assert texts("finding.stops.none") in said(at)
    assert not at.exception


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_replication_in_which_nothing_happens_says_so(functions, lang):
    at = functions(lang=lang)
    at.selectbox(key=f"replication-{lang}").select("own").run()
    at.number_input(key="replication_number").set_value(QUIET).run()
    texts = read_texts(lang)
    assert texts("finding.stops.none") in said(at)
    assert texts("finding.countdowns.none") in said(at)
    assert not at.exception


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_replication_that_is_not_finished_is_refused_with_those_that_are(
    functions, tmp_path, lang
):
    build_fake_run(tmp_path, state="stopped", finished=4)
    at = functions(tmp_path, lang=lang)
    at.selectbox(key=f"replication-{lang}").select("own").run()
    at.number_input(key="replication_number").set_value(5).run()
    assert read_texts(lang)("replication.missing", n="5", known="0, 1, 2, 3") in said(at)
    assert not at.exception


def test_the_hours_left_follow_the_slider(functions):
    at = functions(omrade=HIT_AREA)
    slider = at.slider(key="countdown_hour")
    start = int(slider.value)
    assert f"Time {start}: " in said(at)
    assert any(f"avgang {FEEDER}" in table.value.to_string() for table in at.dataframe)
    slider.set_value(start + 1).run()
    assert f"Time {start + 1}: " in said(at)
    at.slider(key="countdown_hour").set_value(47).run()
    assert "Time 47: ingen tappes." in said(at)
    assert not at.exception


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("kind", NODE_KINDS)
def test_every_kind_of_node_can_be_looked_at(functions, lang, kind):
    at = functions(lang=lang)
    at.selectbox(key=f"node_kind-{lang}").select(kind).run()
    assert not at.exception
    node = at.selectbox(key=f"node-{lang}")
    node.select_index(len(node.options) - 1).run()
    assert not at.exception
    assert node.options[-1].split("@", maxsplit=1)[0] in said(at)


def test_a_kind_with_no_node_in_the_area_is_not_offered(functions):
    at = functions(omrade=QUIET_AREA)
    assert "Objekt" in at.selectbox(key="node_kind-nb").options
    at.selectbox(key="node_kind-nb").select("site").run()
    assert any("Oslo S" in option for option in at.selectbox(key="node-nb").options)


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_dependencies_of_one_dependent_are_a_short_table(functions, lang):
    at = functions(lang=lang)
    at.selectbox(key=f"dependent-{lang}").select("it").run()
    assert not at.exception
    assert any(read_texts(lang)("group.halls") in table.value.to_string() for table in at.table)
