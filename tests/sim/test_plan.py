import pytest

from data.problems import BeredtError, InputError
from data.read import load_region
from data.write import new_region
from sim import plan
from sim.plan import (
    choose,
    continue_run,
    inputs_of,
    new_run,
    prepare_cases,
    unfinished,
)
from sim.run_folder import write_json
from sim.store import open_run
from tests.sim.test_ensemble import STORM


@pytest.fixture(scope="module", autouse=True)
def cache(bench):
    patch = pytest.MonkeyPatch()
    patch.setattr(plan, "CACHE", bench.cache)
    yield
    patch.undo()


@pytest.fixture
def storm(tmp_path):
    path = tmp_path / "short-storm.yaml"
    path.write_text(STORM, encoding="utf-8")
    return path


def made(tmp_path, region, storm, run_id="one"):
    choice = choose([str(storm)], ["basis", "robust-nett"])
    return new_run(tmp_path / "runs", run_id, region, choice, replications=4, seed=1)


def test_shipped_names_are_chosen():
    choice = choose(["ekstremvaer-kulde"], ["basis", "samlet"])
    assert [scenario.id for scenario in choice.scenarios] == ["ekstremvaer-kulde"]
    assert [portfolio.id for portfolio, _ in choice.portfolios] == ["basis", "samlet"]
    assert choice.files == {}
    assert len(choice.portfolios[0][1]) == 0
    assert len(choice.portfolios[1][1]) == 6


def test_everything_unknown_is_named_at_once():
    with pytest.raises(InputError) as caught:
        choose(["no-storm"], ["basis", "no-plan"])
    assert {"no-storm", "no-plan"} <= {problem.found for problem in caught.value.problems}


def test_nothing_is_compared_with_itself():
    with pytest.raises(InputError, match="each once"):
        choose(["ekstremvaer-kulde"], ["basis", "basis"])


def test_the_manifest_says_what_was_asked(tmp_path, region, storm):
    run = open_run(made(tmp_path, region, storm).run.folder)
    manifest = run.manifest
    assert manifest.scenarios == ("short-storm",)
    assert manifest.portfolios == ("basis", "robust-nett")
    assert manifest.hours == {"short-storm": 36}
    assert manifest.start == {"short-storm": "2026-01-12T00:00:00+01:00"}
    assert manifest.files == {"short-storm": str(storm)}
    assert manifest.annual_cost_mnok["basis"] == 0.0
    assert manifest.annual_cost_mnok["robust-nett"] > 0.0
    assert 0.0 < manifest.estimated_share <= 1.0
    assert manifest.areas == tuple(region.areas.area_id.tolist())
    assert {"region", "seed", "code", "scenario:short-storm", "portfolio:basis"} <= set(
        manifest.inputs
    )
    assert {"numpy", "simpy", "python"} <= set(manifest.versions)


def test_demand_of_the_manifest_is_the_cases(tmp_path, region, storm):
    planned = made(tmp_path, region, storm)
    case = planned.cases["short-storm", "basis"]
    stored = planned.run.manifest.demand_mwh["short-storm"]["basis"]
    assert stored == pytest.approx(case.demand_mw.sum())


def test_a_run_gets_a_name_of_its_own(tmp_path, region, storm):
    run = made(tmp_path, region, storm, run_id=None).run
    assert run.folder.name == run.manifest.run_id
    date, clock, digest = run.folder.name.split("-")
    assert (len(date), len(clock), len(digest)) == (8, 6, 6)


def test_a_name_that_points_elsewhere_makes_no_folder(tmp_path, region, storm):
    with pytest.raises(InputError):
        made(tmp_path, region, storm, run_id="../elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "runs").exists()
    with pytest.raises(InputError):
        continue_run(tmp_path / "runs", "../elsewhere")


def test_a_run_that_is_not_there_cannot_be_continued(tmp_path):
    with pytest.raises(InputError):
        continue_run(tmp_path / "runs", "nothing")


def test_a_scenario_that_does_not_fit_leaves_no_folder(tmp_path, region):
    path = tmp_path / "wrong.yaml"
    hazard = "  - {kind: asset_outage, start_h: 1, asset_ids: [nowhere], repair_h: 1}\n"
    text = STORM.replace("short-storm", "wrong") + hazard
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="nowhere"):
        made(tmp_path, region, path)
    assert not (tmp_path / "runs").exists()


def test_an_unchanged_run_continues(tmp_path, region, storm):
    made(tmp_path, region, storm)
    again = continue_run(tmp_path / "runs", "one")
    assert sorted(again.cases) == [("short-storm", "basis"), ("short-storm", "robust-nett")]


def test_a_changed_scenario_is_named_and_refused(tmp_path, region, storm):
    made(tmp_path, region, storm)
    storm.write_text(STORM.replace("peak_gust_ms: 38", "peak_gust_ms: 39"), encoding="utf-8")
    with pytest.raises(BeredtError, match="scenario:short-storm changed"):
        continue_run(tmp_path / "runs", "one")


def test_a_run_goes_on_with_its_own_region_and_refuses_it_when_changed(tmp_path, storm):
    folder = tmp_path / "mine"
    new_region(folder)
    choice = choose([str(storm)], ["basis"], folder)
    new_run(tmp_path / "runs", "one", load_region(folder), choice, replications=2, seed=1)
    assert continue_run(tmp_path / "runs", "one").cases
    constants = folder / "constants.csv"
    text = constants.read_text(encoding="utf-8")
    constants.write_text(text.replace("detection_h,0.25", "detection_h,0.5"), encoding="utf-8")
    with pytest.raises(BeredtError, match="region changed"):
        continue_run(tmp_path / "runs", "one")


def test_a_changed_model_is_named_and_refused(tmp_path, region, storm, monkeypatch):
    made(tmp_path, region, storm)
    monkeypatch.setattr(plan, "code_hash", lambda: "other")
    with pytest.raises(BeredtError, match="code changed"):
        continue_run(tmp_path / "runs", "one")


def test_comments_and_layout_of_a_scenario_are_no_change(tmp_path, region, storm):
    made(tmp_path, region, storm)
    storm.write_text("# seen by the planner\n" + STORM, encoding="utf-8")
    assert continue_run(tmp_path / "runs", "one").cases


def test_seed_and_inputs_decide_the_hashes(region, storm):
    choice = choose([str(storm)], ["basis"])
    first = inputs_of(region, choice, 1)
    assert inputs_of(region, choice, 1) == first
    assert inputs_of(region, choice, 2) != first
    assert inputs_of(region, choose([str(storm)], ["samlet"]), 1) != first


def test_stopped_runs_with_the_same_inputs_are_offered(tmp_path, region, storm):
    runs = tmp_path / "runs"
    run = made(tmp_path, region, storm).run
    choice = choose([str(storm)], ["basis", "robust-nett"])
    write_json(run.folder / "status.json", {"state": "stopped", "done": 2})
    assert [each.folder.name for each in unfinished(runs, region, choice, 1)] == ["one"]
    assert unfinished(runs, region, choice, 2) == []
    write_json(run.folder / "status.json", {"state": "done", "done": 8})
    assert unfinished(runs, region, choice, 1) == []


def test_each_portfolio_has_its_own_case_of_each_scenario(bench, region):
    choice = choose(["ekstremvaer-kulde"], ["basis", "robust-nett"])
    prepared = prepare_cases(region, choice, bench.cache)
    plain = prepared.cases["ekstremvaer-kulde", "basis"]
    cabled = prepared.cases["ekstremvaer-kulde", "robust-nett"]
    assert plain.region is region
    assert cabled.region.sections.overhead_km.sum() < region.sections.overhead_km.sum()
    assert (cabled.demand_mw == plain.demand_mw).all()
