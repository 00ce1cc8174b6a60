import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.problems import BeredtError
from sim import ensemble, plan
from sim.plan import choose, continue_run, new_run
from sim.run_folder import write_json
from sim.store import open_run

PROJECT = Path(__file__).resolve().parents[2]
PORTFOLIOS = ("basis", "samlet")
REPLICATIONS = 30
TABLES = ("metrics", "areas", "curves", "series", "events", "states", "stocks")
STORM = """\
schema_version: 1
id: short-storm
name: {nb: Kort storm, en: Short storm}
summary: {nb: Prøve, en: Test}
based_on: [test]
likelihood: {low_per_year: 0.01, high_per_year: 0.1, source: test, quality: estimated}
start: 2026-01-12T00:00:00
duration_h: 36
temperature: [{t_h: 0, degc: -10}]
hazards:
  - {kind: wind_storm, start_h: 4, duration_h: 14, peak_gust_ms: 38, severity_spread: 0.1}
"""


@pytest.fixture(scope="module")
def storm(tmp_path_factory):
    path = tmp_path_factory.mktemp("scenario") / "short-storm.yaml"
    path.write_text(STORM, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module", autouse=True)
def cache(bench):
    patch = pytest.MonkeyPatch()
    patch.setattr(plan, "CACHE", bench.cache)
    yield
    patch.undo()


def planned(runs, region, storm, *, replications=REPLICATIONS, run_id="one"):
    choice = choose([storm], PORTFOLIOS)
    return new_run(runs, run_id, region, choice, replications=replications, seed=3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, region, storm):
    """The run computed by one process without a break."""
    runs = tmp_path_factory.mktemp("whole")
    planned(runs, region, storm).execute(workers=1)
    return open_run(runs / "one")


def table_of(run, portfolio, name, replications=REPLICATIONS):
    paths = [path / f"{name}.parquet" for _, path in run.parts("short-storm", portfolio)]
    table = pa.concat_tables([pq.read_table(path) for path in paths]).combine_chunks()
    return table.filter(pa.compute.less(table["replication"], replications))


def without_nan(table):
    """The table with no value where an event has no level, so that tables can be compared."""
    at = table.column_names.index("level") if "level" in table.column_names else None
    if at is None:
        return table
    level = table["level"]
    known = pa.compute.if_else(pa.compute.is_nan(level), pa.scalar(None, level.type), level)
    return table.set_column(at, "level", known)


def assert_equal(run, other, replications=REPLICATIONS):
    for portfolio in PORTFOLIOS:
        for name in TABLES:
            mine = without_nan(table_of(run, portfolio, name, replications))
            yours = without_nan(table_of(other, portfolio, name, replications))
            assert len(mine)
            assert mine.equals(yours), (portfolio, name)


def spans(run):
    return {
        portfolio: [span for span, _ in run.parts("short-storm", portfolio)]
        for portfolio in PORTFOLIOS
    }


def command(runs, storm, workers):
    arguments = [sys.executable, str(PROJECT / "run.py"), "compare", "--quiet", "--runs", str(runs)]
    arguments += ["--run-id", "one", "--scenario", storm, "--seed", "3"]
    arguments += ["--replications", str(REPLICATIONS), "--workers", str(workers)]
    for name in PORTFOLIOS:
        arguments += ["--portfolio", name]
    return arguments


def start(runs, storm, workers):
    return subprocess.Popen(  # noqa: S603 -- our own command line, no shell
        command(runs, storm, workers),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for_parts(process, runs, count):
    for _ in range(3000):
        found = [p for p in runs.glob("one/parts/*/*/*") if not p.name.startswith(".")]
        if len(found) >= count:
            return
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.01)
    raise AssertionError("no part was finished")


def end_session(process):
    """End what is left of a process we started, and of its workers."""
    process.stdout.close()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def gone(session):
    """Whether nothing of a session is left within five seconds."""
    for _ in range(100):
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_finished_run_is_whole(whole):
    assert whole.status["state"] == "done"
    assert whole.status["done"] == whole.status["total"] == 2 * REPLICATIONS
    assert whole.complete_replications("short-storm") == list(range(REPLICATIONS))
    batch = whole.manifest.batch
    expected = [range(first, first + batch) for first in range(0, REPLICATIONS, batch)]
    assert spans(whole) == {"basis": expected, "samlet": expected}
    for portfolio in PORTFOLIOS:
        residual = table_of(whole, portfolio, "metrics")["balance_residual"].to_numpy()
        assert residual.max() < 1e-6


@pytest.mark.slow
def test_two_workers_give_the_same_bits_as_one(tmp_path, region, storm, whole):
    seen = []
    two = planned(tmp_path, region, storm, replications=20)
    two.execute(workers=2, on_progress=seen.append)
    run = open_run(tmp_path / "one")
    assert run.status["state"] == "done"
    assert_equal(run, whole, replications=20)
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    assert seen[-1].done == seen[-1].total == 40


@pytest.mark.slow
def test_a_run_killed_half_way_goes_on_to_the_same_result(tmp_path, storm, whole):
    process = start(tmp_path, storm, workers=2)
    try:
        wait_for_parts(process, tmp_path, 2)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        run = open_run(tmp_path / "one")
        before = spans(run)
        assert 2 <= sum(len(each) for each in before.values()) < 6
        assert run.status["state"] == "stopped"
        for portfolio, found in before.items():
            if found:
                assert len(table_of(run, portfolio, "metrics")) == sum(len(s) for s in found)
        assert gone(process.pid), "workers outlived the process that started them"
        continue_run(tmp_path, "one").execute(workers=1)
    finally:
        end_session(process)
    assert spans(run) == spans(whole)
    assert run.status["state"] == "done"
    assert run.status["done"] == 2 * REPLICATIONS
    assert not list((tmp_path / "one").glob("parts/*/*/.*"))
    assert_equal(run, whole)


@pytest.mark.slow
def test_ctrl_c_stops_and_keeps_what_is_finished(tmp_path, storm, whole):
    process = start(tmp_path, storm, workers=2)
    try:
        wait_for_parts(process, tmp_path, 1)
        # As a terminal does: to the process and its workers.
        os.killpg(process.pid, signal.SIGINT)
        text, _ = process.communicate(timeout=60)
    finally:
        end_session(process)
    assert process.returncode == 1
    assert "--resume one" in text
    assert "Traceback" not in text
    run = open_run(tmp_path / "one")
    status = run.status
    assert status["state"] == "stopped"
    finished = sum(run.finished("short-storm", portfolio) for portfolio in PORTFOLIOS)
    assert status["done"] == finished > 0
    for portfolio in PORTFOLIOS:
        if spans(run)[portfolio]:
            table = table_of(run, portfolio, "metrics")
            first = table_of(whole, portfolio, "metrics", replications=len(table))
            assert table.equals(first)


def test_an_interruption_in_this_process_is_said_and_passed_on(tmp_path, region, storm):
    one = planned(tmp_path, region, storm, replications=20)

    def stop_after_one(progress):
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one.execute(workers=1, on_progress=stop_after_one)
    run = open_run(tmp_path / "one")
    assert run.status["state"] == "stopped"
    assert run.finished("short-storm", "basis") == 10


def test_replications_come_in_order_so_that_they_pair(tmp_path, region, storm):
    one = planned(tmp_path, region, storm, replications=20)

    def stop_after_two(progress):
        if progress.done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one.execute(workers=1, on_progress=stop_after_two)
    assert open_run(tmp_path / "one").complete_replications("short-storm") == list(range(10))


def test_the_last_batch_may_be_short(tmp_path, region, storm):
    planned(tmp_path, region, storm, replications=3).execute(workers=1)
    run = open_run(tmp_path / "one")
    assert spans(run) == {"basis": [range(3)], "samlet": [range(3)]}
    assert run.status["done"] == 6


def test_a_run_another_process_works_on_is_refused(tmp_path, region, storm):
    one = planned(tmp_path, region, storm, replications=3)
    write_json(one.run.folder / "status.json", {"state": "running", "pid": os.getppid()})
    with pytest.raises(BeredtError, match=f"process {os.getppid()}"):
        one.execute(workers=1)
    assert json.loads((one.run.folder / "status.json").read_text())["pid"] == os.getppid()
    assert not (one.run.folder / "parts").exists()


def test_a_finished_run_computes_nothing_again(tmp_path, region, storm, monkeypatch):
    planned(tmp_path, region, storm, replications=3).execute(workers=1)
    monkeypatch.setattr(ensemble, "replicate", None)
    continue_run(tmp_path, "one").execute(workers=1)
    assert open_run(tmp_path / "one").status["state"] == "done"


def test_a_replication_that_fails_keeps_the_others_and_says_how_to_go_on(
    tmp_path, region, storm, monkeypatch, whole
):
    real = ensemble.replicate

    def broken(case, grid, seed, replication):
        if replication == 12:
            raise ValueError("energy balance residual 1 exceeds 1e-06")
        return real(case, grid, seed, replication)

    one = planned(tmp_path, region, storm, replications=20)
    monkeypatch.setattr(ensemble, "replicate", broken)
    with pytest.raises(BeredtError, match="--resume one"):
        one.execute(workers=1)
    run = open_run(tmp_path / "one")
    assert run.status["state"] == "failed"
    assert "energy balance" in run.status["message"]
    assert run.complete_replications("short-storm") == list(range(10))
    monkeypatch.undo()
    monkeypatch.setattr(plan, "CACHE", PROJECT / ".cache")
    continue_run(tmp_path, "one").execute(workers=1)
    assert_equal(run, whole, replications=20)


def test_a_full_disk_is_explained_and_nothing_finished_is_lost(
    tmp_path, region, storm, monkeypatch
):
    one = planned(tmp_path, region, storm, replications=20)
    real = ensemble.write_json
    full = []

    def fill(progress):
        if progress.done >= 10:
            full.append(progress.done)

    def no_space(path, content):
        if full:
            raise OSError(28, "No space left on device")
        real(path, content)

    def no_room(*_, **__):
        raise OSError(28, "No space left on device")

    real_part = ensemble.write_part
    monkeypatch.setattr(ensemble, "write_json", no_space)
    monkeypatch.setattr(
        ensemble,
        "write_part",
        lambda *a, **k: no_room() if full else real_part(*a, **k),
    )
    with pytest.raises(BeredtError, match="No space left"):
        one.execute(workers=1, on_progress=fill)
    assert open_run(tmp_path / "one").finished("short-storm", "basis") == 10
