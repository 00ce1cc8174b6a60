"""Many replications on the cores of this machine."""

import os
import tempfile
import time
from pathlib import Path

from benchmarks.speed import Speed
from data.read import load_region
from sim.plan import choose, new_run

REPLICATIONS = 200


def _run(workers: int) -> float:
    """Seconds for the default scenario under the baseline, workers' start included."""
    region = load_region()
    choice = choose(["ekstremvaer-kulde"], ["basis"])
    with tempfile.TemporaryDirectory() as folder:
        planned = new_run(Path(folder), "bench", region, choice, replications=REPLICATIONS, seed=1)
        begin = time.perf_counter()
        planned.execute(workers=workers)
        return time.perf_counter() - begin


def ensemble_replications() -> Speed:
    """Replications computed and written, all cores. [1/s]."""
    took = _run(os.cpu_count() or 1)
    return Speed(name="ensemble.replications", value=REPLICATIONS / took, unit="1/s")


def ensemble_efficiency() -> Speed:
    """Time on one core over time on all, divided by their number."""
    cores = os.cpu_count() or 1
    value = _run(1) / _run(cores) / cores
    return Speed(name="ensemble.efficiency", value=value, unit="1")
