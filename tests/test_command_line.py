"""The command line: what it prints, what it leaves on disk, and its exit codes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandapower
import pytest

from data.read import BUILT_IN
from scenarios.read import LIBRARY, list_measures, list_portfolios, list_scenarios
from ui.command_line import main

ROOT = Path(__file__).parent.parent
FIGURE = {"figure", "model", "published", "unit", "deviation", "source", "quality"}
QUICK = ("--replications", "2", "--workers", "1", "--quiet")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with one of two replications, named done."""
    folder = tmp_path_factory.mktemp("runs")
    chosen = ("--portfolio", "basis", "--portfolio", "samlet")
    assert main(["compare", "--runs", str(folder), "--run-id", "done", *chosen, *QUICK]) == 0
    return folder


def scenario_file(folder: Path, *changes: tuple[str, str]) -> Path:
    text = (LIBRARY / "crises" / "ekstremvaer-kulde.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# What is refused, with one clear message and nothing left behind.


def test_unknown_names_are_all_told_with_the_known_ones(run, tmp_path):
    folder = tmp_path / "runs"
    code, _, err = run(
        "compare", "--scenario", "nope", "--portfolio", "nix", "--portfolio", "nada",
        "--runs", folder, *QUICK,
    )  # fmt: skip
    assert code == 2
    assert "3 problem(s)" in err
    assert all(name in err for name in ("nope", "nix", "nada", *list_scenarios()))
    assert all(name in err for name in list_portfolios())
    assert not folder.exists()


def test_every_mistake_of_two_files_comes_in_one_pass(run, tmp_path):
    folder = tmp_path / "runs"
    bad = scenario_file(tmp_path, ("duration_h: 168", "duration_h: -1"), ("nb: Eks", "no: Eks"))
    portfolio = tmp_path / "mine.yaml"
    portfolio.write_text("schema_version: 1\nid: mine\nmeasures: [kabling, kabling]\n")
    code, _, err = run(
        "compare", "--scenario", bad, "--portfolio", portfolio, "--runs", folder, *QUICK
    )
    assert code == 2
    for place in ("own.yaml: duration_h", "own.yaml: name.nb", "own.yaml: name.no"):
        assert place in err
    for place in ("mine.yaml: name", "mine.yaml: summary", "mine.yaml: measures"):
        assert place in err
    assert not folder.exists()


def test_assets_the_region_has_not_are_told_before_anything_is_written(run, tmp_path):
    folder = tmp_path / "runs"
    outage = "  - {kind: asset_outage, start_h: 1, asset_ids: [nope, nada], repair_h: 2}\n"
    bad = scenario_file(tmp_path, ("hazards:\n", f"hazards:\n{outage}"))
    code, _, err = run("compare", "--scenario", bad, "--runs", folder, *QUICK)
    assert code == 2
    assert "nope" in err
    assert "nada" in err
    assert not folder.exists() or not any(folder.iterdir())


def test_one_name_given_twice_is_refused(run, tmp_path):
    code, _, err = run(
        "compare", "--portfolio", "basis", "--portfolio", "basis", "--runs", tmp_path, *QUICK
    )
    assert code == 2
    assert "each once" in err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "--replications", "-1"),
        ("compare", "--replications", "0"),
        ("compare", "--replications", "many"),
        ("compare", "--workers", "0"),
        ("compare", "--seed", "-1"),
        ("compare", "--bogus"),
        ("compare", "surplus"),
        ("bogus",),
        ("ui", "--port", "0"),
        ("ui", "--port", "70000"),
        ("runs", "show"),
        ("scenario",),
        ("grid", "export"),
    ],
    ids=" ".join,
)
def test_wrong_use_explains_itself(run, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert code == 2
    assert "Usage" in out + err
    assert not any(tmp_path.iterdir())


def test_a_bad_region_is_told_whole_and_nothing_runs(run, tmp_path):
    region = tmp_path / "region"
    shutil.copytree(BUILT_IN, region)
    (region / "depots.csv").unlink()
    for name, old, new in (
        ("areas.csv", "030101", "030102"),
        ("telecom.csv", "030101,80", "030101,-80"),
    ):
        path = region / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    for arguments in (
        ("compare", "--region", region, "--runs", tmp_path / "runs", *QUICK),
        ("region", "check", region),
        ("region", "check", region, "--json"),
        ("grid", "export", tmp_path / "net.json", "--region", region),
    ):
        code, out, err = run(*arguments)
        assert code == 2
        assert "depots.csv" in err
        assert "areas.csv row 3 column area_id" in err
        assert "telecom.csv row 2 column base_stations" in err
        assert "{" not in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["region"]


def test_a_region_that_is_not_there_is_named(run, tmp_path):
    for arguments in (("compare", "--region"), ("region", "check")):
        code, _, err = run(*arguments, tmp_path / "nowhere[/b]")
        assert code == 2
        assert "nowhere[/b]" in err


def test_a_folder_of_runs_that_cannot_be_written_is_named_before_the_work(run, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    code, _, err = run("compare", "--portfolio", "basis", "--runs", blocked, *QUICK)
    assert code == 2
    assert "writable" in err
    assert "--runs" in err
    assert blocked.read_text() == "a file, not a folder"


def test_a_read_only_folder_of_runs_is_named(run, tmp_path, monkeypatch):
    # Taking the right away would not stop root, so the refusal itself is made.
    def refuse(folder: Path, *_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = run("compare", "--portfolio", "basis", "--runs", tmp_path, *QUICK)
    assert code == 2
    assert "Permission denied" in err
    assert "--runs" in err
    assert not any(tmp_path.iterdir())


def test_an_existing_run_is_never_overwritten(run, runs):
    before = sorted(path.stat().st_mtime_ns for path in (runs / "done").rglob("*"))
    code, _, err = run("compare", "--runs", runs, "--run-id", "done", *QUICK)
    assert code == 2
    assert "--resume done" in err
    assert before == sorted(path.stat().st_mtime_ns for path in (runs / "done").rglob("*"))


@pytest.mark.parametrize("name", ["nope", "../done", "", "a/b", "[/b]"])
def test_a_run_that_is_not_there_is_refused(run, tmp_path, name):
    commands = [("compare", "--resume"), ("runs", "show"), ("runs", "events")]
    commands += [("runs", "timeline"), ("runs", "why", "--asset", "h1")]
    for arguments in commands:
        code, _, err = run(*arguments, name, "--runs", tmp_path)
        assert code == 2
        assert "problem(s)" in err
        assert not any(tmp_path.iterdir())


def test_a_damaged_manifest_is_refused_and_left_out_of_the_list(run, tmp_path):
    for name, content in (("a", "{"), ("b", "[]"), ("c", '{"schema_version": 99}'), ("d", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(content)
        code, _, err = run("runs", "show", name, "--runs", tmp_path)
        assert code == 2
        assert "manifest.json" in err
    code, out, _ = run("runs", "list", "--runs", tmp_path)
    assert code == 0
    assert "No runs yet" in out


def test_resume_goes_alone(run, runs):
    code, _, err = run("compare", "--runs", runs, "--resume", "done", "--portfolio", "basis")
    assert code == 2
    assert "--resume" in err


# What is printed and written.


def test_a_run_prints_its_table_and_says_where_the_results_lie(run, runs):
    code, out, _ = run("runs", "show", "done", "--runs", runs)
    assert code == 0
    for text in ("Extreme weather in a cold week", "2 of 2 replications", "Baseline"):
        assert text in out
    for text in ("Everything together", "Energy not supplied", "KILE", "95 % interval", "Results:"):
        assert text in out
    assert "nan" not in out.lower()
    names = {path.name for path in (runs / "done").iterdir()}
    assert {"manifest.json", "status.json", "parts"} <= names
    assert {f"curves-ekstremvaer-kulde.{suffix}" for suffix in ("svg", "png")} <= names
    assert "comparison-ekstremvaer-kulde.csv" in names
    assert not any(name.startswith(".") for name in names)


def test_events_name_their_cause_and_follow_in_time(run, runs):
    code, out, _ = run("runs", "events", "done", "--runs", runs, "--portfolio", "samlet")
    assert code == 0
    hours = [float(line.split()[0]) for line in out.splitlines()]
    assert hours == sorted(hours)
    assert any("section_failed" in line and "wind" in line for line in out.splitlines())


@pytest.mark.parametrize(
    "case",
    [
        ("--portfolio", "nix", 2, "basis | samlet"),
        ("--portfolio", "../..", 2, "basis | samlet"),
        ("--scenario", "nope", 2, "ekstremvaer-kulde"),
        ("--replication", "2", 1, "replication 2 is not finished"),
        ("--replication", "-1", 2, "--replication"),
    ],
)
def test_events_of_what_the_run_has_not_are_refused(run, runs, case):
    option, value, code, told = case
    got, _, err = run("runs", "events", "done", "--runs", runs, option, value)
    assert got == code
    assert told in err


def test_the_timeline_says_what_stops_when_why_and_what_ran_down(run, runs):
    code, out, _ = run("runs", "timeline", "done", "--runs", runs)
    assert code == 0
    assert "What stops when" in out
    assert "Batteries, tanks and reservoirs that ran down" in out
    assert "←" in out
    assert "wind: " in out
    # Starts of the first table, before the stocks.
    rows = out.split("Batteries, tanks")[0].splitlines()
    hours = [float(row.split()[0]) for row in rows if re.match(r" *\d+\.\d\d ", row)]
    assert len(hours) > 5
    assert hours == sorted(hours)


def test_the_timeline_of_one_area_and_kind_holds_no_others(run, runs):
    code, out, _ = run("runs", "timeline", "done", "--runs", runs, "--kind", "section")
    assert code == 0
    areas = {word.split("_")[1] for word in re.findall(r"s\d{3}_\d{4,6}_\d+_\d+", out)}
    area = min(areas)
    code, out, _ = run(
        "runs", "timeline", "done", "--runs", runs, "--kind", "section", "--area", area
    )
    assert code == 0
    assert {w.split("_")[1] for w in re.findall(r"s\d{3}_\d{4,6}_\d+_\d+", out)} == {area}


def test_a_timeline_of_what_there_is_not_is_refused_with_everything_wrong(run, runs):
    code, _, err = run(
        "runs", "timeline", "done", "--runs", runs, "--kind", "ship", "--area", "321"
    )
    assert code == 2
    assert "2 problem(s)" in err
    assert "--kind: found 'ship'" in err
    assert "function" in err
    assert "--area: found '321'" in err
    assert "Did you mean" in err
    code, _, err = run("runs", "timeline", "done", "--runs", runs, "--portfolio", "nix")
    assert code == 2
    assert "basis | samlet" in err


def test_why_follows_a_stop_back_to_what_struck(run, runs):
    _, out, _ = run("runs", "events", "done", "--runs", runs)
    lost = next(line for line in out.splitlines() if "site_lost" in line or "site_weak" in line)
    site = lost.split()[3]
    code, out, _ = run("runs", "why", "done", "--runs", runs, "--asset", site)
    assert code == 0
    lines = out.splitlines()
    assert len(lines) >= 2
    assert lines[0].lstrip()[0].isdigit()
    assert "(wind: " in lines[-1]
    code, out, _ = run("runs", "why", "done", "--runs", runs, "--asset", site, "--at", "0")
    assert code == 0
    assert "is as it should be at 0 h" in out


@pytest.mark.parametrize("asset", ["u1", "l01_1", "s001_030101_01_1", "F14@030116", "it"])
def test_of_what_never_stopped_no_stop_is_told(run, runs, asset):
    code, out, _ = run("runs", "why", "done", "--runs", runs, "--asset", asset)
    assert code == 0
    assert out.startswith("No stop of ")


@pytest.mark.parametrize("asset", ["nowhere", "care_32", "F04@nowhere", "bogus@3236", "", "[/b]"])
def test_an_unknown_asset_is_refused_with_those_it_may_mean(run, runs, asset):
    code, out, err = run("runs", "why", "done", "--runs", runs, "--asset", asset)
    assert code == 2
    assert "Traceback" not in out + err
    assert f"--asset: found '{asset}'" in err
    assert "function@area" in err
    assert "Among those that stopped: " in err
    if asset == "care_32":
        assert "Did you mean care_32" in err


def test_why_needs_an_asset_and_an_hour_that_can_be(run, runs):
    assert run("runs", "why", "done", "--runs", runs)[0] == 2
    assert run("runs", "why", "done", "--runs", runs, "--asset", "u1", "--at", "-1")[0] == 2


def test_the_list_names_each_run_and_how_far_it_came(run, runs):
    code, out, _ = run("runs", "list", "--runs", runs)
    assert code == 0
    assert "done" in out
    assert "4 of 4" in out


def test_an_unfinished_run_is_mentioned_and_goes_on_to_the_same_result(run, runs, tmp_path):
    copy = tmp_path / "half"
    shutil.copytree(runs / "done", copy)
    shutil.rmtree(copy / "parts" / "ekstremvaer-kulde" / "samlet")
    status = json.loads((copy / "status.json").read_text())
    # As a killed process leaves it: still "running", by a process that is gone.
    status |= {"state": "running", "pid": 2**22 + 1, "done": 2}
    (copy / "status.json").write_text(json.dumps(status))
    chosen = ("--portfolio", "basis", "--portfolio", "samlet")
    code, out, _ = run("compare", "--runs", tmp_path, "--run-id", "new", *chosen, *QUICK)
    assert code == 0
    assert "2 of 4" in out
    # The command it names works as it stands.
    told = out[out.index("run.py compare --resume half") :].splitlines()[0].split()
    code, out, _ = run(*told[1:], "--workers", "1")
    assert code == 0
    table = "comparison-ekstremvaer-kulde.csv"
    assert (copy / table).read_text() == (runs / "done" / table).read_text()
    assert (tmp_path / "new" / table).read_text() == (runs / "done" / table).read_text()
    assert json.loads((copy / "status.json").read_text())["state"] == "done"


def test_a_name_with_brackets_is_printed_as_it_stands(run, tmp_path):
    own = scenario_file(
        tmp_path,
        ("id: ekstremvaer-kulde", "id: own"),
        ("en: Extreme weather in a cold week", 'en: "Storm [/b] [red]x"'),
        ("duration_h: 168", "duration_h: 48"),
    )
    portfolio = tmp_path / "mine.yaml"
    text = (LIBRARY / "portfolios" / "basis.yaml").read_text(encoding="utf-8")
    portfolio.write_text(
        text.replace("id: basis", "id: mine").replace("en: Baseline", 'en: "As [/x] is"'),
        encoding="utf-8",
    )
    code, out, _ = run(
        "compare", "--scenario", own, "--portfolio", portfolio, "--runs", tmp_path / "runs",
        "--run-id", "one", "--replications", "1", "--workers", "1", "--quiet",
    )  # fmt: skip
    assert code == 0
    assert "Storm [/b] [red]x" in out
    assert "As [/x] is" in out


def test_calibration_as_json_has_the_agreed_form(run):
    code, out, _ = run("region", "check", "--json")
    assert code == 0
    rows = strict_json(out)
    assert len(rows) >= 5
    for row in rows:
        assert set(row) == FIGURE
        assert row["quality"] in ("measured", "published", "estimated")
        assert row["source"]
        if row["published"]:
            deviation = row["model"] / row["published"] - 1.0
            assert row["deviation"] == pytest.approx(deviation, abs=1e-9)


def test_calibration_as_a_table_names_the_same_figures(run):
    rows = strict_json(run("region", "check", "--json")[1])
    code, out, _ = run("region", "check")
    assert code == 0
    assert all(row["unit"] in out for row in rows)
    assert "Oslo" in out or "oslo" in out


def test_validation_as_json_has_a_row_a_quantity_and_all_are_within_tolerance(run):
    code, out, _ = run("validate", "--json")
    rows = strict_json(out)
    assert code == 0
    cases = {path.parent.name for path in (ROOT / "tests/reference").glob("*/case.toml")}
    assert {row["case"] for row in rows} == cases
    for row in rows:
        assert set(row) == {"case", "quantity", "expected", "got", "tolerance", "ok"}
        assert row["ok"] == (abs(row["got"] - row["expected"]) <= row["tolerance"])


def strict_json(text: str) -> list[dict[str, object]]:
    def refuse(word: str) -> float:
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


def test_the_library_is_listed_whole(run):
    code, out, _ = run("scenario", "list")
    assert code == 0
    for name in (*list_scenarios(), *list_portfolios(), *list_measures()):
        assert name in out


@pytest.mark.parametrize("kind", ["scenario", "measure", "portfolio"])
def test_the_schema_is_json_on_standard_output(run, kind):
    code, out, _ = run("scenario", "schema", kind)
    assert code == 0
    assert strict_json(out)["title"] == kind.capitalize()


def test_a_file_is_checked_against_form_and_region(run, tmp_path):
    good = scenario_file(tmp_path)
    assert run("scenario", "check", good)[0] == 0
    assert run("scenario", "check", LIBRARY / "measures/kabling.yaml", "--kind", "measure")[0] == 0
    code, _, err = run("scenario", "check", LIBRARY / "measures/kabling.yaml")
    assert code == 2
    assert "kabling.yaml: actions" in err
    code, _, err = run("scenario", "check", good, "--kind", "crisis")
    assert code == 2
    assert "scenario | measure | portfolio" in err
    assert run("scenario", "schema", "crisis")[0] == 2


def test_a_new_region_is_complete_and_never_overwrites(run, tmp_path):
    folder = tmp_path / "my[/b] region"
    code, out, _ = run("region", "new", folder)
    assert code == 0
    assert str(folder) in out
    assert run("region", "check", folder)[0] == 0
    table = folder / "areas.csv"
    table.write_text("mine")
    code, _, err = run("region", "new", folder)
    assert code == 2
    assert "empty" in err
    assert table.read_text() == "mine"


def test_a_saved_grid_opens_in_pandapower(run, tmp_path):
    path = tmp_path / "net.json"
    code, _, _ = run("grid", "export", path)
    assert code == 0
    net = pandapower.from_json(str(path))
    assert len(net.bus) > 100
    pandapower.rundcpp(net)
    assert net.converged
    assert net.res_line.loading_percent.max() <= 100.0


@pytest.mark.parametrize(("target", "said"), [("blocked/net.json", "no folder"), (".", "a folder")])
def test_what_cannot_be_written_is_said_before_anything_is_computed(run, tmp_path, target, said):
    (tmp_path / "blocked").write_text("a file")
    code, _, err = run("grid", "export", tmp_path / target)
    assert code == 2
    assert said in err
    code, _, err = run("region", "new", tmp_path / "blocked" / "region")
    assert code == 1
    assert "blocked" in err


@pytest.mark.slow
def test_it_works_from_any_folder_as_a_program(tmp_path):
    command = [sys.executable, str(ROOT / "run.py")]
    env = {**os.environ, "BEREDT_RUNS": str(tmp_path / "runs")}

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 -- this program
            [*command, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True,
            encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip

    listed = start("runs", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "No runs yet" in listed.stdout
    done = start("compare", "--run-id", "here", "--portfolio", "basis", *QUICK)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "here" / "manifest.json").is_file()
    wrong = start("compare", "--scenario", "nope")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs"]


def test_a_speed_figure_has_the_agreed_form(run):
    code, out, _ = run("bench", "functions.added_ms", "--json")
    assert code == 0
    (row,) = strict_json(out)
    assert set(row) == {"name", "value", "unit", "peer", "peer_value", "ratio"}
    assert row["name"] == "functions.added_ms"
    assert row["value"] > 0


def test_an_unknown_speed_figure_is_refused_with_the_known_ones(run):
    code, _, err = run("bench", "speed.of_light")
    assert code == 2
    assert "speed.of_light" in err
    assert "replication" in err


def test_the_grid_is_checked_with_a_line_out_and_an_unknown_one_is_refused(run):
    code, out, _ = run("grid", "check", "--out", "l16_1")
    assert code == 0
    assert "Largest deviation of DC" in out
    code, _, err = run("grid", "check", "--out", "no-line")
    assert code == 2
    assert "no-line" in err
