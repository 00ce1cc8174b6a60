"""Textbook repair systems, built from the product's crews, for the reference cases.

Cases 05 (machine repair) and 06 (crew queues): every repair goes through
`sim.response.crews.CrewPool` and `sim.response.crews.repair_job`. Each replication runs
on a stream of its own after a warm-up, so standard errors come from independent values.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from data.tables import FloatArray
from sim.response.crews import CrewPool, repair_job
from sim.rng import stream
from sim.statistics import ratio_of_means, standard_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A computed quantity and how sure it is.

    Attributes
    ----------
    value : float
        In the unit of the case's expected value.
    standard_error : float
        0 for what is computed without sampling.
    """

    value: float
    standard_error: float = 0.0


Pairs = dict[str, tuple[FloatArray, FloatArray]]


def _results(system: str, pairs: Pairs) -> dict[str, Result]:
    """Turn numerators and denominators per replication into results."""
    found = {}
    for quantity, (above, below) in pairs.items():
        value, error = ratio_of_means(above, below)
        found[f"{system}/{quantity}"] = Result(value=value, standard_error=error)
    return found


@dataclass(slots=True, kw_only=True)
class _Workshop:
    """N machines and their crews in one replication, with integrals over time."""

    env: simpy.Environment
    pool: CrewPool
    rng: np.random.Generator
    machines: int
    failure_rate_per_h: float
    repair_rate_per_h: float
    need: int
    failed: int = 0
    failures: int = 0
    losses: int = 0
    since_h: float = 0.0
    time_failed_h: FloatArray = field(default_factory=lambda: np.zeros(0))
    first_loss: simpy.Event | None = None

    def start(self) -> None:
        self.time_failed_h = np.zeros(self.machines + 1)
        for _ in range(self.machines):
            self.env.process(self._machine())

    def _machine(self) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self.env.timeout(self.rng.exponential(1.0 / self.failure_rate_per_h))
            self._step(1)
            self.failures += 1
            work_h = self.rng.exponential(1.0 / self.repair_rate_per_h)
            yield from repair_job(self.env, self.pool, 0, 0.0, work_h, on_done=self._mended)

    def _mended(self) -> None:
        self._step(-1)

    def _step(self, change: int) -> None:
        self.integrate()
        self.failed += change
        if change > 0 and self.machines - self.failed == self.need - 1:
            self.losses += 1
            if self.first_loss is not None and not self.first_loss.triggered:
                self.first_loss.succeed()

    def integrate(self) -> None:
        self.time_failed_h[self.failed] += self.env.now - self.since_h
        self.since_h = self.env.now


def _workshop(system: dict[str, Any], rng: np.random.Generator) -> _Workshop:
    env = simpy.Environment()
    shop = _Workshop(
        env=env,
        pool=CrewPool(env, system["crews"]),
        rng=rng,
        machines=system["machines"],
        failure_rate_per_h=system["failure_rate_per_h"],
        repair_rate_per_h=system["repair_rate_per_h"],
        need=system.get("need", 0),
    )
    shop.start()
    return shop


def _long_run(system: dict[str, Any], seed: int, replications: int) -> dict[str, Result]:
    """Steady state of one machine-repair system."""
    machines, horizon_h = system["machines"], system["horizon_h"]
    in_state = np.zeros((machines + 1, replications))
    failures, losses, waited_h, worked_h = np.zeros((4, replications))
    for k in range(replications):
        shop = _workshop(system, stream(seed, k, "workshop", system["id"]))
        shop.env.run(until=system["warm_up_h"])
        shop.integrate()
        shop.time_failed_h[:] = 0.0
        before = shop.failures, shop.losses, shop.pool.waiting_job_h, shop.pool.busy_crew_h
        shop.env.run(until=system["warm_up_h"] + horizon_h)
        shop.integrate()
        in_state[:, k] = shop.time_failed_h
        failures[k] = shop.failures - before[0]
        losses[k] = shop.losses - before[1]
        waited_h[k] = shop.pool.waiting_job_h - before[2]
        worked_h[k] = shop.pool.busy_crew_h - before[3]
    hours = np.full(replications, horizon_h)
    failed_h = np.arange(machines + 1) @ in_state
    up_h = machines * hours - failed_h
    pairs: Pairs = {f"p_failed_{n}": (in_state[n], hours) for n in range(machines + 1)}
    pairs |= {
        "mean_operating": (up_h, hours),
        "mean_failed": (failed_h, hours),
        "mean_waiting": (waited_h, hours),
        "failures_per_h": (failures, hours),
        "mean_down_time_h": (failed_h, failures),
        "mean_wait_for_crew_h": (waited_h, failures),
        "crew_utilisation": (worked_h, system["crews"] * hours),
        "machine_availability": (up_h, machines * hours),
    }
    if "need" in system:
        spare = machines - system["need"]
        loss_h = in_state[spare + 1 :].sum(axis=0)
        pairs |= {
            "p_at_least_need": (hours - loss_h, hours),
            "frequency_of_loss_per_h": (losses, hours),
            "mean_loss_duration_h": (loss_h, losses),
        }
    return _results(system["id"], pairs)


def _first_loss(system: dict[str, Any], seed: int) -> dict[str, Result]:
    """Mean time from all good to the first moment with too few machines."""
    replications = system["first_loss_replications"]
    reached_h = np.zeros(replications)
    for k in range(replications):
        shop = _workshop(system, stream(seed, k, "first loss", system["id"]))
        shop.first_loss = shop.env.event()
        shop.env.run(until=shop.first_loss)
        reached_h[k] = shop.env.now
    mttf = Result(value=float(reached_h.mean()), standard_error=standard_error(reached_h))
    return {f"{system['id']}/mttf_from_all_good_h": mttf}


def _transient(system: dict[str, Any], seed: int) -> dict[str, Result]:
    """Availability of a single component at, and its mean time up until, given hours."""
    at_h = system["at_h"]
    replications = system["transient_replications"]
    up = np.zeros((len(at_h), replications))
    up_h = np.zeros((len(at_h), replications))
    for k in range(replications):
        shop = _workshop(system, stream(seed, k, "transient", system["id"]))
        for i, hour in enumerate(at_h):
            shop.env.run(until=hour)
            shop.integrate()
            up[i, k] = shop.failed == 0
            up_h[i, k] = shop.time_failed_h[0]
    found = {}
    for i, hour in enumerate(at_h):
        for name, values in (("availability_at", up[i]), ("mean_up_h_until", up_h[i])):
            found[f"{system['id']}/{name}_{hour:g}_h"] = Result(
                value=float(values.mean()), standard_error=standard_error(values)
            )
    return found


def machine_repair_case(folder: Path, seed: int, replications: int) -> dict[str, Result]:
    """Run reference case 05: failing machines and a limited number of crews.

    Parameters
    ----------
    folder : Path
        Holds ``input.json`` with the systems.
    seed, replications : int
        Of the long runs; transient figures state their own number.

    Returns
    -------
    dict of Result
        Keyed ``system/quantity``.

    References
    ----------
    .. [1] D. Gross and C. M. Harris, Fundamentals of Queueing Theory, 3rd ed., 1998, 2.7.
    """
    found: dict[str, Result] = {}
    for system in json.loads((folder / "input.json").read_text(encoding="utf-8"))["systems"]:
        found |= _long_run(system, seed, replications)
        if "first_loss_replications" in system:
            found |= _first_loss(system, seed)
        if "transient_replications" in system:
            found |= _transient(system, seed)
    return found


@dataclass(slots=True, kw_only=True)
class _JobClass:
    """Jobs of one priority, and what became of those that arrived in the window."""

    priority: int
    arrivals_per_h: float
    draw_work_h: Callable[[], float]
    under_way: int = 0
    wait_h: list[float] = field(default_factory=list)
    in_system_h: list[float] = field(default_factory=list)


def _arrive(
    env: simpy.Environment,
    pool: CrewPool,
    rng: np.random.Generator,
    kind: _JobClass,
    window_h: tuple[float, float],
) -> Generator[simpy.Event, Any, None]:
    """Send jobs for ever, and follow those that arrive in the window."""
    while True:
        yield env.timeout(rng.exponential(1.0 / kind.arrivals_per_h))
        env.process(_job(env, pool, kind, counted=window_h[0] <= env.now < window_h[1]))


def _job(
    env: simpy.Environment, pool: CrewPool, kind: _JobClass, *, counted: bool
) -> Generator[simpy.Event, Any, None]:
    kind.under_way += counted
    times = yield from repair_job(env, pool, kind.priority, 0.0, kind.draw_work_h())
    kind.under_way -= counted
    if counted:
        kind.wait_h.append(times.assigned_h - times.requested_h)
        kind.in_system_h.append(times.done_h - times.requested_h)


def _work(rng: np.random.Generator, mean_h: float, law: str) -> Callable[[], float]:
    if law == "fixed":
        return lambda: mean_h
    return lambda: rng.exponential(mean_h)


def _queue(system: dict[str, Any], seed: int, replications: int) -> dict[str, Result]:
    """Run one queue for long and see how jobs wait."""
    horizon_h, warm_up_h = system["horizon_h"], system["warm_up_h"]
    longer_than_h = system.get("longer_than_h", [])
    classes = system["classes"]
    count, wait_h, in_system_h, waited = np.zeros((4, len(classes), replications))
    longer = np.zeros((len(classes), len(longer_than_h), replications))
    queued_h = np.zeros(replications)
    for k in range(replications):
        rng = stream(seed, k, "queue", system["id"])
        env = simpy.Environment()
        pool = CrewPool(env, system["crews"])
        kinds = [
            _JobClass(
                priority=rank,
                arrivals_per_h=own["arrivals_per_h"],
                draw_work_h=_work(rng, own["mean_work_h"], own["work"]),
            )
            for rank, own in enumerate(classes)
        ]
        for kind in kinds:
            env.process(_arrive(env, pool, rng, kind, (warm_up_h, warm_up_h + horizon_h)))
        env.run(until=warm_up_h)
        before_h = pool.waiting_job_h
        env.run(until=warm_up_h + horizon_h)
        queued_h[k] = pool.waiting_job_h - before_h
        while any(kind.under_way for kind in kinds):
            env.step()
        for c, kind in enumerate(kinds):
            waits = np.array(kind.wait_h)
            count[c, k] = len(waits)
            wait_h[c, k] = waits.sum()
            in_system_h[c, k] = sum(kind.in_system_h)
            waited[c, k] = (waits > 0.0).sum()
            for j, bound in enumerate(longer_than_h):
                longer[c, j, k] = (waits > bound).sum()
    pairs: Pairs = {"queue_length": (queued_h, np.full(replications, horizon_h))}
    for c in range(len(classes)):
        suffix = f"_class_{c + 1}" if len(classes) > 1 else ""
        pairs[f"wait_h{suffix}"] = (wait_h[c], count[c])
        pairs[f"in_system_h{suffix}"] = (in_system_h[c], count[c])
        pairs[f"p_wait{suffix}"] = (waited[c], count[c])
        for j, bound in enumerate(longer_than_h):
            pairs[f"p_wait_longer_than_{bound:g}_h{suffix}"] = (longer[c, j], count[c])
    return _results(system["id"], pairs)


def crew_queue_case(folder: Path, seed: int, replications: int) -> dict[str, Result]:
    """Run reference case 06: jobs that wait for crews, first come first served or by priority.

    Parameters
    ----------
    folder : Path
        Holds ``input.json`` with the queues.
    seed, replications : int
        Of the long runs.

    Returns
    -------
    dict of Result
        Keyed ``system/quantity``.

    References
    ----------
    .. [1] L. Kleinrock, Queueing Systems, vol. 1 and 2, 1975-76 (Erlang C,
       Pollaczek-Khinchine, Cobham).
    """
    found: dict[str, Result] = {}
    for system in json.loads((folder / "input.json").read_text(encoding="utf-8"))["systems"]:
        found |= _queue(system, seed, replications)
    return found
