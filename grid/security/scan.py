"""Security scan: what every outage costs, from single parts to chosen sets of them."""

from collections.abc import Callable, Sequence

import numpy as np

from grid.security.scan_bench import ScanBench
from grid.security.scan_outages import (
    Outage,
    branch_parts,
    bus_parts,
    named_outages,
    pairs,
    source_parts,
)
from grid.security.scan_rates import part_rates
from grid.security.scan_result import SecurityScan, rank
from grid.study import GridStudy

PAIR = 2

TOLD_EVERY = 20
"""Outages between two reports of progress."""


def security_scan(
    study: GridStudy,
    *,
    order: int = 1,
    chosen: Sequence[Sequence[str]] = (),
    sources: bool = False,
    buses: bool = False,
    hour: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> SecurityScan:
    """Take out every line and transformer in turn, and more if asked.

    A quick look at the flows settles the outages that overload nothing and leave everybody
    served, and the pairs that do no more harm than their parts. The others are solved in
    full: islands, trips, redispatch, shedding.

    Parameters
    ----------
    study : GridStudy
    order : int
        1 for single outages, 2 for every pair of lines and transformers as well.
    chosen : sequence of sequence of str
        Further sets of parts out together (N-k).
    sources, buses : bool
        Whether the loss of each source and of each whole bus is scanned too.
    hour : int
        Position of the hour in ``study.demand_mw``.
    on_progress : callable, optional
        Called with outages done and in all.

    Returns
    -------
    SecurityScan

    Raises
    ------
    InputError
        Naming every part of ``chosen`` that the grid has not.
    ValueError
        If ``order`` is neither 1 nor 2.
    """
    if order not in (1, PAIR):
        raise ValueError("order: 1 or 2 is needed; name larger sets in chosen")
    branches = branch_parts(study)
    single_parts = (
        *branches,
        *(source_parts(study) if sources else ()),
        *(bus_parts(study) if buses else ()),
    )
    singles: list[Outage] = [(part,) for part in single_parts]
    named = list(named_outages(study, chosen))
    bench = ScanBench(study, hour)
    double = pairs(branches, bench.intact_loading) if order == PAIR else []
    parts = dict.fromkeys(part for outage in (*named, *singles) for part in outage)
    rates = part_rates(study, tuple(parts))
    on_solved = _counter(on_progress, len(named) + len(singles) + len(double))
    alone = bench.contingencies(singles, rates, on_solved)
    together = bench.contingencies(named, rates, on_solved)
    lost = [each.total_unserved_mw for each in alone]
    lost_alone = dict(zip(single_parts, lost, strict=True))
    bad = bench.harmful(double, rates, lost_alone, on_solved)
    count = len(branches)
    return SecurityScan(
        name=study.name,
        demand_mw=float(study.demand_mw[hour].sum()),
        customers=float(np.nansum(study.customers)),
        intact=bench.examine((), rates)[0],
        singles=tuple(sorted(alone, key=rank)),
        pairs=tuple(sorted(bad.worse, key=rank)),
        chosen=tuple(together),
        pairs_scanned=len(double),
        pairs_secure=bad.secure,
        pairs_not_worse=len(double) - bad.secure - len(bad.worse),
        pairs_left_out=count * (count - 1) // 2 - len(double) if order == PAIR else 0,
    )


def _counter(on_progress: Callable[[int, int], None] | None, total: int) -> Callable[[int], None]:
    """Count outages and report now and then."""
    done = told = 0

    def on_solved(count: int) -> None:
        nonlocal done, told
        done += count
        if on_progress is not None and (done == total or done - told >= TOLD_EVERY):
            told = done
            on_progress(done, total)

    return on_solved
