"""Replications that give no result: recorded, left out under every portfolio, and told."""

import numpy as np
import pytest
from rich.console import Console

from data.problems import BeredtError
from sim import ensemble, plan
from sim.compare import compare
from sim.failures import Failure, ReplicationError
from sim.plan import choose, continue_run, new_run
from sim.power.mesh import Mesh
from sim.replication import replicate
from sim.run_folder import LOG
from sim.store import open_run
from tests.sim.test_ensemble import PORTFOLIOS, STORM
from ui.console import print_failures

SCENARIO = "short-storm"
BAD = {"basis": {3}, "samlet": {3, 7}}


@pytest.fixture
def planned(tmp_path, region, bench, monkeypatch):
    monkeypatch.setattr(plan, "CACHE", bench.cache)
    path = tmp_path / "short-storm.yaml"
    path.write_text(STORM, encoding="utf-8")
    choice = choose([str(path)], PORTFOLIOS)
    return new_run(tmp_path, "one", region, choice, replications=12, seed=3)


def failing(bad):
    def maybe(case, grid, seed, replication):
        if replication in bad.get(case.portfolio_id, ()):
            raise ReplicationError(
                Failure(
                    replication=replication,
                    t_h=4.5,
                    after="section_failed x",
                    kind="BeredtError",
                    message="load shedding has no solution",
                )
            )
        return replicate(case, grid, seed, replication)

    return maybe


def test_the_others_go_on_and_stay_paired(planned, tmp_path, monkeypatch):
    monkeypatch.setattr(ensemble, "replicate", failing(BAD))
    planned.execute(workers=1)
    run = open_run(tmp_path / "one")
    assert run.status["state"] == "done"
    assert run.status["failed_replications"] == [3, 7]
    assert run.left_out(SCENARIO) == [3, 7]
    kept = [number for number in range(12) if number not in {3, 7}]
    assert run.complete_replications(SCENARIO) == kept
    assert run.metrics(SCENARIO)["replication"].values.tolist() == kept
    assert compare(run, SCENARIO).row("ens_mwh", "samlet").n == 10
    with pytest.raises(BeredtError, match="no solution"):
        run.course(SCENARIO, "samlet", 7)
    assert "load shedding has no solution" in (run.folder / LOG).read_text(encoding="utf-8")


def test_the_screen_says_how_many_why_and_that_the_figures_are_in_doubt(
    planned, tmp_path, monkeypatch
):
    monkeypatch.setattr(ensemble, "replicate", failing(BAD))
    planned.execute(workers=1)
    console = Console(record=True, width=200)
    print_failures(console, open_run(tmp_path / "one"), SCENARIO)
    said = console.export_text()
    assert "2 of 12 replications gave no result" in said
    assert "17%" in said
    assert "replication 7, 4.50 h, after section_failed x" in said


def test_continuing_does_not_try_again_and_results_do_not_hang_on_the_failures(
    planned, tmp_path, monkeypatch
):
    monkeypatch.setattr(ensemble, "replicate", failing(BAD))
    planned.execute(workers=1)
    failed = open_run(tmp_path / "one").metrics(SCENARIO).load()
    monkeypatch.setattr(ensemble, "replicate", replicate)
    continue_run(tmp_path, "one").execute(workers=1)
    again = open_run(tmp_path / "one")
    assert again.left_out(SCENARIO) == [3, 7]
    assert failed.equals(again.metrics(SCENARIO).load())


def test_a_run_without_any_result_fails_and_says_why(planned, tmp_path, monkeypatch):
    everything = {"basis": set(range(12))}
    monkeypatch.setattr(ensemble, "replicate", failing(everything))
    with pytest.raises(BeredtError, match="no replication of short-storm gave a result"):
        planned.execute(workers=1)
    assert open_run(tmp_path / "one").status["state"] == "failed"


def test_a_solver_that_fails_is_told_with_time_and_last_event(bench, monkeypatch):
    case, grid = bench.case(
        {"kind": "wind_storm", "start_h": 2, "duration_h": 10, "peak_gust_ms": 38}
    )

    def no_solution(*_, **__):
        raise np.linalg.LinAlgError("singular matrix")

    monkeypatch.setattr(Mesh, "set_out_share", no_solution)
    with pytest.raises(ReplicationError) as failed:
        replicate(case, grid, 3, 0)
    failure = failed.value.failure
    assert failure.kind == "LinAlgError"
    assert failure.message == "singular matrix"
    assert failure.t_h > 0
    assert failure.after.startswith("section_failed")


def test_a_full_disk_is_not_a_failed_replication(planned, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ensemble, "replicate", full)
    with pytest.raises(BeredtError, match="No space left"):
        planned.execute(workers=1)
