"""What is shipped loads, fits the built-in region, and names itself."""

import json
from datetime import datetime

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from data.problems import InputError
from scenarios.hazards import temperature_degc
from scenarios.measures import apply
from scenarios.read import (
    LIBRARY,
    MODELS,
    check_file,
    check_measure,
    check_scenario,
    json_schema,
    list_measures,
    list_orders,
    list_portfolios,
    list_scenarios,
    load_measure,
    load_portfolio,
    load_scenario,
    parse,
)
from tests.scenarios.conftest import shipped

FOLDERS = {
    "crises": "scenario",
    "measures": "measure",
    "portfolios": "portfolio",
    "orders": "portfolio",
}
FILES = [
    (folder, path.stem) for folder in FOLDERS for path in sorted((LIBRARY / folder).glob("*.yaml"))
]


def test_every_folder_of_the_library_is_one_of_a_kind_of_file():
    assert {path.name for path in LIBRARY.iterdir() if path.is_dir()} == set(FOLDERS)


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_a_shipped_file_is_named_as_its_identifier_and_fits_the_region(region, folder, name):
    kind = FOLDERS[folder]
    load = {"scenario": load_scenario, "measure": load_measure, "portfolio": load_portfolio}[kind]
    entry = load(name)
    assert entry.id == name
    assert entry.name.nb != entry.name.en
    check_file(kind, name, region)


def test_the_library_holds_what_the_comparison_needs():
    assert "ekstremvaer-kulde" in list_scenarios()
    assert list_portfolios()[0] == "basis"
    assert set(list_portfolios()) & set(list_orders()) == set()
    assert load_portfolio("basis").measures == ()
    assert set(load_portfolio("samlet").measures) == set(list_measures())


def test_the_temperature_of_a_shipped_crisis_covers_all_of_it(region):
    for name in list_scenarios():
        scenario = load_scenario(name)
        assert scenario.temperature[0].t_h == 0
        assert scenario.temperature[-1].t_h >= scenario.duration_h
        assert np.isfinite(temperature_degc(scenario, region)).all()


def test_every_shipped_measure_costs_something_and_builds_what_it_prices(region):
    for name in list_measures():
        measure = load_measure(name)
        applied = apply(region, [measure])
        assert applied.annual_cost_mnok > 0.0
        assert all(applied.quantities[name][cost.of] > 0.0 for cost in measure.costs)


def _as_json(content):
    """As an editor reads YAML: a timestamp is text."""
    if isinstance(content, dict):
        return {key: _as_json(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_as_json(value) for value in content]
    return content.isoformat() if isinstance(content, datetime) else content


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_the_json_schema_accepts_what_is_shipped(folder, name):
    schema = json.loads(json_schema(FOLDERS[folder]))
    content = YAML(typ="safe", pure=True).load(shipped(folder, name))
    checker = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert list(checker.iter_errors(_as_json(content))) == []


@pytest.mark.parametrize("kind", MODELS)
def test_the_json_schema_is_one_and_explains_its_keys(kind):
    schema = json.loads(json_schema(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    undocumented = {
        f"{name}.{key}"
        for name, model in schema["$defs"].items()
        for key, value in model["properties"].items()
        if "_" in key and "description" not in value
    }
    assert undocumented == set()


def test_the_json_schema_refuses_what_the_reader_refuses():
    schema = json.loads(json_schema("scenario"))
    content = _as_json(YAML(typ="safe", pure=True).load(shipped("crises", "ekstremvaer-kulde")))
    for change in (
        {"start": "2026-01-12T00:00:00Z"},
        {"id": "A"},
        {"bogus": 1},
        {"duration_h": 1.5},
        {"hazards": [{"kind": "flood"}]},
        {"temperature": []},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content | change, schema)


def test_an_unknown_name_lists_the_known_ones():
    for load, known in (
        (load_scenario, list_scenarios()),
        (load_measure, list_measures()),
        (load_portfolio, (*list_portfolios(), *list_orders())),
    ):
        for name in ("nope", "a" * 300, "with\0nul", "/", ""):
            with pytest.raises(InputError) as caught:
                load(name)
            (problem,) = caught.value.problems
            assert problem.code.startswith("unknown_")
            assert all(each in problem.allowed for each in known)


def test_an_unknown_measure_of_a_portfolio_lists_the_known_ones(tmp_path):
    path = tmp_path / "own.yaml"
    text = shipped("portfolios", "samlet").replace("[mannskap,", "[nope, nada,")
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_portfolio(str(path))
    assert [p.found for p in caught.value.problems] == ["nope", "nada"]
    assert all("kabling" in p.allowed for p in caught.value.problems)


def test_unknown_assets_and_kinds_of_site_are_named_one_by_one(region, tmp_path):
    path = tmp_path / "own.yaml"
    line = str(region.lines.line_id[0])
    text = shipped("crises", "ekstremvaer-kulde") + (
        f"  - {{kind: asset_outage, start_h: 1, asset_ids: [nope, {line}, nada], repair_h: 2}}\n"
    )
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        check_file("scenario", str(path), region)
    assert [(p.place, p.found) for p in caught.value.problems] == [
        ("own.yaml: hazards.1.asset_ids", "nope"),
        ("own.yaml: hazards.1.asset_ids", "nada"),
    ]
    path.write_text(shipped("measures", "aggregat-vann-omsorg").replace("[water", "[pub, water"))
    with pytest.raises(InputError) as caught:
        check_file("measure", str(path), region)
    (problem,) = caught.value.problems
    assert (problem.place, problem.found) == ("own.yaml: actions.0.site_kinds", "pub")
    assert "hospital" in problem.allowed
    with pytest.raises(InputError):
        apply(region, [load_measure(str(path))])


def test_an_outage_may_name_every_kind_of_asset(region):
    scenario = load_scenario("ekstremvaer-kulde")
    ids = [
        str(ids[0])
        for ids in (
            region.lines.line_id,
            region.trafos.trafo_id,
            region.substations.substation_id,
            region.sections.section_id,
        )
    ]
    outage = {"kind": "asset_outage", "start_h": 1.0, "asset_ids": ids, "repair_h": 2.0}
    content = scenario.model_dump() | {"hazards": [outage]}
    assert check_scenario(MODELS["scenario"].model_validate(content), region) == []
    assert check_measure(load_measure("aggregat-vann-omsorg"), region) == []


def test_an_unknown_kind_of_file_lists_the_kinds(region):
    for ask in (lambda: check_file("crisis", "x", region), lambda: json_schema("crisis")):
        with pytest.raises(InputError, match=r"scenario \| measure \| portfolio"):
            ask()


JUNK = st.sampled_from(
    ["", "- ", "  ", "\t", "x: [", "}", "kind: crews", "id: 0301", "*a", "&a", "!!set {a}", "~",
     "hazards: 3", "start: ..", "temperature: {}", "- {t_h: 1}", "? [a]", "<<: {b: 1}", "|", "%"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_edit_of_a_file_ends_in_anything_but_a_list_of_problems(tmp_path_factory, data):
    folder, name = data.draw(st.sampled_from(FILES))
    lines = shipped(folder, name).splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(JUNK | st.sampled_from(lines) | st.text(max_size=12))
    path = tmp_path_factory.mktemp("fuzz") / "own.yaml"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    for problem in _problems(FOLDERS[folder], path):
        assert str(problem).startswith("own.yaml")


def _problems(kind, path):
    try:
        parse(MODELS[kind], path)
    except InputError as error:
        return error.problems
    return ()
