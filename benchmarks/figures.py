"""The speed figures that exist, by name."""

from collections.abc import Callable, Sequence

from benchmarks.ac import (
    ac_outage_states,
    ac_states,
    ac_states_2000,
    ac_states_batch,
    n1_1354,
    n1_1354_batch,
)
from benchmarks.adequacy import adequacy_years
from benchmarks.dependencies import (
    functions_added,
    functions_growth_4,
    functions_growth_16,
    functions_growth_events,
)
from benchmarks.ensemble import ensemble_efficiency, ensemble_replications
from benchmarks.feeders import feeder_years
from benchmarks.grid import (
    batched_hours,
    batched_hours_2000,
    batched_hours_batch,
    dc_states,
    dc_states_2000,
    dc_states_batch,
    shedding,
    shedding_2000,
)
from benchmarks.replication import one_replication
from benchmarks.speed import Speed
from data.problems import InputError, Problem

FIGURES: dict[str, Callable[[], Speed]] = {
    "replication": one_replication,
    "functions.added_ms": functions_added,
    "functions.growth_4": functions_growth_4,
    "functions.growth_16": functions_growth_16,
    "functions.growth_events": functions_growth_events,
    "grid.dc_states": dc_states,
    "grid.dc_states.lightsim2grid": dc_states_batch,
    "grid.dc_states_2000": dc_states_2000,
    "grid.batched_hours": batched_hours,
    "grid.batched_hours.lightsim2grid": batched_hours_batch,
    "grid.batched_hours_2000": batched_hours_2000,
    "grid.shedding": shedding,
    "grid.shedding_2000": shedding_2000,
    "grid.ac_states": ac_states,
    "grid.ac_states.lightsim2grid": ac_states_batch,
    "grid.ac_states_2000": ac_states_2000,
    "grid.ac_outage_states": ac_outage_states,
    "grid.n1_1354": n1_1354,
    "grid.n1_1354.lightsim2grid": n1_1354_batch,
    "grid.adequacy_years": adequacy_years,
    "grid.feeder_years": feeder_years,
    "ensemble.replications": ensemble_replications,
    "ensemble.efficiency": ensemble_efficiency,
}


def measure(names: Sequence[str]) -> list[Speed]:
    """Measure the figures named, or all.

    Raises
    ------
    InputError
        If a name is not known.
    """
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise InputError(
            [Problem("unknown_figure", "bench", name, " | ".join(FIGURES)) for name in unknown]
        )
    return [FIGURES[name]() for name in (names or FIGURES)]
