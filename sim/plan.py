"""What a run shall compute: cases, manifest, and whether an old run still fits."""

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pydantic_core import to_json

from data.problems import BeredtError, InputError, Problem
from data.quality import estimated_share
from data.read import load_region
from data.region import Region
from scenarios.hazards import start_of
from scenarios.measures import Applied, apply
from scenarios.read import (
    check_portfolio,
    list_orders,
    list_portfolios,
    list_scenarios,
    load_measure,
    load_portfolio,
    load_scenario,
)
from scenarios.schema import Measure, Portfolio, Scenario
from sim.case import Case, prepare
from sim.ensemble import Progress, execute
from sim.run_folder import SCHEMA_VERSION, Manifest, RunFolder, check_run_id, create_run
from sim.store import Run, list_runs, open_run

CACHE = Path(__file__).parent.parent / ".cache"
"""Where the grid's arrays are kept between runs; may be deleted at any time."""

REGION = ":region"
"""Key of the region's folder among the files of a run; no identifier can be the same."""

BATCH = 10
"""Replications a part: about half a second of work, so that sending it costs little."""

LIBRARIES = ("numpy", "scipy", "simpy", "highspy", "pandapower", "pyarrow", "xarray")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user asked to be compared.

    Attributes
    ----------
    scenarios : tuple of Scenario
    portfolios : tuple of (Portfolio, measures)
        The baseline first.
    files : dict
        Where the region, scenarios and portfolios that are not shipped were read from,
        by identifier; the region's is ``REGION``.
    """

    scenarios: tuple[Scenario, ...]
    portfolios: tuple[tuple[Portfolio, tuple[Measure, ...]], ...]
    files: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Cases ready to run, by scenario and portfolio, with each portfolio's cost."""

    cases: dict[tuple[str, str], Case]
    applied: dict[str, Applied]


def choose(
    scenarios: Sequence[str], portfolios: Sequence[str], region_folder: Path | None = None
) -> Choice:
    """Read the scenarios and portfolios named; every problem of every file at once.

    The portfolio named first is the baseline of the comparison.

    Raises
    ------
    InputError
        With every unknown name and every mistake, also of a name given twice.
    """
    problems: list[Problem] = []
    files = {} if region_folder is None else {REGION: str(region_folder.resolve())}
    chosen: list[Scenario] = []
    packages: list[tuple[Portfolio, tuple[Measure, ...]]] = []
    for name in scenarios:
        try:
            scenario = load_scenario(name)
            chosen.append(scenario)
            if name not in list_scenarios():
                files[scenario.id] = str(Path(name).resolve())
        except InputError as error:
            problems.extend(error.problems)
    for name in portfolios:
        try:
            portfolio = load_portfolio(name)
            if name not in (*list_portfolios(), *list_orders()):
                files[portfolio.id] = str(Path(name).resolve())
            packages.append((portfolio, tuple(load_measure(m) for m in portfolio.measures)))
        except InputError as error:
            problems.extend(error.problems)
    for kind, ids in (
        ("scenario", [scenario.id for scenario in chosen]),
        ("portfolio", [portfolio.id for portfolio, _ in packages]),
    ):
        problems.extend(
            Problem("twice", f"--{kind}", each, "each once")
            for each in sorted(set(ids))
            if ids.count(each) > 1
        )
    if problems:
        raise InputError(problems)
    return Choice(scenarios=tuple(chosen), portfolios=tuple(packages), files=files)


def prepare_cases(region: Region, choice: Choice, cache: Path) -> Prepared:
    """Apply every portfolio and prepare every case.

    Raises
    ------
    InputError
        If a scenario, measure or order of repairs names something the region has not.
    """
    problems = [
        problem
        for portfolio, _ in choice.portfolios
        for problem in check_portfolio(portfolio, region, choice.files.get(portfolio.id, ""))
    ]
    if problems:
        raise InputError(problems)
    applied = {p.id: apply(region, measures, p.restoration) for p, measures in choice.portfolios}
    return Prepared(
        cases={
            (scenario.id, name): prepare(each, scenario, name, cache)
            for scenario in choice.scenarios
            for name, each in applied.items()
        },
        applied=applied,
    )


def inputs_of(region: Region, choice: Choice, seed: int) -> dict[str, str]:
    """Hashes of everything the numbers depend on."""

    def digest(content: bytes) -> str:
        return hashlib.sha256(content).hexdigest()

    hashes = {"region": region.input_hash, "seed": str(seed)}
    for scenario in choice.scenarios:
        hashes[f"scenario:{scenario.id}"] = digest(to_json(scenario))
    for portfolio, measures in choice.portfolios:
        hashes[f"portfolio:{portfolio.id}"] = digest(to_json([portfolio, *measures]))
    hashes["code"] = code_hash()
    return hashes


def code_hash() -> str:
    """Hash of the model's own source, so that an older model's run is recognised."""
    root = Path(__file__).parent.parent
    total = hashlib.sha256()
    for package in ("data", "scenarios", "grid", "sim"):
        for path in sorted((root / package).rglob("*.py")):
            total.update(path.relative_to(root).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def make_manifest(
    run_id: str,
    region: Region,
    choice: Choice,
    prepared: Prepared,
    *,
    replications: int,
    seed: int,
) -> Manifest:
    """Describe a new run."""
    named: list[Scenario | Portfolio] = [*choice.scenarios]
    named += [portfolio for portfolio, _ in choice.portfolios]
    first = choice.portfolios[0][0].id
    return Manifest(
        schema_version=SCHEMA_VERSION,
        run_id=run_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        region_id=region.region_id,
        scenarios=tuple(scenario.id for scenario in choice.scenarios),
        portfolios=tuple(portfolio.id for portfolio, _ in choice.portfolios),
        names={
            "nb": {each.id: each.name.nb for each in named},
            "en": {each.id: each.name.en for each in named},
        },
        annual_cost_mnok={name: each.annual_cost_mnok for name, each in prepared.applied.items()},
        replications=replications,
        batch=BATCH,
        seed=seed,
        hours={scenario.id: scenario.duration_h for scenario in choice.scenarios},
        start={scenario.id: start_of(scenario).isoformat() for scenario in choice.scenarios},
        areas=tuple(region.areas.area_id.tolist()),
        functions=tuple(region.functions.function_id.tolist()),
        demand_mwh={
            scenario.id: {
                portfolio.id: prepared.cases[scenario.id, portfolio.id].demand_mwh
                for portfolio, _ in choice.portfolios
            }
            for scenario in choice.scenarios
        },
        estimated_share=estimated_share(prepared.cases[choice.scenarios[0].id, first].region),
        files=choice.files,
        inputs=inputs_of(region, choice, seed),
        versions={name: version(name) for name in LIBRARIES}
        | {"python": platform.python_version()},
        machine=f"{platform.system()} {platform.machine()}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """A run folder and the cases that fill it."""

    run: RunFolder
    cases: dict[tuple[str, str], Case]

    def execute(
        self, *, workers: int, on_progress: Callable[[Progress], None] = lambda _: None
    ) -> None:
        """Compute what is missing; see `sim.ensemble.execute`."""
        execute(self.run, self.cases, workers=workers, on_progress=on_progress)


def new_run(
    runs: Path, run_id: str | None, region: Region, choice: Choice, *, replications: int, seed: int
) -> PlannedRun:
    """Prepare a comparison and make its folder; nothing is written before all is prepared.

    Parameters
    ----------
    runs : Path
        Folder of runs.
    run_id : str, optional
        Name of the run's folder; date, time and a part of the inputs' hash when left out.

    Raises
    ------
    InputError
        If the scenarios do not fit the region, or the folder exists or cannot be written.
    """
    if run_id is None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        whole = "".join(inputs_of(region, choice, seed).values())
        run_id = f"{stamp}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"
    check_run_id(run_id)
    prepared = prepare_cases(region, choice, CACHE)
    manifest = make_manifest(run_id, region, choice, prepared, replications=replications, seed=seed)
    return PlannedRun(run=create_run(runs / run_id, manifest), cases=prepared.cases)


def continue_run(runs: Path, run_id: str) -> PlannedRun:
    """Open an unfinished run to go on with it, from the files it was started with.

    Raises
    ------
    InputError
        If there is no such run, or its files are gone or wrong.
    BeredtError
        If its inputs or the model have changed since.
    """
    run = open_run(runs / check_run_id(run_id))
    files = run.manifest.files
    folder = Path(files[REGION]) if REGION in files else None
    region = load_region(folder)
    choice = choose(
        [files.get(name, name) for name in run.manifest.scenarios],
        [files.get(name, name) for name in run.manifest.portfolios],
        folder,
    )
    check_unchanged(run, region, choice)
    return PlannedRun(run=run, cases=prepare_cases(region, choice, CACHE).cases)


def unfinished(runs: Path, region: Region, choice: Choice, seed: int) -> list[Run]:
    """Find runs with the same inputs that were stopped half-way."""
    now = inputs_of(region, choice, seed)
    return [
        run
        for run in list_runs(runs)
        if run.manifest.inputs == now and run.status["state"] in ("stopped", "failed")
    ]


def check_unchanged(run: RunFolder, region: Region, choice: Choice) -> None:
    """Refuse to continue a run whose inputs or model have changed.

    Raises
    ------
    BeredtError
        Naming what changed.
    """
    now = inputs_of(region, choice, run.manifest.seed)
    changed = sorted(
        name
        for name in now.keys() | run.manifest.inputs.keys()
        if now.get(name) != run.manifest.inputs.get(name)
    )
    if changed:
        raise BeredtError(
            f"{run.folder.name} cannot be continued: {', '.join(changed)} changed since it was "
            "started. Its finished replications stay readable; start a new run instead"
        )
