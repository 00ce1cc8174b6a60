"""Runs as processes: started, followed, stopped and found again, from files alone."""

import json
import os
import select
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.problems import InputError
from tests.ui.fake_run import REPLICATIONS, SCENARIO, build_fake_run
from ui import jobs

REQUEST = jobs.Request(scenario=SCENARIO, portfolios=("basis", "samlet"), replications=2, seed=3)
# Not signal.pause(): a signal that comes just before it would be waited for in vain.
WAITING = "import sys, time\nprint(sys.argv, flush=True)\nwhile True:\n    time.sleep(0.05)\n"
FAILING = "import sys\nprint('disk full')\nsys.exit(1)\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose command line is a stand-in; gives a way to say what it does."""
    monkeypatch.setattr(jobs, "PROJECT", tmp_path)

    def write(program: str) -> Path:
        (tmp_path / "run.py").write_text(program, encoding="utf-8")
        return tmp_path / "runs"

    return write


def pid_of(runs: Path, run_id: str) -> int:
    return json.loads((runs / f"{run_id}.job.json").read_text(encoding="utf-8"))["pid"]


def wait_for_end(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([handle], [], [], 20)
    os.close(handle)
    assert ended


def test_a_started_run_is_found_by_its_files_and_can_be_stopped(project):
    runs = project(WAITING)
    jobs.start(REQUEST, runs, "a-run")
    assert jobs.progress(runs, "a-run").state == "starting"
    assert jobs.pending(runs) == ["a-run"]
    assert jobs.stop(runs, "a-run")
    wait_for_end(pid_of(runs, "a-run"))
    assert jobs.progress(runs, "a-run").state == "failed"
    assert not jobs.stop(runs, "a-run")


def test_the_command_line_gets_what_was_asked_for(project):
    runs = project("import sys\nprint(*sys.argv[1:])\n")
    jobs.start(REQUEST, runs, "a-run")
    wait_for_end(pid_of(runs, "a-run"))
    assert jobs.log_end(runs, "a-run").split() == [
        *("compare", "--scenario", SCENARIO, "--portfolio", "basis", "--portfolio", "samlet"),
        *("--replications", "2", "--seed", "3", "--run-id", "a-run", "--runs", str(runs)),
        "--quiet",
    ]


def test_a_run_that_ends_before_it_has_a_folder_has_failed_and_left_its_log(project):
    runs = project(FAILING)
    jobs.start(REQUEST, runs, "a-run")
    wait_for_end(pid_of(runs, "a-run"))
    progress = jobs.progress(runs, "a-run")
    assert (progress.state, progress.resumable, progress.active) == ("failed", False, False)
    assert jobs.log_end(runs, "a-run") == "disk full"


def test_resuming_starts_a_process_of_its_own(project):
    runs = project(WAITING)
    build_fake_run(runs, state="stopped", finished=2)
    assert jobs.progress(runs, "fake").resumable
    jobs.resume(runs, "fake")
    assert jobs.progress(runs, "fake").state == "starting"
    jobs.stop(runs, "fake")
    wait_for_end(pid_of(runs, "fake"))
    assert jobs.progress(runs, "fake").state == "stopped"


@pytest.mark.parametrize(
    ("state", "shown"),
    [("done", "done"), ("stopped", "stopped"), ("failed", "failed"), ("running", "stopped")],
)
def test_a_run_whose_process_is_gone_is_not_running(tmp_path, state, shown):
    build_fake_run(tmp_path, state=state, finished=2)
    progress = jobs.progress(tmp_path, "fake")
    assert progress.state == shown
    assert progress.total == 3 * REPLICATIONS


def test_another_process_with_the_same_number_is_not_ours(tmp_path):
    run = build_fake_run(tmp_path, state="running", finished=2)
    path = run.folder / "status.json"
    status = json.loads(path.read_text(encoding="utf-8")) | {"pid": os.getppid()}
    path.write_text(json.dumps(status), encoding="utf-8")
    assert jobs.progress(tmp_path, "fake").state == "stopped"
    assert not jobs.stop(tmp_path, "fake")


def test_a_run_is_named_by_scenario_and_moment():
    moment = datetime(2026, 1, 10, 6, 5, 4, tzinfo=UTC)
    assert jobs.new_run_id(SCENARIO, moment) == f"{SCENARIO}-20260110-060504"


@pytest.mark.parametrize("run_id", ["", "../x", "a/b", "A"])
def test_a_run_id_cannot_leave_the_folder_of_runs(tmp_path, run_id):
    with pytest.raises(InputError):
        jobs.log_path(tmp_path, run_id)
    with pytest.raises(InputError):
        jobs.start(REQUEST, tmp_path, run_id)


def test_a_folder_that_is_not_there_has_no_runs(tmp_path):
    assert jobs.pending(tmp_path / "none") == []
    assert jobs.log_end(tmp_path, "none") == ""


def test_the_folder_of_runs_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("BEREDT_RUNS", str(tmp_path))
    assert jobs.runs_folder() == tmp_path
    monkeypatch.delenv("BEREDT_RUNS")
    assert jobs.runs_folder() == jobs.PROJECT / "runs"
