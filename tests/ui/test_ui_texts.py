"""Texts: both languages complete, no text outside them, numbers as each language writes them."""

import ast
import re
import string
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from data.read import load_region
from data.service_tables import NEEDS, RULES
from data.tables import Table, columns
from scenarios.action_kinds import BUILDS, Action
from scenarios.hazard_kinds import Hazard
from scenarios.schema import Restoration
from sim.event_log import EVENTS
from sim.outcome import METRICS, SERVICES
from sim.state_log import STATE_KINDS, STOCK_KINDS
from ui.addresses import PAGES
from ui.course_rows import STATES
from ui.dependency_graph import AREA_SERVICES, NODE_KINDS
from ui.dependency_rows import KINDS
from ui.hazard_words import EVERYWHERE
from ui.replications import CHOICES, MEASURES
from ui.stock_rows import STOCK_STATES
from ui.texts import LANGUAGES, read_texts

UI = Path(__file__).parents[2] / "ui"
VIEWS = sorted(path for path in (UI / "views").glob("*.py") if path.name != "__init__.py")
SECTIONS = sorted(path for path in (UI / "sections").glob("*.py") if path.name != "__init__.py")
DRAWN = [*VIEWS, *SECTIONS, UI / "parts.py", UI / "state.py"]
WRITTEN = (
    "findings",
    "causes",
    "naming",
    "course_rows",
    "stock_rows",
    "course_charts",
    "row_charts",
)
WRITTEN += ("dependency_rows", "dependency_graph", "hazard_words", "timelines", "charts")
SCREEN_FILES = [*DRAWN, UI / "app.py", *(UI / f"{name}.py" for name in WRITTEN)]


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


@pytest.mark.parametrize("path", DRAWN, ids=lambda p: f"{p.parent.name}/{p.name}")
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


@pytest.mark.parametrize("path", SCREEN_FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_text_asked_for_exists(path):
    known = read_texts("nb").entries
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id)
        in ("t", "texts")
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


def kinds_of(union: object) -> list[type]:
    return list(get_args(get_args(union)[0]))


def kind_name(model: type) -> str:
    return get_args(model.model_fields["kind"].annotation)[0]


@pytest.mark.parametrize(("union", "family"), [(Hazard, "hazard"), (Action, "action")])
def test_every_kind_of_hazard_and_action_and_its_fields_have_names(union, family):
    known = set(read_texts("nb").entries)
    wanted = {f"{family}.{kind_name(model)}" for model in kinds_of(union)}
    wanted |= {
        f"{family}.{kind_name(model)}.{field}"
        for model in kinds_of(union)
        for field in model.model_fields
        if field != "kind"
    }
    assert wanted - known == set()


def test_what_a_course_and_the_graph_are_made_of_has_names():
    known = set(read_texts("nb").entries)
    wanted = {f"state_kind.{k}" for k in STATE_KINDS} | {f"stock.{k}" for k in STOCK_KINDS}
    wanted |= {f"stop_state.{s}{end}" for s in STATES for end in ("", ".legend")}
    wanted |= {f"stock_state.{s}{end}" for s in STOCK_STATES for end in ("", ".legend")}
    wanted |= {f"replication.{c}" for c in CHOICES} | {f"metric.{m}" for m in MEASURES}
    wanted |= {f"rule.{r}" for r in RULES} | {f"rule_short.{r}" for r in RULES}
    wanted |= {f"needs.{n}" for n in (*NEEDS, *AREA_SERVICES)}
    wanted |= {f"network_kind.{k}" for k in NODE_KINDS} | {f"dependent.{k}" for k in KINDS}
    wanted |= {f"hazard.all.{everything}" for everything in EVERYWHERE.values()}
    wanted |= {f"cost_of.{of}" for built in BUILDS.values() for of in built}
    policies = get_args(Restoration.model_fields["policy"].annotation)
    wanted |= {f"measures.restoration.policy.{policy}" for policy in policies}
    assert wanted - known == set()


def test_the_tables_kinds_and_groups_of_the_region_have_names():
    region = load_region()
    known = set(read_texts("nb").entries)
    tables = {f.name for f in fields(region) if isinstance(getattr(region, f.name), Table)}
    wanted = {f"table.{name}" for name in tables}
    declared = [column for name in tables for _, column in columns(type(getattr(region, name)))]
    wanted |= {f"symbol.{column.unit}" for column in declared}
    wanted |= {f"site_kind.{kind}" for kind in region.sites.kind.tolist()}
    wanted |= {f"skill.{skill}" for skill in region.depots.skill.tolist()}
    wanted |= {f"group.{group}" for group in region.dependencies.group.tolist() if group}
    assert wanted - known == set()


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
