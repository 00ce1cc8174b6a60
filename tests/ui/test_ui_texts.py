"""Texts: both languages complete, no text outside them, numbers as each language writes them."""

import ast
import re
import string
from pathlib import Path

import pytest

from sim.outcome import EVENTS, METRICS, SERVICES
from ui.addresses import PAGES
from ui.texts import LANGUAGES, read_texts

UI = Path(__file__).parents[2] / "ui"
VIEWS = sorted(path for path in (UI / "views").glob("*.py") if path.name != "__init__.py")
SCREEN_FILES = [*VIEWS, UI / "app.py", UI / "parts.py", UI / "state.py", UI / "findings.py"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys_and_placeholders():
    nb, en = (read_texts(lang).entries for lang in LANGUAGES)
    assert set(nb) == set(en)
    assert {k: placeholders(v) for k, v in nb.items()} == {
        k: placeholders(v) for k, v in en.items()
    }


def test_every_kind_of_event_has_a_name_in_both_languages():
    for lang in LANGUAGES:
        entries = read_texts(lang).entries
        assert {name for name in EVENTS if not entries.get(f"event.{name}")} == set()


def test_an_unknown_language_gives_bokmal():
    assert read_texts("xx").lang == "nb"


@pytest.mark.parametrize("path", [*VIEWS, UI / "parts.py", UI / "state.py"], ids=lambda p: p.name)
def test_no_text_is_written_in_a_page(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    sentences = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in documentation
        and re.search(r"[A-Za-zÆØÅæøå]{2,} [A-Za-zÆØÅæøå]{2,}|^[A-ZÆØÅ][a-zæøå]+$", node.value)
    ]
    assert sentences == []


@pytest.mark.parametrize("path", VIEWS, ids=lambda p: p.name)
def test_a_page_has_no_text_standing_alone_that_would_be_shown(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body[1:]
    alone = [n for n in body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    assert alone == []


@pytest.mark.parametrize("path", SCREEN_FILES, ids=lambda p: p.name)
def test_every_text_asked_for_exists(path):
    known = read_texts("nb").entries
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("t", "texts")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    assert [key for key in asked if key not in known] == []


def test_names_made_of_identifiers_exist():
    known = set(read_texts("nb").entries)
    wanted = {f"metric.{m.name}" for m in METRICS} | {f"metric.{m.name}.meaning" for m in METRICS}
    wanted |= {f"symbol.{m.unit}" for m in METRICS} | {f"unit.{m.unit}" for m in METRICS}
    wanted |= {f"service.{s}" for s in SERVICES} | {f"service.{s}.object" for s in SERVICES}
    wanted |= {f"page.{name}" for name, _, _ in PAGES}
    assert wanted <= known


@pytest.mark.parametrize(
    ("lang", "written"),
    [("nb", "1\u00a0234,5"), ("en", "1,234.5")],
)
def test_numbers_are_written_as_the_language_does(lang, written):
    assert read_texts(lang).number(1234.5, 1) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234567.0, "1\u00a0230\u00a0000"),
        (36.0, "36"),
        (36.04, "36"),
        (0.012345, "0,0123"),
        (1.5, "1,5"),
        (0.0, "0"),
        (999.6, "1\u00a0000"),
        (float("nan"), "\u2013"),
    ],
)
def test_simulated_numbers_have_three_significant_digits(value, written):
    assert read_texts("nb").rounded(value) == written


def test_moments_are_written_in_oslo_time():
    texts = read_texts("nb")
    assert texts.when("2026-01-10T06:00:00+00:00") == "10. januar 2026 kl. 07:00"
    assert texts.when("2026-07-10T06:00:00") == "10. juli 2026 kl. 08:00"
    assert read_texts("en").when("2026-01-10T06:00:00+00:00") == "10 January 2026 at 07:00"


def test_a_metric_whose_name_says_the_unit_is_written_without_it():
    texts = read_texts("nb")
    assert texts.metric("ens_mwh", "MWh").endswith(", MWh")
    assert texts.metric("person_h_water", "person h") == texts("metric.person_h_water")
