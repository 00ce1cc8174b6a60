"""Reference cases 09 (outage survival) and 11 (inoperability) through the product's engine."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from data.dependency_graph import Edge
from data.tables import FloatArray
from sim.backup.backup import Backup
from sim.backup.plant import BackupPlant
from sim.backup.survival import outage_survival
from sim.dependencies.graph import build_graph
from sim.dependencies.levels import Levels
from sim.event_log import ROOT
from sim.reference.queues import Result
from sim.rng import stream
from sim.statistics import standard_error

DELAY_H = 1.0
"""Delay of every dependency when an inoperability table is followed in time. [h]"""


def survival_case(folder: Path, seed: int, replications: int) -> dict[str, Result]:
    """Run reference case 09: gensets that fail, exactly and unit by unit in time.

    Parameters
    ----------
    folder : Path
        Holds ``input.json``.
    seed, replications : int
        Of the courses of `sim.backup.backup.Backup`.

    Returns
    -------
    dict of Result
        ``exact/...`` from `sim.backup.survival`, ``course/...`` simulated.
    """
    given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    found: dict[str, Result] = {}
    for case in given["cases"]:
        found |= _exact(case) | _courses(case, seed, replications)
    return found


def _loads(case: dict[str, Any], start: int) -> FloatArray:
    cyclic = np.array(case["load_kw"], dtype=np.float64)
    return np.array([cyclic[(start + hour) % len(cyclic)] for hour in range(case["hours"])])


def _exact(case: dict[str, Any]) -> dict[str, Result]:
    found = {}
    for start in range(len(case["load_kw"])):
        survival = outage_survival(
            _loads(case, start),
            units=case["units"],
            unit_kw=case["unit_kw"],
            failure_per_h=case["failure_per_h"],
            start_probability=case["start_probability"],
        )
        for hour in case["durations_h"]:
            key = f"exact/{case['id']} from hour {start + 1}, {hour} h"
            found[f"{key}, so far"] = Result(value=float(survival.so_far[hour - 1]))
            found[f"{key}, that hour"] = Result(value=float(survival.that_hour[hour - 1]))
    return found


def _courses(case: dict[str, Any], seed: int, replications: int) -> dict[str, Result]:
    """Follow the units of many outages in time and look at every hour's least capacity."""
    units, largest = case["units"], max(case["load_kw"])
    needed = int(np.ceil(largest / case["unit_kw"]))
    plant = BackupPlant(
        load_kw=needed * case["unit_kw"],
        units=units,
        units_needed=needed,
        fuel_idle_l_per_h=1.0,
        tank_l=10.0 * case["hours"],
    )
    mean_life_h = -1.0 / np.log1p(-case["failure_per_h"])
    least_kw = np.zeros((replications, case["hours"]))
    for k in range(replications):
        numbers = stream(seed, k, "survival", case["id"]).random((units, 2))
        begins = numbers[:, 0] < case["start_probability"]
        lives = np.where(begins, -mean_life_h * np.log1p(-numbers[:, 1]), 0.0)
        least_kw[k] = _least_kw(plant, lives.tolist(), case["hours"])
    found = {}
    for start in range(len(case["load_kw"])):
        served = least_kw >= _loads(case, start)
        so_far = np.cumprod(served, axis=1)
        for hour in case["durations_h"]:
            key = f"course/{case['id']} from hour {start + 1}, {hour} h"
            for what, values in (("so far", so_far), ("that hour", served)):
                column = values[:, hour - 1].astype(np.float64)
                found[f"{key}, {what}"] = Result(
                    value=float(column.mean()), standard_error=standard_error(column)
                )
    return found


def _least_kw(plant: BackupPlant, lives_h: list[float], hours: int) -> FloatArray:
    """Least power the units give in each hour of an outage."""
    env = simpy.Environment()
    changes: list[tuple[float, float]] = []
    backup = Backup(
        env, plant, lives_h=lives_h, on_change=lambda t_h, _, share: changes.append((t_h, share))
    )
    backup.grid_lost()
    env.run(until=float(hours))
    least = np.full(hours, plant.load_kw)
    for t_h, share in changes:
        # Capacity only falls, so what holds from here on is the least of all later hours.
        least[int(t_h) :] = np.minimum(least[int(t_h) :], share * plant.load_kw)
    return least


def inoperability_case(folder: Path) -> dict[str, Result]:
    """Run reference case 11: inoperability tables followed in time until they rest.

    Parameters
    ----------
    folder : Path
        Holds ``input.json`` with matrices A and perturbations c.

    Returns
    -------
    dict of Result
        Inoperability q of each component, ``case/name``.
    """
    given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    found = {}
    for case in given["cases"]:
        for name, value in inoperability(case["names"], case["A"], case["c"]).items():
            found[f"{case['id']}/{name}"] = Result(value=value)
    return found


def inoperability(
    names: list[str], matrix: list[list[float]], perturbation: list[float]
) -> dict[str, float]:
    """Inoperability of linear dependencies, by the engine of dependencies.

    Each component loses ``A[i][j]`` times what j has lost an hour before, on top of its own
    perturbation, until nothing moves any more.

    Parameters
    ----------
    names : list of str
    matrix : list of list of float
        A, rows depend on columns.
    perturbation : list of float
        c, what each component has lost by itself.

    Returns
    -------
    dict
        q by name, at most 1.
    """
    edges = [
        Edge(
            dependent=row,
            needs=column,
            group="all",
            rule="linear",
            autonomy_h=DELAY_H,
            recovery_h=DELAY_H,
            level_after=1.0 - coefficient,
        )
        for row, coefficients in zip(names, matrix, strict=True)
        for column, coefficient in zip(names, coefficients, strict=True)
        if coefficient > 0.0
    ]
    env = simpy.Environment()
    graph = build_graph(edges, names)
    levels = Levels(env, graph, lambda *_: ROOT)
    for name, lost in zip(names, perturbation, strict=True):
        levels.set_own(graph.index[name], 1.0 - lost, ROOT)
    env.run()
    return {name: 1.0 - levels.level(graph.index[name]) for name in names}
