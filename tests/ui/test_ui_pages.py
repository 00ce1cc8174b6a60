"""Every page in both languages and in each state, without a browser."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sim.outcome import METRICS, SERVICES
from tests.ui.fake_run import SCENARIO, build_fake_run
from tests.ui.test_hazard_words import hazards
from ui import jobs, reading
from ui.addresses import PAGES
from ui.causes import BEFORE
from ui.texts import read_texts

APP = str(Path(__file__).parents[2] / "ui" / "app.py")
RESULT_PAGES = ("results", "functions", "compare")


@pytest.fixture
def open_page(monkeypatch):
    """Open one page of a folder of runs."""

    def open_(runs: Path, name: str, **address: str) -> AppTest:
        monkeypatch.setenv("BEREDT_RUNS", str(runs))
        at = AppTest.from_file(APP, default_timeout=60)
        for key, value in address.items():
            at.query_params[key] = value
        at.run()
        if name != "overview":
            at.switch_page(f"views/{name}.py").run()
        assert not at.exception
        return at

    return open_


def said(elements) -> str:
    return " ".join(element.value for element in elements)


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("name", [name for name, _, _ in PAGES])
def test_every_page_opens_in_both_languages(open_page, finished_runs, name, lang):
    at = open_page(finished_runs, name, lang=lang)
    assert len(at.title) == 1
    assert at.header
    assert not at.error
    assert at.selectbox(key=f"lang-{lang}").value == lang


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("name", RESULT_PAGES)
def test_without_a_run_a_result_page_says_what_to_do(open_page, tmp_path, name, lang):
    at = open_page(tmp_path, name, lang=lang)
    assert read_texts(lang)("state.empty.run") in said(at.info)
    assert not at.header


def test_numbers_come_with_replications_seed_and_the_share_of_estimates(open_page, finished_runs):
    at = open_page(finished_runs, "results")
    caption = said(at.caption)
    assert "6 gjennomkjøringer" in caption
    assert "frø 1" in caption
    assert "38\u00a0% av inndataene er anslag" in caption
    assert caption.count("90 %: ") >= 4


def test_one_area_can_be_shown(open_page, finished_runs):
    at = open_page(finished_runs, "results", omrade="3201", tjeneste="water")
    assert "Bærum" in said(at.markdown)
    assert at.selectbox(key="omrade-nb").value == "3201"
    assert at.selectbox(key="tjeneste-nb").value == "water"


def test_the_address_holds_the_choices_in_both_languages(open_page, finished_runs):
    at = open_page(finished_runs, "compare", lang="en", pakke="samlet")
    assert at.selectbox(key="pakke-en").value == "samlet"
    at.selectbox(key="lang-en").select("nb").run()
    assert at.query_params["pakke"] in ("samlet", ["samlet"])
    assert at.query_params["lang"] in ("nb", ["nb"])
    assert "Hva hjelper mest" in at.title[0].value


def test_an_address_with_unknown_names_shows_the_first_choices(open_page, finished_runs):
    at = open_page(finished_runs, "results", run="gone", krise="x", pakke="y", omrade="z", lang="q")
    assert at.selectbox(key="run-nb").value == "fake"
    assert at.selectbox(key="pakke-nb").value == "basis"


@pytest.mark.parametrize("name", RESULT_PAGES)
def test_a_run_without_finished_replications_shows_no_numbers(open_page, tmp_path, name):
    build_fake_run(tmp_path, state="stopped", finished=0)
    at = open_page(tmp_path, name)
    assert read_texts("nb")("state.none_finished") in said(at.info)


@pytest.mark.parametrize("name", RESULT_PAGES)
def test_a_stopped_run_says_what_its_numbers_rest_on(open_page, tmp_path, name):
    build_fake_run(tmp_path, state="stopped", finished=4)
    at = open_page(tmp_path, name)
    assert "4 av 6" in said(at.warning)


def test_a_failed_run_says_why_and_still_shows_what_is_finished(open_page, tmp_path):
    build_fake_run(tmp_path, state="failed", finished=2)
    at = open_page(tmp_path, "results")
    assert "disk full" in said(at.error)
    assert at.metric


def test_a_partly_failed_run_lists_what_is_left_out(open_page, tmp_path):
    build_fake_run(tmp_path, failed=(3, 5))
    assert "3, 5" in said(open_page(tmp_path, "results").warning)


def test_a_run_of_other_data_is_marked_as_old(open_page, tmp_path):
    build_fake_run(tmp_path, input_hash="other")
    assert read_texts("nb")("state.old") in said(open_page(tmp_path, "compare").warning)


def test_a_run_under_way_is_marked_as_preliminary(open_page, tmp_path, monkeypatch):
    build_fake_run(tmp_path, state="running", finished=2, pid=os.getpid())
    monkeypatch.setattr(jobs, "_alive", lambda _pid: True)
    assert "Foreløpig" in said(open_page(tmp_path, "results").info)
    at = open_page(tmp_path, "run")
    assert at.button(key="run_stop")
    assert "Minst 25\u00a0%" in said(at.info)


def test_one_portfolio_cannot_be_compared(open_page, tmp_path):
    build_fake_run(tmp_path, portfolios=("basis",))
    assert read_texts("nb")("compare.one") in said(open_page(tmp_path, "compare").info)


def test_the_start_button_starts_what_was_chosen(open_page, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(jobs, "start", lambda request, _runs, _id: started.append(request))
    at = open_page(tmp_path, "run")
    at.number_input(key="run_replications").set_value(20)
    at.number_input(key="run_seed").set_value(7)
    at.multiselect(key="run_portfolios-nb").set_value(["robust-nett"])
    at.button(key="run_start").click().run()
    assert started == [
        jobs.Request(
            scenario=SCENARIO, portfolios=("basis", "robust-nett"), replications=20, seed=7
        )
    ]


def test_a_run_that_cannot_start_says_why_and_keeps_the_choices(open_page, tmp_path, monkeypatch):
    def refuse(*_arguments) -> None:
        raise OSError("read-only folder")

    monkeypatch.setattr(jobs, "start", refuse)
    at = open_page(tmp_path, "run")
    at.number_input(key="run_replications").set_value(20)
    at.button(key="run_start").click().run()
    assert "read-only folder" in said(at.error)
    assert at.number_input(key="run_replications").value == 20


def test_another_metric_can_be_compared(open_page, finished_runs):
    at = open_page(finished_runs, "compare")
    at.selectbox(key="metric-nb").select("kile_mnok").run()
    assert "KILE" in said(at.markdown)
    assert not at.exception


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_event_log_names_things_and_shows_causes_as_chains(open_page, finished_runs, lang):
    at = open_page(finished_runs, "results", lang=lang)
    texts = read_texts(lang)
    log = next(table.value for table in at.dataframe if texts("term.cause") in table.value)
    assert log[texts("term.hour")].is_monotonic_increasing
    assert BEFORE in " ".join(log[texts("term.cause")])
    assert "care_3236" not in " ".join(log[texts("term.asset")])


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_be_shown_on_map_and_curve(open_page, finished_runs, service):
    at = open_page(finished_runs, "results", tjeneste=service)
    assert at.selectbox(key="tjeneste-nb").value == service
    assert not at.exception


def test_every_metric_is_explained_and_can_be_compared(open_page, finished_runs):
    texts = read_texts("nb")
    method = open_page(finished_runs, "method")
    explained = next(f.value for f in method.dataframe if texts("method.meaning") in f.value)
    assert set(explained[texts("term.measure")]) == {texts(f"metric.{m.name}") for m in METRICS}
    compare = open_page(finished_runs, "compare")
    assert len(compare.selectbox(key="metric-nb").options) == len(METRICS)
    compare.selectbox(key="metric-nb").select("shelter_peak").run()
    assert not compare.exception


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("page", ["method", "region"])
def test_every_default_number_stands_with_source_and_quality(open_page, finished_runs, page, lang):
    key = {"method": "default", "region": "table"}[page]
    at = open_page(finished_runs, page, lang=lang)
    for name in ("constants", "staff", "people", "spares", "mobile_units", "water_works"):
        at.selectbox(key=f"{key}-{lang}").select(name).run()
        assert not at.exception
        table = next(f.value for f in at.dataframe if "origin" in f.value)
        assert table["source"].str.len().min() > 0
        assert set(table["quality"]) <= {
            read_texts(lang)(f"quality.{q}") for q in ("measured", "published", "estimated")
        }


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_crisis_of_every_kind_of_hazard_is_drawn(open_page, finished_runs, monkeypatch, lang):
    shipped = next(iter(reading.scenarios().values()))
    crisis = shipped.model_copy(update={"hazards": tuple(hazards())})
    monkeypatch.setattr(reading, "scenarios", lambda: {"alle-slag": crisis})
    at = open_page(finished_runs, "crises", lang=lang)
    texts = read_texts(lang)
    for hazard in hazards():
        assert texts(f"hazard.{hazard.kind}") in said(at.markdown)
    table = next(f.value for f in at.dataframe if texts("term.hazard") in f.value)
    assert not table.isin(["None", "True", "False"]).any(axis=None)


def test_a_crisis_without_hazards_says_so(open_page, finished_runs, monkeypatch):
    shipped = next(iter(reading.scenarios().values()))
    calm = {"rolig": shipped.model_copy(update={"hazards": ()})}
    monkeypatch.setattr(reading, "scenarios", lambda: calm)
    at = open_page(finished_runs, "crises")
    assert read_texts("nb")("crises.hazards.none") in said(at.markdown)


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_measures_say_what_they_do_and_in_which_order_faults_are_repaired(
    open_page, finished_runs, lang
):
    at = open_page(finished_runs, "measures", lang=lang)
    texts = read_texts(lang)
    shown = " ".join(table.value.to_string() for table in at.table)
    assert texts("action.data_sharing.level") in shown
    assert texts("measures.restoration") in shown
    assert texts("cost_of.plan") in shown
    assert len(reading.orders()) >= 3


def test_an_order_of_repair_can_be_run_but_is_not_at_first(open_page, tmp_path):
    at = open_page(tmp_path, "run")
    box = at.multiselect(key="run_portfolios-nb")
    assert not set(box.value) & set(reading.orders())
    assert len(box.options) == len(reading.portfolios()) - 1 + len(reading.orders())
