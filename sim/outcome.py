"""What one replication gives: hourly arrays, single figures and the event log."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.region import SECTORS
from data.tables import FloatArray
from sim.event_log import Event
from sim.state_log import State, StockPiece

SERVICES = (
    "electricity",
    "heat",
    "water",
    "telecom",
    "heat_18",
    "heat_10",
    "sewage",
    "fuel",
    "payment",
    "information",
)
"""Services people lose, in the order of every array with a service dimension.

``heat``, ``heat_18`` and ``heat_10`` are homes below the three limits; ``information`` is
people whom neither telephone nor a radio on batteries reaches.
"""

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
    Metric(name="person_h_heat_18", unit="person h"),
    Metric(name="person_h_heat_10", unit="person h"),
    Metric(name="person_h_sewage", unit="person h"),
    Metric(name="person_h_fuel", unit="person h"),
    Metric(name="person_h_payment", unit="person h"),
    Metric(name="person_h_information", unit="person h"),
    Metric(name="vulnerable_h_electricity", unit="person h"),
    Metric(name="vulnerable_h_heat", unit="person h"),
    Metric(name="vulnerable_h_water", unit="person h"),
    Metric(name="vulnerable_h_telecom", unit="person h"),
    Metric(name="vulnerable_h_heat_18", unit="person h"),
    Metric(name="vulnerable_h_heat_10", unit="person h"),
    Metric(name="vulnerable_peak_cold", unit="persons"),
    Metric(name="alarm_h", unit="alarm h"),
    Metric(name="home_care_h", unit="person h"),
    Metric(name="bed_h", unit="bed h"),
    Metric(name="care_place_h", unit="place h"),
    Metric(name="shelter_peak", unit="persons"),
    Metric(name="shelter_unmet_h", unit="person h"),
    Metric(name="emergency_water_unmet_h", unit="person h"),
    Metric(name="sewage_overflow_m3", unit="m3"),
    Metric(name="unreachable_charging_mwh", unit="MWh"),
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
        The log as it was noted: the course in order of time, then what the functions of
        the areas went through. Events name each other by position.
    states : tuple of State
        Assets, sites, services and functions while they are below normal.
    stocks : tuple of StockPiece
        Batteries, tanks and reservoirs while they run down.
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
    states: tuple[State, ...]
    stocks: tuple[StockPiece, ...]
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
