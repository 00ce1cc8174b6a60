"""What the security page computes, cached by region and choice; every cache has a bound.

Everything cached is immutable, so it is shared and not copied.
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from data.tables import BoolArray, FloatArray
from grid.security.scan import security_scan
from grid.security.scan_bench import ScanBench
from grid.security.scan_outages import named_outages
from grid.security.scan_rates import part_rates
from grid.security.scan_result import Contingency, SecurityScan
from grid.study import GridStudy, region_study
from sim.plan import CACHE
from ui import reading

SCOPES = ("n1", "n1_all", "n2")
"""Lines and transformers; sources and buses as well; every pair of lines and transformers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """The grid after one outage, when all is done.

    Attributes
    ----------
    contingency : Contingency
    in_service : ndarray of bool, shape (branch,)
        Neither out nor tripped.
    dark : ndarray of bool, shape (bus,)
        Without voltage.
    loading : ndarray, shape (branch,)
        [1]
    """

    contingency: Contingency
    in_service: BoolArray
    dark: BoolArray
    loading: FloatArray


def study() -> GridStudy:
    """Take the built-in region's grid at the winter peak."""
    return _study(reading.region().input_hash)


def scan(scope: str, chosen: tuple[str, ...]) -> SecurityScan:
    """Scan the built-in region's grid, with one set of parts chosen besides."""
    return _scan(reading.region().input_hash, scope, chosen)


def aftermath(part_ids: tuple[str, ...]) -> Aftermath | None:
    """Solve one outage; None when there is no solution."""
    return _aftermath(reading.region().input_hash, part_ids)


@st.cache_resource(max_entries=1, show_spinner=False)
def _study(region_hash: str) -> GridStudy:  # noqa: ARG001 -- cache key
    return region_study(reading.region(), CACHE)


@st.cache_resource(max_entries=1, show_spinner=False)
def _bench(region_hash: str) -> ScanBench:
    return ScanBench(_study(region_hash))


@st.cache_resource(max_entries=6, show_spinner=False)
def _scan(region_hash: str, scope: str, chosen: tuple[str, ...]) -> SecurityScan:
    return security_scan(
        _study(region_hash),
        order=2 if scope == "n2" else 1,
        chosen=[chosen] if chosen else [],
        sources=scope == "n1_all",
        buses=scope == "n1_all",
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _aftermath(region_hash: str, part_ids: tuple[str, ...]) -> Aftermath | None:
    grid = _study(region_hash)
    (outage,) = named_outages(grid, [part_ids])
    found, state = _bench(region_hash).examine(outage, part_rates(grid, outage))
    if state is None:
        return None
    loading = np.abs(state.flow_mw[0]) / grid.arrays.rating_mw
    return Aftermath(
        contingency=found, in_service=state.in_service, dark=state.dark, loading=loading
    )
