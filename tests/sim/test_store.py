import json
import os
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from data.problems import BeredtError, InputError
from data.region import SECTORS
from sim import parts
from sim.event_log import Event
from sim.outcome import METRICS, SERVICES, Outcome
from sim.parts import write_part
from sim.run_folder import SCHEMA_VERSION, Manifest, check_run_id, create_run, is_alive, write_json
from sim.state_log import State, StockPiece
from sim.store import RecordedCourse, list_runs, open_run

HOURS, AREAS, FUNCTIONS = 3, ("a1", "a2"), ("F01", "F02")
DEMAND = np.full((HOURS, len(AREAS), len(SECTORS)), 2.0)
POPULATION = np.array([1000.0, 3000.0])


def manifest(**changed):
    content = {
        "schema_version": SCHEMA_VERSION,
        "run_id": "one",
        "created": "2026-01-01T00:00:00+00:00",
        "region_id": "test",
        "scenarios": ("storm",),
        "portfolios": ("basis", "more"),
        "names": {"nb": {}, "en": {}},
        "annual_cost_mnok": {"basis": 0.0, "more": 2.0},
        "replications": 4,
        "batch": 2,
        "seed": 1,
        "hours": {"storm": HOURS},
        "start": {"storm": "2026-01-12T00:00:00+01:00"},
        "areas": AREAS,
        "functions": FUNCTIONS,
        "demand_mwh": {"storm": {"basis": 1.0, "more": 1.0}},
        "estimated_share": 0.5,
        "files": {},
        "inputs": {},
        "versions": {},
        "machine": "test",
    }
    return Manifest(**(content | changed))


def outcome(number, scale=1.0):
    rng = np.random.default_rng(number)
    unserved = rng.random((HOURS, len(AREAS), len(SECTORS))) * scale
    return Outcome(
        replication=number,
        unserved_mw=unserved,
        persons_without=rng.random((HOURS, len(AREAS), len(SERVICES))) * 100.0,
        function_level=rng.random((HOURS, len(AREAS), len(FUNCTIONS))),
        area_kile_mnok=rng.random(len(AREAS)),
        metrics={m.name: float(at + number) * scale for at, m in enumerate(METRICS)},
        events=(
            Event(1.5, "section_failed", f"s{number}", "a1", cause="wind", level=0.5),
            Event(1.75, "site_lost", "h1", "a1", because=0, cause="electricity", level=0.0),
        ),
        states=(State("h1", "site", "a1", 0.0, 1.75, 3.0, 1),),
        stocks=(
            StockPiece("h1", "ups", "a1", 1.5, 1.75, 1.0, 0.0, 0.25),
            StockPiece("w1", "reservoir", "a2", 2.0, 3.0, 0.5, 0.75, np.inf),
        ),
        balance_residual=0.0,
    )


def write(run, portfolio, *numbers, scale=1.0):
    return write_part(
        run.folder,
        scenario="storm",
        portfolio=portfolio,
        replications=range(numbers[0], numbers[-1] + 1),
        outcomes=[outcome(number, scale) for number in numbers],
        demand_mw=DEMAND,
        population=POPULATION,
        functions=FUNCTIONS,
        area_ids=AREAS,
    )


@pytest.fixture
def run(tmp_path):
    create_run(tmp_path / "runs" / "one", manifest())
    return open_run(tmp_path / "runs" / "one")


def test_a_manifest_read_back_is_equal(run):
    assert run.manifest == manifest()


def test_what_is_written_is_read_back(run):
    for portfolio, scale in (("basis", 1.0), ("more", 0.5)):
        write(run, portfolio, 2, 3, scale=scale)
        write(run, portfolio, 0, 1, scale=scale)
    metrics = run.metrics("storm")
    assert metrics.replication.to_numpy().tolist() == [0, 1, 2, 3]
    series = run.series("storm", ["unserved_household", "persons_water", "level_F02"])
    curves, areas = run.curves("storm"), run.areas("storm")
    for at, (portfolio, scale) in enumerate((("basis", 1.0), ("more", 0.5))):
        assert metrics.portfolio.to_numpy()[at] == portfolio
        for number in range(4):
            made = outcome(number, scale)
            for metric in METRICS:
                value = metrics[metric.name].sel(portfolio=portfolio, replication=number).item()
                assert value == made.metrics[metric.name]
            where = {"portfolio": portfolio, "replication": number}
            got = series["unserved_household"].sel(where).to_numpy()
            assert got == pytest.approx(made.unserved_mw[:, :, 0], rel=1e-6)
            got = series["persons_water"].sel(where).to_numpy()
            assert got == pytest.approx(made.persons_without[:, :, 2], rel=1e-6)
            got = series["level_F02"].sel(where).to_numpy()
            assert got == pytest.approx(made.function_level[:, :, 1], rel=1e-6)
            got = curves["unserved"].sel(where).to_numpy()
            assert got == pytest.approx(made.unserved_mw.sum(axis=(1, 2)), rel=1e-6)
            got = curves["level_supply"].sel(where).to_numpy()
            whole = DEMAND.sum(axis=(1, 2))
            assert got == pytest.approx(1.0 - made.unserved_mw.sum(axis=(1, 2)) / whole, rel=1e-5)
            got = curves["level_F01"].sel(where).to_numpy()
            assert got == pytest.approx(made.function_level[:, :, 0] @ [0.25, 0.75], rel=1e-6)
            got = areas["ens_mwh"].sel(where).to_numpy()
            assert got == pytest.approx(made.unserved_mw.sum(axis=(0, 2)))
            got = areas["person_h_heat"].sel(where).to_numpy()
            assert got == pytest.approx(made.persons_without[:, :, 1].sum(axis=0))


def test_the_course_of_a_replication_is_read_back_as_it_was(run):
    write(run, "more", 2, 3)
    made = outcome(3)
    course = run.course("storm", "more", 3)
    assert course == RecordedCourse(events=made.events, states=made.states, stocks=made.stocks)


def test_a_replication_in_which_nothing_happened_has_an_empty_course(run):
    nothing = replace(outcome(0), events=(), states=(), stocks=())
    write_part(
        run.folder,
        scenario="storm",
        portfolio="basis",
        replications=range(2),
        outcomes=[nothing, outcome(1)],
        demand_mw=DEMAND,
        population=POPULATION,
        functions=FUNCTIONS,
        area_ids=AREAS,
    )
    assert run.course("storm", "basis", 0) == RecordedCourse(events=(), states=(), stocks=())
    assert len(run.course("storm", "basis", 1).events) == 2


def test_an_event_without_a_level_is_read_back_without_one(run):
    silent = replace(outcome(0), events=(Event(1.0, "crew_arrived", "s1", "a1", because=-1),))
    write_part(
        run.folder,
        scenario="storm",
        portfolio="basis",
        replications=range(1),
        outcomes=[silent],
        demand_mw=DEMAND,
        population=POPULATION,
        functions=FUNCTIONS,
        area_ids=AREAS,
    )
    (event,) = run.course("storm", "basis", 0).events
    assert np.isnan(event.level)
    assert event[:-1] == silent.events[0][:-1]


def test_every_variable_has_a_unit_and_a_name(run):
    for portfolio in ("basis", "more"):
        write(run, portfolio, 0, 1)
    for data in (
        run.metrics("storm"),
        run.areas("storm"),
        run.curves("storm"),
        run.series("storm", ["unserved_industry"]),
    ):
        for variable in data.data_vars.values():
            assert variable.attrs["units"]
            assert variable.attrs["long_name"]


def test_time_is_utc(run):
    assert str(run.time("storm")[0])[:16] == "2026-01-11T23:00"
    assert (np.diff(run.time("storm")) == np.timedelta64(1, "h")).all()


def test_only_what_every_portfolio_has_finished_is_shown(run):
    write(run, "basis", 0, 1)
    write(run, "basis", 2, 3)
    write(run, "more", 2, 3)
    assert run.finished("storm", "basis") == 4
    assert run.complete_replications("storm") == [2, 3]
    data = run.metrics("storm")
    assert data.replication.to_numpy().tolist() == [2, 3]
    assert data["ens_mwh"].to_numpy().tolist() == [[2.0, 3.0], [2.0, 3.0]]


def test_a_run_without_results_says_how_to_go_on(run):
    with pytest.raises(BeredtError, match="--resume one"):
        run.metrics("storm")
    with pytest.raises(BeredtError, match="replication 0 is not finished"):
        run.course("storm", "basis", 0)


@pytest.mark.parametrize("table", ["metrics", "series", "events", "states", "stocks"])
def test_a_failure_while_writing_leaves_nothing_visible(run, monkeypatch, table):
    write(run, "basis", 0, 1)
    real = pq.write_table

    def full(content, path, **settings):
        real(content, path, **settings)
        if path.name == f"{table}.parquet":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        write(run, "basis", 2, 3)
    folder = run.folder / "parts" / "storm" / "basis"
    assert [path.name for path in folder.iterdir()] == ["000000-000001"]
    monkeypatch.undo()
    write(run, "basis", 2, 3)
    assert run.finished("storm", "basis") == 4


def test_a_part_killed_half_way_is_hidden_and_cleared_away_later(run):
    write(run, "basis", 0, 1)
    half = run.folder / "parts" / "storm" / "basis" / ".000002-000003.abc"
    half.mkdir()
    (half / "metrics.parquet").write_bytes(b"PAR1")
    assert run.finished("storm", "basis") == 2
    run.clear_half_written()
    assert not half.exists()
    assert run.finished("storm", "basis") == 2


def test_a_part_written_twice_stays_one_part(run):
    first = write(run, "basis", 0, 1)
    before = (first / "metrics.parquet").read_bytes()
    assert write(run, "basis", 0, 1, scale=3.0) == first
    assert (first / "metrics.parquet").read_bytes() == before
    assert [path.name for path in first.parent.iterdir()] == ["000000-000001"]


def test_a_folder_that_exists_is_not_taken(run):
    with pytest.raises(InputError, match="--resume one"):
        create_run(run.folder, manifest())
    assert open_run(run.folder).manifest == manifest()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="--runs FOLDER"):
        create_run(tmp_path / "file" / "one", manifest())


@pytest.mark.parametrize(
    "run_id", ["", "..", "../x", "a/b", "a\\b", "A", "å", "x.y", "/etc", "a\n"]
)
def test_run_ids_that_could_point_elsewhere_are_refused(run_id):
    with pytest.raises(InputError, match="run_id"):
        check_run_id(run_id)


def test_a_plain_run_id_is_accepted():
    assert check_run_id("20260112-storm_2") == "20260112-storm_2"


def test_runs_are_listed_newest_first_and_junk_is_left_out(tmp_path):
    runs = tmp_path / "runs"
    create_run(runs / "old", manifest(created="2026-01-01T00:00:00+00:00"))
    create_run(runs / "new", manifest(created="2026-02-01T00:00:00+00:00"))
    create_run(runs / "future", replace(manifest(), schema_version=SCHEMA_VERSION + 1))
    (runs / "empty").mkdir()
    (runs / "file.txt").write_text("x")
    for name, content in (("text", "not json"), ("list", "[]"), ("part", '{"schema_version": 1}')):
        (runs / name).mkdir()
        (runs / name / "manifest.json").write_text(content)
    (runs / "binary").mkdir()
    (runs / "binary" / "manifest.json").write_bytes(b"\xff\xfe\x00")
    assert [run.folder.name for run in list_runs(runs)] == ["new", "old"]
    assert list_runs(tmp_path / "nowhere") == []


def test_a_run_of_another_version_is_refused_by_name(tmp_path):
    create_run(tmp_path / "future", replace(manifest(), schema_version=SCHEMA_VERSION + 1))
    with pytest.raises(InputError, match="schema version"):
        open_run(tmp_path / "future")


def test_json_is_replaced_at_once(tmp_path, monkeypatch):
    path = tmp_path / "status.json"
    write_json(path, {"state": "running"})
    monkeypatch.setattr(type(path), "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_json(path, {"state": "done"})
    monkeypatch.undo()
    assert json.loads(path.read_text()) == {"state": "running"}


def test_status_of_a_dead_process_is_stopped(run):
    assert run.status["state"] == "stopped"
    write_json(run.folder / "status.json", {"state": "running", "pid": os.getpid()})
    assert run.status["state"] == "running"
    assert run.status["total"] == 8
    write_json(run.folder / "status.json", {"state": "running", "pid": 2**22 + 12345})
    assert run.status["state"] == "stopped"
    write_json(run.folder / "status.json", {"state": "done", "pid": 2**22 + 12345, "done": 8})
    assert run.status["state"] == "done"
    (run.folder / "status.json").write_text("{half")
    assert run.status["state"] == "stopped"


@pytest.mark.parametrize("pid", [None, "12", 0, -1, 1.5])
def test_what_is_no_process_is_not_alive(pid):
    assert not is_alive({"pid": pid})
