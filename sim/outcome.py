"""What one replication gives: hourly arrays, single figures and the event log."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.region import SECTORS
from data.tables import FloatArray

SERVICES = ("electricity", "heat", "water", "telecom")
"""Services people lose, in the order of every array with a service dimension."""

BALANCE_TOL = 1e-6
"""Largest energy balance residual allowed, as a share of demand (docs/model.md)."""

SHARE_TOL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure of a replication: its unit and which way is better."""

    name: str
    unit: str
    better: Literal["lower", "higher"] = "lower"


METRICS = (
    Metric(name="ens_mwh", unit="MWh"),
    Metric(name="kile_mnok", unit="MNOK"),
    Metric(name="person_h_electricity", unit="person h"),
    Metric(name="person_h_heat", unit="person h"),
    Metric(name="person_h_water", unit="person h"),
    Metric(name="person_h_telecom", unit="person h"),
    Metric(name="function_loss_h", unit="h"),
    Metric(name="function_loss_weighted_h", unit="h"),
    Metric(name="t_95_h", unit="h"),
    Metric(name="t_50_h", unit="h"),
    Metric(name="t_80_h", unit="h"),
    Metric(name="t_100_h", unit="h"),
    Metric(name="peak_persons_electricity", unit="persons"),
    Metric(name="saidi_h", unit="h"),
    Metric(name="saifi", unit="1"),
    Metric(name="caidi_h", unit="h"),
    Metric(name="phi_per_h", unit="1/h", better="higher"),
    Metric(name="lambda_", unit="1"),
    Metric(name="e_h", unit="h"),
    Metric(name="pi_per_h", unit="1/h", better="higher"),
    Metric(name="area_lost_h", unit="h"),
    Metric(name="failures", unit="1"),
    Metric(name="crew_busy_h", unit="crew h"),
    Metric(name="battery_mwh", unit="MWh", better="higher"),
    Metric(name="cold_load_mwh", unit="MWh"),
)
"""Every figure kept per replication; formulas and sources stand in ``sim.metrics``."""


EVENTS = (
    "section_failed",
    "section_isolated",
    "section_repaired",
    "branch_failed",
    "branch_repaired",
    "overload_trip",
    "overload_relieved",
    "overload_reclosed",
    "substation_dark",
    "substation_live",
    "crew_arrived",
    "battery_empty",
    "base_stations_down",
    "local_tank_empty",
    "fuel_ordered",
    "fuel_delivered",
    "fuel_empty",
    "genset_failed",
    "site_feed_lost",
    "site_feed_back",
    "site_lost",
    "site_weakened",
    "site_partly_back",
    "site_back",
    "stock_empty",
)
"""Every kind of event; the text catalogues have a name for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the event log: time, what, where and why.

    Attributes
    ----------
    t_h : float
        Hours since the scenario's start.
    what : str
        Stable name of the kind of event, one of ``EVENTS``.
    asset_id : str
        The asset, site or service it happened to.
    area_id : str
        Where; empty when the asset is outside the areas.
    cause : str
        What caused it, naming the asset or hazard behind it.
    """

    t_h: float
    what: str
    asset_id: str
    area_id: str
    cause: str

    def __post_init__(self) -> None:
        if self.what not in EVENTS:
            raise ValueError(f"{self.what} is not a kind of event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One replication of one scenario under one portfolio.

    Attributes
    ----------
    replication : int
        Number of the sampled course; the same number meets the same storm.
    unserved_mw : ndarray, shape (time, area, sector)
        Mean power not supplied in each hour. [MW]
    persons_without : ndarray, shape (time, area, service)
        Mean number of persons without each of ``SERVICES``. [persons]
    function_level : ndarray, shape (time, area, function)
        Mean service level of each critical function, 0 to 1.
    area_kile_mnok : ndarray, shape (area,)
        Cost of energy not supplied. [MNOK]
    metrics : dict
        Value of each of ``METRICS``.
    events : tuple of Event
        The log in order of time.
    balance_residual : float
        Largest difference between power fed in and power served, and between the
        grid's and the areas' account of what was not served, as a share of demand.
    """

    replication: int
    unserved_mw: FloatArray
    persons_without: FloatArray
    function_level: FloatArray
    area_kile_mnok: FloatArray
    metrics: dict[str, float]
    events: tuple[Event, ...]
    balance_residual: float

    def __post_init__(self) -> None:
        if self.unserved_mw.shape[2] != len(SECTORS):
            raise ValueError("unserved_mw must have one column a sector")
        for name in ("unserved_mw", "persons_without", "function_level"):
            values = getattr(self, name)
            if not np.isfinite(values).all() or values.min(initial=0.0) < -SHARE_TOL:
                raise ValueError(f"{name} must be finite and not negative")
        if self.function_level.max(initial=0.0) > 1.0 + SHARE_TOL:
            raise ValueError("function_level must not exceed 1")
        if self.balance_residual > BALANCE_TOL:
            raise ValueError(
                f"energy balance residual {self.balance_residual:.3g} exceeds {BALANCE_TOL:g}"
            )
        missing = {m.name for m in METRICS} - set(self.metrics)
        if missing:
            raise ValueError(f"metrics without value: {sorted(missing)}")
