"""Reference case 07: a backlog of repairs, and a list of jobs worked off by crews.

Every repair goes through `sim.response.crews.CrewPool` and `repair_job`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from data.tables import FloatArray
from sim.reference.queues import Result
from sim.response.best_order import best_schedule
from sim.response.crews import CrewPool, repair_job
from sim.rng import stream
from sim.statistics import standard_error


def backlog_case(folder: Path, seed: int, replications: int) -> dict[str, Result]:
    """Work off a random backlog many times, and a given list once.

    Parameters
    ----------
    folder : Path
        Holds ``input.json``.
    seed, replications : int

    Returns
    -------
    dict of Result
        Keyed ``case/quantity``.
    """
    given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    return _backlog(given["backlog"], seed, replications) | _list(given["list"])


def _backlog(given: dict[str, Any], seed: int, replications: int) -> dict[str, Result]:
    count, at_h = given["elements"], given["at_h"]
    last_h, out_h = np.zeros((2, replications))
    restored = np.zeros((len(at_h), replications))
    for k in range(replications):
        work_h = stream(seed, k, "backlog").exponential(1.0 / given["repair_rate_per_h"], count)
        done_h = _work_off(np.zeros(count), work_h, given["crews"], 0.0)[1]
        last_h[k], out_h[k] = done_h.max(), done_h.sum()
        restored[:, k] = [(done_h <= t_h).mean() for t_h in at_h]
    name = given["id"]
    found = {
        f"{name}/mean_time_to_last_h": _mean(last_h),
        f"{name}/sd_time_to_last_h": Result(
            value=float(last_h.std(ddof=1)), standard_error=_error_of_sd(last_h)
        ),
        f"{name}/element_h_out": _mean(out_h),
    }
    return found | {
        f"{name}/restored_at_{t_h:g}_h": _mean(row) for t_h, row in zip(at_h, restored, strict=True)
    }


def _list(given: dict[str, Any]) -> dict[str, Result]:
    """Jobs in the order of the list, and the best order beside it."""
    names = [job["id"] for job in given["jobs"]]
    work_h = np.array([job["work_h"] for job in given["jobs"]], dtype=np.float64)
    customers = np.array([job["customers"] for job in given["jobs"]], dtype=np.float64)
    ready_h = given["crews_from_h"]
    start_h, done_h = _work_off(
        np.arange(len(names), dtype=np.float64), work_h, given["crews"], ready_h
    )
    found = {"list/customer_h": float(customers @ done_h), "list/makespan_h": float(done_h.max())}
    for at, name in enumerate(names):
        found[f"list/{name}_start_h"] = float(start_h[at])
        found[f"list/{name}_end_h"] = float(done_h[at])
    best = best_schedule(
        np.full(len(names), ready_h), work_h, customers, [ready_h] * given["crews"], 1.0
    )
    found["best order/customer_h"] = best.cost
    return {quantity: Result(value=value) for quantity, value in found.items()}


def _work_off(
    priority: FloatArray, work_h: FloatArray, crews: int, from_h: float
) -> tuple[FloatArray, FloatArray]:
    """Start and end of jobs that all wait for the same crews. [h]."""
    env = simpy.Environment()
    pool = CrewPool(env, 0, [(from_h, crews)]) if from_h else CrewPool(env, crews)
    jobs = [
        env.process(repair_job(env, pool, float(each), 0.0, float(hours)))
        for each, hours in zip(priority, work_h, strict=True)
    ]
    env.run()
    times = [job.value for job in jobs if job.value is not None]
    return (
        np.array([each.assigned_h for each in times]),
        np.array([each.done_h for each in times]),
    )


def _mean(values: FloatArray) -> Result:
    return Result(value=float(values.mean()), standard_error=standard_error(values))


def _error_of_sd(values: FloatArray) -> float:
    """Return the standard error of a standard deviation, from the fourth moment."""
    centred = values - values.mean()
    variance = float(values.var(ddof=1))
    fourth = float((centred**4).mean())
    return float(np.sqrt((fourth - variance**2) / len(values)) / (2.0 * np.sqrt(variance)))
