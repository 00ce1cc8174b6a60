"""Where the time of a replication goes, module by module: ``python -m benchmarks.profile_course``.

Time of each module's own lines and of what they call in libraries, by cProfile, which about
doubles all times; shares are what it is for.
"""

import cProfile
import pstats
import sys
from collections import Counter
from pathlib import Path

from benchmarks.replication import REPLICATIONS, SEED, default_case
from sim.case import intact_grid
from sim.replication import replicate

ROOT = Path(__file__).parent.parent
LEAST_SHARE = 0.01


def profile() -> Counter[str]:
    """Own time of each module over some replications, with the library calls it makes. [s]."""
    case = default_case()
    grid = intact_grid(case)
    replicate(case, grid, SEED, 0)
    profiler = cProfile.Profile()
    profiler.enable()
    for number in range(REPLICATIONS):
        replicate(case, grid, SEED, number)
    profiler.disable()
    total: Counter[str] = Counter()
    for (path, _, _), row in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]  # not in the stubs
        own_time, callers = row[2], row[4]
        module = _module(path)
        if module:
            total[module] += own_time
            continue
        for (caller, _, _), (_, _, spent, _) in callers.items():
            total[_module(caller) or "libraries"] += spent
    return total


def _module(path: str) -> str:
    """Name of a module of ours, or nothing."""
    full = Path(path)
    if ROOT in full.parents and ".venv" not in full.parts:
        return full.relative_to(ROOT).as_posix()
    return ""


def main() -> None:
    """Print each module's share."""
    total = profile()
    whole = sum(total.values())
    for module, seconds in total.most_common():
        if seconds / whole >= LEAST_SHARE:
            mean_ms = seconds / REPLICATIONS * 1e3
            sys.stdout.write(f"{module:40} {mean_ms:6.2f} ms {seconds / whole:6.1%}\n")


if __name__ == "__main__":
    main()
