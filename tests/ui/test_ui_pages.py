"""Every page in both languages and in each state, without a browser."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.fake_run import SCENARIO, build_fake_run
from ui import jobs
from ui.addresses import PAGES
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
