"""What ``grid scan`` prints and writes."""

import csv
import json

from ui.command_line import main


def test_a_scan_says_how_many_are_secure_what_fails_and_why(capsys, tmp_path):
    path = tmp_path / "scan.csv"
    assert main(["grid", "scan", "--out", "follo_t1+follo_t2", "--csv", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("N-1: 503 of 503 single outages are secure, 0 are not.")
    assert "follo_t1+follo_t2: follo_t3 at 149% of its rating, 0.08 h after the outage" in said
    assert "dark: s046_mv" in said
    assert "1 in 240,000" in said
    assert "Repair time is an estimate" in said
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 504
    assert rows[0]["out"] == "follo_t1+follo_t2"
    assert rows[0]["verdict"] == "cascade"


def test_json_holds_the_whole_ranking(capsys):
    assert main(["grid", "scan", "--buses", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 503 + 286
    assert rows[0]["kind"] == "bus"
    assert rows[0]["per_yr"] is None
    costs = [row["cost_nok"] for row in rows]
    assert costs[0] > 0.0
    assert costs[-1] == 0.0


def test_an_unknown_part_is_named(capsys):
    assert main(["grid", "scan", "--out", "follo_t1+nope"]) == 2
    assert "nope" in capsys.readouterr().err
