import re
from pathlib import Path

import numpy as np
import pytest

from data.problems import InputError, Problem
from data.read import area_polygons, load_region, table_types
from data.tables import columns
from data.write import new_region, write_table


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load_region(folder)
    return caught.value.problems


def change(path: Path, pattern: str, by: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, by, text, count=1, flags=re.MULTILINE)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def only(folder: Path) -> Problem:
    found = problems(folder)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def test_built_in_region_has_37_areas_and_every_table(region):
    assert region.region_id == "oslo_akershus"
    assert len(region.areas) == 37
    assert all(len(getattr(region, name)) for name in table_types() if name != "storage")


def test_arrays_of_a_region_cannot_be_written(region):
    with pytest.raises(ValueError, match="read-only"):
        region.areas.population[0] = 1


def test_every_row_names_source_quality_and_origin(region):
    for name in table_types():
        table = getattr(region, name)
        assert (table.source != "").all()
        assert (table.quality[table.origin != "S"] == "estimated").all(), name


def test_region_written_and_read_back_is_equal(region, tmp_path):
    for name in table_types():
        write_table(tmp_path / f"{name}.csv", getattr(region, name))
    again = load_region(tmp_path)
    for name, declaration in table_types().items():
        for column, _ in columns(declaration):
            before, after = (getattr(getattr(r, name), column) for r in (region, again))
            np.testing.assert_array_equal(before, after)
    assert again.input_hash == region.input_hash


def test_hash_changes_with_a_number(region, folder):
    change(folder / "telecom.csv", r",0\.5,", ",0.6,")
    assert load_region(folder).input_hash != region.input_hash


def test_new_region_is_a_valid_copy_and_refuses_a_folder_in_use(region, tmp_path):
    new_region(tmp_path / "mine")
    assert load_region(tmp_path / "mine").input_hash == region.input_hash
    kinds = [f["properties"]["kind"] for f in area_polygons(tmp_path / "mine")["features"]]
    assert sum(kind != "remainder" for kind in kinds) == 37
    with pytest.raises(InputError) as caught:
        new_region(tmp_path / "mine")
    assert caught.value.problems[0].code == "folder_not_empty"


def test_folder_that_does_not_exist_is_told(tmp_path):
    assert only(tmp_path / "nowhere").code == "missing_folder"


def test_missing_file_is_named(folder):
    (folder / "lines.csv").unlink()
    problem = only(folder)
    assert (problem.code, problem.place) == ("missing_file", "lines.csv")


def test_missing_and_unknown_column_are_named(folder):
    change(folder / "areas.csv", "wind_factor", "wind")
    missing, unknown = problems(folder)
    assert (missing.code, missing.allowed) == ("missing_column", "a column wind_factor")
    assert (unknown.code, unknown.found) == ("unknown_column", "wind")
    assert missing.place == "areas.csv row 1"


def test_semicolons_are_explained(folder):
    path = folder / "areas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    assert any("semicolon" in problem.remedy for problem in problems(folder))


def test_unknown_identifier_is_named_with_row_and_column(folder):
    change(folder / "telecom.csv", "^3242,", "9999,")
    problem = next(p for p in problems(folder) if p.code == "unknown_id")
    assert problem.place == "telecom.csv row 38 column area_id"
    assert problem.found == "9999"
    assert problem.allowed == "an identifier of areas.csv"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("-1", "out_of_range"),
        ("many", "not_a_number"),
        ('"1,5"', "not_a_number"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("1_000", "not_a_number"),
        ("", "empty_cell"),
        ("1.5", "not_whole"),
    ],
)
def test_wrong_number_is_named_with_row_and_column(folder, wrong, code):
    change(folder / "depots.csv", r"(030107),9,", rf"\1,{wrong},")
    problem = only(folder)
    assert (problem.code, problem.place) == (code, "depots.csv row 2 column crews")


def test_word_that_is_not_a_choice_lists_the_choices(folder):
    change(folder / "areas.csv", ",borough,", ",district,")
    problem = only(folder)
    assert (problem.code, problem.allowed) == ("not_allowed", "borough, municipality")


def test_repeated_key_names_the_second_row(folder):
    change(folder / "depots.csv", "^cable_romerike", "cable_oslo")
    problem = only(folder)
    assert (problem.code, problem.place) == ("duplicate_key", "depots.csv row 15 column depot_id")


def test_blank_lines_do_not_shift_the_row_told(folder):
    change(folder / "depots.csv", "^cable_romerike", "\ncable_oslo")
    assert only(folder).place == "depots.csv row 16 column depot_id"


def test_row_with_a_cell_too_many_is_told(folder):
    change(folder / "depots.csv", "^oslo_west,", "oslo_west,x,")
    assert only(folder).code == "cell_count"


def test_file_that_is_not_utf8_is_told(folder):
    path = folder / "areas.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    assert problems(folder)[0].code == "not_utf8"


def test_byte_order_mark_of_spreadsheets_is_accepted(folder):
    path = folder / "areas.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(load_region(folder).areas) == 37


def test_all_problems_of_all_files_are_told_at_once(folder):
    (folder / "roads.csv").unlink()
    change(folder / "depots.csv", r"(030107),9,", r"\1,-9,")
    change(folder / "telecom.csv", "^3242,", "9999,")
    change(folder / "kile.csv", "shift_h", "shift")
    found = problems(folder)
    assert {p.code for p in found} == {
        "missing_file",
        "out_of_range",
        "unknown_id",
        "missing_column",
        "unknown_column",
    }
    assert str(found[0]) in str(InputError(found))


def test_polygons_are_required_for_every_area(folder):
    change(folder / "areas.geojson", r'"area_id":"3242"', '"area_id":"other"')
    with pytest.raises(InputError) as caught:
        area_polygons(folder)
    assert [p.found for p in caught.value.problems] == ["3242"]
    (folder / "areas.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        area_polygons(folder)
    assert caught.value.problems[0].code == "not_geojson"
    (folder / "areas.geojson").unlink()
    with pytest.raises(InputError) as caught:
        area_polygons(folder)
    assert caught.value.problems[0].code == "missing_file"
