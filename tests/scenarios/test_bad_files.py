"""Every way a file can be wrong is one message naming file and key, all in one pass."""

import pytest

from tests.scenarios.conftest import shipped

STORM = shipped("crises", "ekstremvaer-kulde")
GENSETS = shipped("measures", "aggregat-vann-omsorg")
BATTERIES = shipped("measures", "batteri-smartlading")
TELECOM = shipped("measures", "ekom-reserve")
CABLE = shipped("measures", "kabling")
CREWS = shipped("measures", "mannskap")
ALL = shipped("portfolios", "samlet")
OUTAGE = "  - {kind: asset_outage, start_h: 1, asset_ids: [x], repair_h: 2}\n"


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


# Each: kind of file, its text, what is replaced by what, and the place and code told.
ONE_MISTAKE = [
    ("scenario", STORM, "schema_version: 1", "schema_version: 2", "schema_version", "literal"),
    ("scenario", STORM, "schema_version: 1", 'schema_version: "1"', "schema_version", "literal"),
    ("scenario", STORM, "schema_version: 1\n", "", "schema_version", "missing"),
    ("scenario", STORM, "id: ekstremvaer-kulde", "id: 0301", "id", "string_type"),
    ("scenario", STORM, "id: ekstremvaer-kulde", "id: NO", "id", "string_pattern"),
    ("scenario", STORM, "id: ekstremvaer-kulde", "id: ../../etc", "id", "string_pattern"),
    ("scenario", STORM, "id: ekstremvaer-kulde", f"id: {'a' * 61}", "id", "string_too_long"),
    ("scenario", STORM, "id: ekstremvaer-kulde", 'id: "a\\n"', "id", "string_pattern"),
    ("scenario", STORM, "id: ekstremvaer-kulde\n", "", "id", "missing"),
    ("scenario", STORM, "  nb: Ekstremvær med kulde\n", "", "name.nb", "missing"),
    ("scenario", STORM, "nb: Ekstremvær med kulde", 'nb: ""', "name.nb", "string_too_short"),
    ("scenario", STORM, "nb: Ekstremvær med kulde", "nb: 7", "name.nb", "string_type"),
    ("scenario", STORM, "likelihood:", "likelihoods:", "likelihood", "missing"),
    ("scenario", STORM, "low_per_year: 0.005", "low_per_year: -1", "likelihood.low_per_year", "g"),
    ("scenario", STORM, "low_per_year: 0.005", "low_per_year: .nan", "likelihood.low_per_year", ""),
    ("scenario", STORM, "low_per_year: 0.005", "low_per_year: 0.9",
     "likelihood.high_per_year", "range_reversed"),
    ("scenario", STORM, "quality: estimated", "quality: guessed", "likelihood.quality", "literal"),
    ("scenario", STORM, "T00:00:00", "T00:00:00+01:00", "start", "start_with_offset"),
    ("scenario", STORM, "T00:00:00", "T00:00:00Z", "start", "start_with_offset"),
    ("scenario", STORM, "2026-01-12T00:00:00", "1768172400", "start", "start_with_offset"),
    ("scenario", STORM, "2026-01-12T00:00:00", "true", "start", "datetime_type"),
    ("scenario", STORM, "2026-01-12T00:00:00", "0001-01-01", "start", "start_year"),
    ("scenario", STORM, "2026-01-12T00:00:00", "9999-12-31", "start", "start_year"),
    ("scenario", STORM, "2026-01-12T00:00:00", "2026-03-29T02:30:00", "start", "start_skipped"),
    ("scenario", STORM, "duration_h: 168", "duration_h: 0", "duration_h", "greater"),
    ("scenario", STORM, "duration_h: 168", "duration_h: 2161", "duration_h", "less"),
    ("scenario", STORM, "duration_h: 168", "duration_h: 168.5", "duration_h", "int_type"),
    ("scenario", STORM, "duration_h: 168", 'duration_h: "168"', "duration_h", "int_type"),
    ("scenario", STORM, "duration_h: 168", "duration_h: 12:30", "duration_h", "int_type"),
    ("scenario", STORM, "duration_h: 168", "duration_h: yes", "duration_h", "int_type"),
    ("scenario", STORM, "t_h: 0, degc: -9", "t_h: -1, degc: -9", "temperature.0.t_h", "greater"),
    ("scenario", STORM, "t_h: 0, degc: -9", "t_h: 0, degc: -46", "temperature.0.degc", "greater"),
    ("scenario", STORM, "t_h: 0, degc: -9", "t_h: 0, degc: .nan", "temperature.0.degc", "less"),
    ("scenario", STORM, "t_h: 0, degc: -9", "t_h: 0, degc: cold", "temperature.0.degc", "float"),
    ("scenario", STORM, "t_h: 0, degc: -9", "t_h: 0", "temperature.0.degc", "missing"),
    ("scenario", STORM, "t_h: 7,", "t_h: 0,", "temperature", "hours_not_increasing"),
    ("scenario", STORM, "kind: wind_storm", "kind: flood", "hazards.0.kind", "union_tag_invalid"),
    ("scenario", STORM, "kind: wind_storm", "kind: 5", "hazards.0.kind", "union_tag"),
    ("scenario", STORM, "start_h: 30", "start_h: -1", "hazards.0.start_h", "greater"),
    ("scenario", STORM, "start_h: 30", "start_h: 168", "hazards", "hazard_after_end"),
    ("scenario", STORM, "    start_h: 30\n", "", "hazards.0.start_h", "missing"),
    ("scenario", STORM, "    duration_h: 20", "    duration_h: 0.5", "hazards.0.duration_h", "g"),
    ("scenario", STORM, "peak_gust_ms: 40", "peak_gust_ms: 71", "hazards.0.peak_gust_ms", "less"),
    ("scenario", STORM, "peak_gust_ms: 40", "peak_gust_ms: .inf", "hazards.0.peak_gust_ms", "less"),
    ("scenario", STORM, "peak_gust_ms: 40", 'peak_gust_ms: "40"', "hazards.0.peak_gust_ms", "fl"),
    ("scenario", STORM, "peak_gust_ms: 40", "peak_gust_ms: true", "hazards.0.peak_gust_ms", "fl"),
    ("scenario", STORM, "peak_gust_ms: 40", f"peak_gust_ms: 0x{'f' * 9000}",
     "hazards.0.peak_gust_ms", "float"),
    ("scenario", STORM, "background_gust_ms: 8", "background_gust_ms: 1e300",
     "hazards.0.background_gust_ms", "less"),
    ("scenario", STORM, "from_degree: 225", "from_degree: 360", "hazards.0.from_degree", "less"),
    ("scenario", STORM, "from_degree: 225", "from_degree: .nan", "hazards.0.from_degree", "less"),
    ("scenario", STORM, "front_speed_ms: 15", "front_speed_ms: 0", "hazards.0.front_speed_ms", "g"),
    ("scenario", STORM, "severity_spread: 0.1", "severity_spread: 0.6",
     "hazards.0.severity_spread", "less"),
    ("scenario", STORM, "timing_spread_h: 3", "timing_spread_h: 1e308",
     "hazards.0.timing_spread_h", "less"),
    ("scenario", STORM, "hazards:\n", f"hazards:\n{OUTAGE.replace('[x]', '[]')}",
     "hazards.0.asset_ids", "too_short"),
    ("scenario", STORM, "hazards:\n", f"hazards:\n{OUTAGE.replace('[x]', '[0301]')}",
     "hazards.0.asset_ids.0", "string_type"),
    ("scenario", STORM, "hazards:\n", f"hazards:\n{OUTAGE.replace('repair_h: 2', 'repair_h: 0')}",
     "hazards.0.repair_h", "greater"),
    ("measure", CREWS, "added_per_depot: 2", "added_per_depot: -1",
     "actions.0.added_per_depot", "greater"),
    ("measure", CREWS, "added_per_depot: 2", "added_per_depot: 1.5",
     "actions.0.added_per_depot", "int_type"),
    ("measure", CREWS, "aid_crews: 30", "aid_crews: 1001", "actions.0.aid_crews", "less"),
    ("measure", CREWS, "aid_arrives_h: 12", "aid_arrives_h: .inf", "actions.0.aid_arrives_h", "l"),
    ("measure", CREWS, "kind: crews", "kind: crew", "actions.0.kind", "union_tag_invalid"),
    ("measure", CREWS, "kind: crews, ", "", "actions.0.kind", "union_tag_not_found"),
    ("measure", CREWS, "of: crew", "of: car", "costs", "cost_of_nothing"),
    ("measure", CREWS, "of: crew", "of: people", "costs.0.of", "literal_error"),
    ("measure", CREWS, "yearly_nok: 6500000", "yearly_nok: -1", "costs.0.yearly_nok", "greater"),
    ("measure", CREWS, "yearly_nok: 6500000", "yearly_nok: .nan", "costs.0.yearly_nok", "less"),
    ("measure", CREWS, "quality: estimated", "quality: certain", "costs.0.quality", "literal"),
    ("measure", CABLE, "overhead_km: 300", "overhead_km: -1", "actions.0.overhead_km", "greater"),
    ("measure", CABLE, "overhead_km: 300", "overhead_km: .nan", "actions.0.overhead_km", "finite"),
    ("measure", CABLE, "cable_per_overhead: 1.2", "cable_per_overhead: 0.9",
     "actions.0.cable_per_overhead", "greater"),
    ("measure", CABLE, "lifetime_yr: 50", "lifetime_yr: 1.0e-20", "costs.0.lifetime_yr", "greater"),
    ("measure", CABLE, "lifetime_yr: 50", "lifetime_yr: 0", "costs.0.lifetime_yr", "greater"),
    ("measure", TELECOM, "reinforced_share: 0.3", "reinforced_share: 1.1",
     "actions.0.reinforced_share", "less"),
    ("measure", TELECOM, "reinforced_h: 72", "reinforced_h: 0", "actions.0.reinforced_h", "g"),
    ("measure", TELECOM, "battery_h: 8", "battery_h: -8", "actions.0.battery_h", "greater"),
    ("measure", GENSETS, "fuel_h: 72", "fuel_h: 0", "actions.0.fuel_h", "greater"),
    ("measure", GENSETS, "refuelled: true", "refuelled: 1", "actions.0.refuelled", "bool"),
    ("measure", GENSETS, "refuelled: true", "refuelled: yes", "actions.0.refuelled", "bool"),
    ("measure", GENSETS, "start_failure_probability: 0.01", "start_failure_probability: 2",
     "actions.0.start_failure_probability", "less"),
    ("measure", GENSETS, "[water_works, water_works_local, sewage, care]", "care",
     "actions.0.site_kinds", "tuple_type"),
    ("measure", BATTERIES, "count: 100", "count: 5001", "actions.0.count", "less"),
    ("measure", BATTERIES, "p_mw: 0.5", "p_mw: 0", "actions.0.p_mw", "greater"),
    ("measure", BATTERIES, "e_mwh: 2.0", "e_mwh: 1e308", "actions.0.e_mwh", "less"),
    ("measure", BATTERIES, "efficiency: 0.9", "efficiency: 0", "actions.0.efficiency", "greater"),
    ("measure", BATTERIES, "smart_share: 0.6", "smart_share: -0.1", "actions.1.smart_share", "g"),
    ("portfolio", ALL, "[mannskap,", "[Mannskap,", "measures.0", "string_pattern"),
    ("portfolio", ALL, "[mannskap,", "[0301,", "measures.0", "string_type"),
    ("portfolio", ALL, "[mannskap,", "[kabling,", "measures", "measure_twice"),
    ("portfolio", ALL, "id: samlet", "id: samlet\nscenario: x", "scenario", "extra_forbidden"),
]  # fmt: skip


@pytest.mark.parametrize(
    "mistake",
    ONE_MISTAKE,
    ids=[f"{place}-{new[:30]!r}" for _, _, _, new, place, _ in ONE_MISTAKE],
)
def test_each_key_refuses_what_it_may_not_hold(problems_of, mistake):
    kind, text, old, new, place, code = mistake
    found = problems_of(edited(text, old, new), kind)
    assert any(p.place == f"own.yaml: {place}" and p.code.startswith(code) for p in found), found
    assert all(len(str(problem)) < 400 for problem in found)


def test_every_key_is_required_or_has_a_default(problems_of):
    assert {p.place for p in problems_of("{}")} == {
        f"own.yaml: {key}"
        for key in (
            "schema_version",
            "id",
            "name",
            "summary",
            "based_on",
            "likelihood",
            "start",
            "duration_h",
            "temperature",
        )
    }


@pytest.mark.parametrize("kind", ["scenario", "measure", "portfolio"])
def test_an_unknown_key_is_named_at_every_level(problems_of, kind):
    text = {"scenario": STORM, "measure": CABLE, "portfolio": ALL}[kind]
    at_top = problems_of(text + "\nextra: 1\n", kind)
    assert [(p.place, p.code) for p in at_top] == [("own.yaml: extra", "extra_forbidden")]
    if kind == "scenario":
        inside = problems_of(edited(text, "peak_gust_ms: 40", "peak_gust_ms: 40\n    gusts: 1"))
        assert [p.place for p in inside] == ["own.yaml: hazards.0.gusts"]


def test_all_mistakes_of_a_file_come_in_one_pass(problems_of):
    text = edited(STORM, "schema_version: 1", "schema_version: 2")
    text = edited(text, "T00:00:00", "T00:00:00Z")
    text = edited(text, "low_per_year: 0.005", "low_per_year: 0.9")
    text = edited(text, "t_h: 7,", "t_h: 0,")
    text = edited(text, "start_h: 30", "start_h: 400")
    text = edited(text, "hazards:\n", "bogus: 1\nhazards:\n")
    assert {p.code for p in problems_of(text)} == {
        "literal_error",
        "start_with_offset",
        "range_reversed",
        "hours_not_increasing",
        "hazard_after_end",
        "extra_forbidden",
    }


def test_unquoted_0301_is_told_to_be_quoted(problems_of):
    (problem,) = problems_of(edited(STORM, "id: ekstremvaer-kulde", "id: 0301"))
    assert '"0301"' in problem.remedy


def test_yaml_1_2_is_read_where_1_1_would_guess(problems_of):
    assert problems_of(edited(STORM, "id: ekstremvaer-kulde", "id: no")) == ()
    assert problems_of(edited(STORM, "id: ekstremvaer-kulde", "id: on")) == ()
    assert problems_of(edited(STORM, "low_per_year: 0.005", "low_per_year: 5e-3")) == ()


BOMB = 'a: &a ["x","x","x","x","x","x","x","x","x"]\n' + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

NOT_A_FILE_OF_KEYS = {
    "empty": ("", "empty_file"),
    "only a comment": ("# nothing here\n", "empty_file"),
    "null": ("~", "empty_file"),
    "a list": ("- 1\n- 2\n", "model_type"),
    "a word": ("storm", "model_type"),
    "refers to itself as a list": ("&a [*a]", "model_type"),
    "not UTF-8": ("nb: Ekstremvær".encode("latin-1"), "encoding"),
    "UTF-16": (STORM.encode("utf-16"), "encoding"),
    "too large": (b"#" + b"x" * 200_000, "too_large"),
    "a NUL": (b"id: a\x00b", "yaml"),
    "a tab for indent": (edited(STORM, "  nb: Eks", "\tnb: Eks"), "yaml"),
    "a key twice": (STORM + "\nid: other\n", "yaml"),
    "two documents": (STORM + "---\n" + STORM, "yaml"),
    "an unknown anchor": ("id: *a", "yaml"),
    "a Python object": ("id: !!python/object/apply:os.getcwd []", "yaml"),
    "an open bracket": ("id: [a", "yaml"),
    "a date that is none": (edited(STORM, "2026-01-12", "2026-13-45"), "yaml"),
    "a number of 5 000 digits": ("duration_h: " + "9" * 5000, "yaml"),
    "brackets without end": ("[" * 2_000, "yaml"),
    "a mapping as key": ("? {a: 1}\n: 2\n", "yaml"),
}


@pytest.mark.parametrize("case", NOT_A_FILE_OF_KEYS)
def test_a_file_that_is_no_such_file_is_one_problem(problems_of, case):
    content, code = NOT_A_FILE_OF_KEYS[case]
    (problem,) = problems_of(content)
    assert problem.code == code
    assert problem.place.startswith("own.yaml")
    assert "Error" not in str(problem.found)


def test_a_yaml_mistake_names_its_line(problems_of):
    (problem,) = problems_of(STORM + "\nid: other\n")
    assert problem.place == f"own.yaml: line {STORM.count(chr(10)) + 2}"


def test_an_anchor_bomb_ends_at_once_with_its_unknown_keys(problems_of):
    codes = {p.code for p in problems_of(BOMB)}
    assert codes == {"missing", "extra_forbidden"}


def test_a_list_repeated_by_reference_is_bounded(problems_of):
    many = f"ids: &a [{', '.join(['x'] * 10_001)}]\n"
    text = many + edited(STORM, "hazards:\n", f"hazards:\n{OUTAGE.replace('[x]', '*a')}")
    assert "own.yaml: hazards.0.asset_ids" in {p.place for p in problems_of(text)}


def test_a_list_that_holds_itself_is_refused(problems_of):
    (problem,) = problems_of(edited(STORM, "hazards:\n", "hazards: &h\n  - *h\n"))
    assert problem.place == "own.yaml: hazards.0"


def test_a_byte_order_mark_is_no_mistake(problems_of):
    assert problems_of(b"\xef\xbb\xbf" + STORM.encode()) == ()
