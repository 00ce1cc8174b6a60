"""A small run with made-up numbers, written through the real store. Nothing is simulated."""

from pathlib import Path

import numpy as np

from data.read import load_region
from data.region import SECTORS
from sim.event_log import EventLog
from sim.failures import Failure
from sim.outcome import METRICS, SERVICES, Outcome
from sim.parts import write_part
from sim.run_folder import SCHEMA_VERSION, Manifest, create_run, write_json
from sim.state_log import StateLog, StockPiece
from sim.store import Run, open_run

HOURS = 48
REPLICATIONS = 6
SCENARIO = "ekstremvaer-kulde"
PORTFOLIOS = ("basis", "robust-nett", "samlet")
HIT_AREA = "3236"
"""Where something stops in every course; nothing does in ``QUIET_AREA``."""

QUIET_AREA = "030116"
QUIET = REPLICATIONS - 1
"""Number of the replication in which next to nothing happens."""

FEEDER = "s116_3236_01"
STRENGTH = {"basis": 1.0, "robust-nett": 0.7, "samlet": 0.4}


def build_fake_run(
    runs: Path,
    run_id: str = "fake",
    *,
    state: str = "done",
    finished: int = REPLICATIONS,
    failed: tuple[int, ...] = (),
    input_hash: str | None = None,
    portfolios: tuple[str, ...] = PORTFOLIOS,
    pid: int | None = None,
) -> Run:
    """Write a run of 48 hours over all areas, with every portfolio under the same storms."""
    region = load_region()
    areas = tuple(region.areas.area_id.tolist())
    functions = tuple(region.functions.function_id.tolist())
    names = {
        "nb": {SCENARIO: "Ekstremvær med kulde", "basis": "Basis"}
        | {"robust-nett": "Robust nett", "samlet": "Alt samlet"},
        "en": {SCENARIO: "Extreme weather in a cold week", "basis": "Baseline"}
        | {"robust-nett": "Robust grid", "samlet": "Everything together"},
    }
    demand = np.full((HOURS, len(areas), len(SECTORS)), 4.0)
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        run_id=run_id,
        created="2026-01-10T06:00:00+00:00",
        region_id=region.region_id,
        scenarios=(SCENARIO,),
        portfolios=portfolios,
        names=names,
        annual_cost_mnok={p: 100.0 * (1.0 - STRENGTH[p]) for p in portfolios},
        replications=REPLICATIONS,
        batch=2,
        seed=1,
        hours={SCENARIO: HOURS},
        start={SCENARIO: "2026-01-12T00:00:00+01:00"},
        areas=areas,
        functions=functions,
        demand_mwh={SCENARIO: dict.fromkeys(portfolios, float(demand.sum()))},
        estimated_share=0.38,
        files={},
        inputs={"region": input_hash or region.input_hash},
        versions={"beredt": "0.1.0"},
        machine="test",
    )
    create_run(runs / run_id, manifest)
    run = open_run(runs / run_id)
    population = region.areas.population.astype(np.float64)
    for portfolio in portfolios:
        for first in range(0, finished, 2):
            replications = range(first, min(first + 2, finished))
            outcomes = [
                _outcome(r, STRENGTH[portfolio], population, len(functions), areas)
                for r in replications
                if r not in failed
            ]
            write_part(
                run.folder,
                scenario=SCENARIO,
                portfolio=portfolio,
                replications=replications,
                outcomes=outcomes,
                failures=[_failure(r) for r in replications if r in failed],
                demand_mw=demand,
                population=population,
                functions=functions,
                area_ids=areas,
            )
    total = REPLICATIONS * len(portfolios)
    write_json(
        run.folder / "status.json",
        {
            "state": state,
            "done": finished * len(portfolios),
            "total": total,
            "started": "2026-01-10T06:00:00+00:00",
            "updated": "2026-01-10T06:01:00+00:00",
            "seconds_left": 30.0 if state == "running" else None,
            "message": "disk full" if state == "failed" else "",
            "failed_replications": list(failed),
            "pid": pid,
        },
    )
    return open_run(run.folder)


def _failure(replication: int) -> Failure:
    return Failure(
        replication=replication,
        t_h=3.0,
        after="section_failed x",
        kind="BeredtError",
        message="load shedding has no solution",
    )


def _outcome(
    replication: int,
    strength: float,
    population: np.ndarray,
    functions: int,
    areas: tuple[str, ...],
) -> Outcome:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(7, spawn_key=(replication,))))
    t = np.arange(HOURS)
    start = 8 + int(rng.integers(0, 4))
    shape = np.where(t < start, 0.0, np.exp(-(t - start) / rng.uniform(6.0, 10.0)))
    depth = np.minimum(rng.uniform(0.05, 0.6, len(areas)) * strength, 1.0)
    depth *= 0.01 if replication == QUIET else 1.0
    out = shape[:, None] * depth[None, :]
    unserved = np.repeat(out[:, :, None] * 4.0, len(SECTORS), axis=2)
    later = np.stack([np.roll(out, 2 * at, axis=0) for at in range(len(SERVICES))], axis=2)
    persons = later * population[None, :, None]
    weights = rng.uniform(0.2, 1.0, functions)
    level = 1.0 - out[:, :, None] * weights[None, None, :]
    ens = float(unserved.sum())
    metrics = {m.name: float(strength * rng.uniform(1.0, 2.0)) for m in METRICS}
    metrics |= {
        "ens_mwh": ens,
        "kile_mnok": ens * 0.03,
        "peak_persons_electricity": float(persons[:, :, 0].sum(axis=1).max()),
        "t_95_h": float(20.0 + 10.0 * strength * rng.uniform()),
    }
    metrics |= {f"person_h_{s}": float(persons[:, :, at].sum()) for at, s in enumerate(SERVICES)}
    log, states = _course(float(start)) if replication != QUIET else (EventLog(), StateLog())
    return Outcome(
        replication=replication,
        unserved_mw=unserved,
        persons_without=persons,
        function_level=level,
        area_kile_mnok=unserved.sum(axis=(0, 2)) * 0.03,
        metrics=metrics,
        events=tuple(log.events),
        states=tuple(states.states),
        stocks=tuple(states.stocks),
        balance_residual=0.0,
    )


def _course(start_h: float) -> tuple[EventLog, StateLog]:
    """A fallen line, a nursing home without power, and a function that follows."""
    log, states, area, site = EventLog(), StateLog(), HIT_AREA, f"care_{HIT_AREA}"
    section = f"{FEEDER}_6"
    root = log.note(
        start_h, "section_failed", section, area, cause="wind: tree or break on overhead line"
    )
    states.set(start_h, "section", section, area, level=0.0, event=root)
    fed = log.note(start_h, "site_feed_lost", site, area, because=root)
    for kind, whose, lasts_h, left in (
        ("ups", site, 0.25, 0.0),
        ("genset_tank", site, 8.0, 0.0),
        ("local_tank", FEEDER, 12.0, 0.25),
    ):
        end_h = start_h + lasts_h * (1.0 - left)
        states.piece(StockPiece(whose, kind, area, start_h, end_h, 1.0, left, lasts_h))
    dry = log.note(start_h + 8.0, "fuel_empty", site, area, because=fed)
    lost = log.note(
        start_h + 8.0, "site_weakened", site, area, because=dry, cause="electricity", level=0.3
    )
    states.set(start_h + 8.0, "site", site, area, level=0.3, event=lost)
    out = log.note(
        start_h + 8.0, "function_weakened", "F04", area, because=lost, cause=site, level=0.7
    )
    states.set(start_h + 8.0, "function", f"F04@{area}", area, level=0.7, event=out)
    # Crews belong to no area.
    states.set(start_h, "crews", "hadeland", "", level=0.5, event=root)
    log.note(start_h + 10.0, "section_repaired", section, area, because=root, cause="repair")
    end = start_h + 10.0
    for kind, whose in (
        ("section", section), ("site", site), ("function", f"F04@{area}"), ("crews", "hadeland"),
    ):  # fmt: skip
        states.set(end, kind, whose, area, level=1.0, event=root)
    states.finish(float(HOURS))
    return log, states
