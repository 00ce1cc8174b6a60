"""Commands about reserve power and orders of repair."""

import json

import pytest

from data.read import load_region
from sim.backup.units import starts
from ui.command_line import main


def rows_of(capsys, *arguments: str) -> list[dict]:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_no_order_of_repairs_is_below_the_exact_bound(capsys):
    rows = rows_of(capsys, "restoration", "--replications", "2")
    above = {row["policy"]: row["above_bound"] for row in rows}
    assert set(above) == {"critical_first", "customers_first", "first_come", "best_known"}
    assert min(above.values()) >= -1e-9
    # Crews that follow the solver's order never stand idle, which its schedule may.
    assert above["best_known"] < 0.01
    assert min(above, key=above.get) == "best_known"
    assert above["first_come"] > above["critical_first"]


def test_a_users_own_list_is_held_against_the_same_bound(capsys, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(
        "schema_version: 1\nid: own\nname: {nb: Egen, en: Own}\nsummary: {nb: Egen, en: Own}\n"
        "restoration: {policy: first_come, first: ['3242', '3226']}\n",
        encoding="utf-8",
    )
    arguments = ("--portfolio", "basis", "--portfolio", str(own), "--replications", "2")
    basis, mine = rows_of(capsys, "restoration", *arguments)
    assert mine["name"] == "Own"
    assert mine["bound_mwh"] == pytest.approx(basis["bound_mwh"])
    assert mine["weighted_mwh"] != basis["weighted_mwh"]


def test_an_order_of_what_does_not_exist_is_refused(capsys, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(
        "schema_version: 1\nid: own\nname: {nb: Egen, en: Own}\nsummary: {nb: Egen, en: Own}\n"
        "restoration: {first: ['3242', 'nowhere']}\n",
        encoding="utf-8",
    )
    assert main(["restoration", "--portfolio", str(own)]) == 2
    assert "restoration.first" in capsys.readouterr().err


def test_a_crisis_without_a_storm_has_no_queue_to_order(capsys, tmp_path):
    calm = tmp_path / "calm.yaml"
    calm.write_text(
        "schema_version: 1\nid: calm\nname: {nb: Ro, en: Calm}\nsummary: {nb: Ro, en: Calm}\n"
        "based_on: [test]\njudgement: [test]\n"
        "likelihood: {low_per_year: 0.1, high_per_year: 0.2, source: test, quality: estimated}\n"
        "start: 2026-01-12T00:00:00\nduration_h: 24\ntemperature: [{t_h: 0, degc: -5}]\n"
        "hazards: []\n",
        encoding="utf-8",
    )
    assert main(["restoration", "--scenario", str(calm)]) == 2
    assert "wind_storm" in capsys.readouterr().err


def test_four_gensets_of_which_three_are_needed_carry_a_day_as_the_formula_says(capsys):
    rows = rows_of(capsys, "region", "backups", "--kind", "hospital")
    one = next(row for row in rows if row["site_id"] == "h1")
    region = load_region()
    row = region.backups.site_id.tolist().index("h1")
    assert (one["needed"], one["gensets"]) == (3, 4)
    alive = starts(
        region.backups, row, region.constants["start_failure_test_d"]
    ) * 2.718281828459045 ** (-24.0 / float(region.backups.mttf_h[row]))
    carried = 4 * alive**3 * (1.0 - alive) + alive**4
    assert one["carries_24_h"] == pytest.approx(carried)
    assert one["carries_24_h"] > one["carries_72_h"] > one["carries_168_h"]
    assert one["quality"] == "estimated"


def test_an_unknown_kind_of_site_is_named_with_those_there_are(capsys):
    assert main(["region", "backups", "--kind", "castle"]) == 2
    err = capsys.readouterr().err
    assert "castle" in err
    assert "hospital" in err


def test_the_tables_fit_a_terminal_and_say_what_is_estimated(capsys):
    assert main(["region", "backups", "--kind", "care"]) == 0
    out = capsys.readouterr().out
    assert "estimates by type of site" in out
    assert main(["restoration", "--replications", "1", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "no order does better" in " ".join(out.split())
    assert "python3 run.py compare --portfolio basis" in out
