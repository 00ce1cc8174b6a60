"""What the pages read from disk, cached by run and number of finished replications.

Each function that reads a run takes a ``stamp``: it changes whenever more of the run is
finished, and so does the key of the cache. Every cache has a bound.
"""

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from data.calibration import Figure
from data.calibration import key_figures as demand_figures
from data.dependency_graph import Edge
from data.read import area_polygons, load_region
from data.region import Region
from data.tables import FloatArray
from scenarios.measures import apply
from scenarios.read import (
    list_measures,
    list_orders,
    list_portfolios,
    list_scenarios,
    load_measure,
    load_portfolio,
    load_scenario,
)
from scenarios.schema import Measure, Portfolio, Scenario
from sim.compare import Comparison, compare
from sim.store import Run, open_run
from sim.timeline import RecordedCourse
from ui.dependency_graph import all_edges
from ui.naming import Names, read_names
from ui.texts import LANGUAGES, read_texts


@st.cache_resource(max_entries=1, show_spinner=False)
def region() -> Region:
    """Read the built-in region."""
    return load_region()


@st.cache_data(max_entries=1, ttl="60s", show_spinner=False)
def model_hash() -> str:
    """Hash of the model's source, to tell runs of an older model."""
    from sim.plan import code_hash  # noqa: PLC0415 -- the solvers load for half a second

    return code_hash()


@st.cache_data(max_entries=1, show_spinner=False)
def polygons() -> dict[str, Any]:
    """Read the areas' polygons and Marka's, GeoJSON in EPSG:25832."""
    return area_polygons()


@st.cache_data(max_entries=1, show_spinner=False)
def key_figures() -> tuple[Figure, ...]:
    """Compute the model's key figures beside the published ones."""
    from grid.arrays import region_arrays  # noqa: PLC0415 -- likewise
    from grid.calibration import key_figures as grid_figures  # noqa: PLC0415 -- likewise
    from sim.plan import CACHE  # noqa: PLC0415 -- likewise

    arrays = region_arrays(region(), CACHE)
    return (*demand_figures(region()), *grid_figures(region(), arrays))


@st.cache_data(max_entries=1, show_spinner=False)
def scenarios() -> dict[str, Scenario]:
    """Read the crises of the library."""
    return {name: load_scenario(name) for name in list_scenarios()}


@st.cache_data(max_entries=1, show_spinner=False)
def measures() -> dict[str, Measure]:
    """Read the measures of the library."""
    return {name: load_measure(name) for name in list_measures()}


@st.cache_data(max_entries=1, show_spinner=False)
def portfolios() -> dict[str, Portfolio]:
    """Read the portfolios of the library, the baseline first."""
    return {name: load_portfolio(name) for name in list_portfolios()}


@st.cache_data(max_entries=1, show_spinner=False)
def orders() -> dict[str, Portfolio]:
    """Read the portfolios of the library that differ in the order of repairs."""
    return {name: load_portfolio(name) for name in list_orders()}


@st.cache_data(max_entries=1, show_spinner=False)
def measure_costs() -> dict[str, tuple[float, float, dict[str, float]]]:
    """Investment [MNOK], yearly cost [MNOK/yr] and quantities of each measure alone."""
    costs = {}
    for name, measure in measures().items():
        applied = apply(region(), [measure])
        costs[name] = (
            applied.investment_mnok,
            applied.annual_cost_mnok,
            applied.quantities.get(name, {}),
        )
    return costs


@st.cache_data(max_entries=1, show_spinner=False)
def portfolio_costs() -> dict[str, tuple[float, float]]:
    """Investment [MNOK] and yearly cost [MNOK/yr] of each portfolio."""
    library = measures()
    costs = {}
    for name, portfolio in portfolios().items():
        applied = apply(region(), [library[m] for m in portfolio.measures])
        costs[name] = (applied.investment_mnok, applied.annual_cost_mnok)
    return costs


def stamp(run: Run) -> str:
    """Key of what is finished of a run: changes when more is."""
    finished = sum(
        run.finished(scenario, portfolio)
        for scenario in run.manifest.scenarios
        for portfolio in run.manifest.portfolios
    )
    return f"{run.manifest.created} {finished}"


@st.cache_data(max_entries=8, show_spinner=False)
def comparison(folder: str, scenario: str, stamp: str) -> Comparison:  # noqa: ARG001 -- cache key
    """Compare the portfolios of a run."""
    return compare(open_run(Path(folder)), scenario)


@st.cache_data(max_entries=8, show_spinner=False)
def metrics(folder: str, scenario: str, stamp: str) -> xr.Dataset:  # noqa: ARG001 -- cache key
    """Read the single figures of a run."""
    return open_run(Path(folder)).metrics(scenario)


@st.cache_data(max_entries=4, show_spinner=False)
def curves(folder: str, scenario: str, stamp: str) -> xr.Dataset:  # noqa: ARG001 -- cache key
    """Read the region-wide hourly curves of a run."""
    return open_run(Path(folder)).curves(scenario)


@st.cache_data(max_entries=8, show_spinner=False)
def areas(folder: str, scenario: str, stamp: str) -> xr.Dataset:  # noqa: ARG001 -- cache key
    """Read the sums per area of a run."""
    return open_run(Path(folder)).areas(scenario)


@st.cache_data(max_entries=16, show_spinner=False)
def mean_per_area(
    folder: str,
    scenario: str,
    portfolio: str,
    variable: str,
    stamp: str,  # noqa: ARG001 -- cache key
) -> FloatArray:
    """Mean over replications of an hourly series; shape (time, area)."""
    series = open_run(Path(folder)).series(scenario, [variable])[variable]
    values = series.sel(portfolio=portfolio).transpose("replication", "time", "area")
    return np.asarray(values.to_numpy().mean(axis=0, dtype=np.float64))


@st.cache_data(max_entries=16, show_spinner=False)
def area_series(
    folder: str,
    scenario: str,
    area: str,
    variables: tuple[str, ...],
    stamp: str,  # noqa: ARG001 -- cache key
) -> xr.Dataset:
    """Hourly series of one area; dims portfolio, replication, time."""
    run = open_run(Path(folder))
    parts = [run.series(scenario, [name]).sel(area=area, drop=True) for name in variables]
    return xr.merge(parts, join="exact", compat="equals")


@st.cache_resource(max_entries=8, show_spinner=False)
def course(
    folder: str,
    scenario: str,
    portfolio: str,
    replication: int,
    stamp: str,  # noqa: ARG001 -- cache key
) -> RecordedCourse:
    """Read what happened in one replication: events, states and stocks."""
    return open_run(Path(folder)).course(scenario, portfolio, replication)


@st.cache_resource(max_entries=len(LANGUAGES), show_spinner=False)
def names(lang: str) -> Names:
    """Name what events, states and stocks are about, in one language."""
    return read_names(region(), read_texts(lang))


@st.cache_resource(max_entries=1, show_spinner=False)
def edges() -> tuple[Edge, ...]:
    """Read what hangs on what in the region."""
    return all_edges(region())
