"""Worked examples of backup power and resilience curves, for the reference cases.

Cases 08 (backup timeline) and 10 (resilience metrics) through the product's code.
"""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from sim.backup.backup import Backup
from sim.backup.plant import BackupPlant
from sim.metrics import people_affected, service_availability
from sim.reference.queues import Result
from sim.resilience import (
    linear_area_lost,
    linear_time_to_level_h,
    linear_trapezoid,
    resilience_index,
    step_area_lost,
)


def backup_case(folder: Path) -> dict[str, Result]:
    """Run reference case 08: UPS, genset, fuel and refuelling, event by event.

    Parameters
    ----------
    folder : Path
        Holds ``input.json`` with plant and timeline.

    Returns
    -------
    dict of Result
        Each event's time and state, and the sums.
    """
    given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    plant = BackupPlant(
        load_kw=given["load_kw"],
        battery_kwh=given["battery_kwh"],
        discharge_efficiency=given["discharge_efficiency"],
        charge_efficiency=given["charge_efficiency"],
        charger_kw=given["charger_kw"],
        units=1,
        units_needed=1,
        start_delay_h=given["start_delay_h"],
        fuel_idle_l_per_h=given["fuel_idle_l_per_h"],
        fuel_l_per_kwh=given["fuel_l_per_kwh"],
        tank_l=given["tank_l"],
    )
    flips: list[tuple[float, float]] = []
    env = simpy.Environment()
    backup = Backup(env, plant, on_change=lambda t_h, _, served: flips.append((t_h, served)))

    def timeline() -> Generator[simpy.Event, Any, None]:
        yield env.timeout(given["grid_lost_h"])
        backup.grid_lost()
        yield env.timeout(given["fuel_delivered_h"] - env.now)
        backup.deliver_fuel(given["fuel_delivered_l"])
        yield env.timeout(given["grid_back_h"] - env.now)
        backup.grid_back()

    env.process(timeline())
    env.run()
    found = {"events": float(len(backup.events))}
    for number, event in enumerate(backup.events, start=1):
        found[f"{number} {event.what}/t_h"] = event.t_h
        found[f"{number} {event.what}/battery_kwh"] = event.battery_kwh
        found[f"{number} {event.what}/fuel_l"] = event.fuel_l
    lost_h = next(t_h for t_h, served in flips if not served)
    back_h = next(t_h for t_h, served in flips if served)
    found |= {
        "load_lost_from_h": lost_h,
        "load_back_h": back_h,
        "outage_h": back_h - lost_h,
        "ens_kwh": backup.ens_kwh,
        "fuel_left_l": backup.fuel_l,
        "ups_alone_h": plant.ups_h,
        "genset_run_h": backup.genset_run_h,
    }
    return {quantity: Result(value=value) for quantity, value in found.items()}


def metrics_case(folder: Path) -> dict[str, Result]:
    """Run reference case 10: resilience curves, service availability, people affected.

    Parameters
    ----------
    folder : Path
        Holds ``input.json`` with curves and tables.

    Returns
    -------
    dict of Result
        Keyed ``example/quantity``.
    """
    given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    found = _curves(given) | _services(given)
    return {quantity: Result(value=value) for quantity, value in found.items()}


def _curves(given: dict[str, Any]) -> dict[str, float]:
    triangle, trapezoid, steps = given["triangle"], given["trapezoid"], given["steps"]
    t_h, level = np.array(triangle["curve"], dtype=np.float64).T
    triangle_area = linear_area_lost(t_h, level, triangle["nominal"])
    found = {
        "triangle/loss_percent_h": triangle_area,
        "triangle/resilience_index": resilience_index(
            triangle_area, triangle["horizon_h"], triangle["nominal"]
        ),
    }
    t_h, level = np.array(trapezoid["curve"], dtype=np.float64).T
    fitted = linear_trapezoid(t_h, level)
    found |= {
        "trapezoid/phi_percent_per_h": float(fitted.phi_per_h),
        "trapezoid/lambda_percent": float(fitted.lambda_),
        "trapezoid/e_h": float(fitted.e_h),
        "trapezoid/pi_percent_per_h": float(fitted.pi_per_h),
        "trapezoid/loss_percent_h": linear_area_lost(t_h, level, trapezoid["nominal"]),
        "trapezoid/area_percent_h": -linear_area_lost(t_h, level, nominal=0.0),
    }
    t_h, level = np.array(steps["curve"], dtype=np.float64).T
    stepped = step_area_lost(t_h, level, steps["horizon_h"], steps["nominal"])
    found |= {
        "steps/loss_percent_h": float(stepped),
        "steps/loss_if_linear_percent_h": linear_area_lost(t_h, level, steps["nominal"]),
    }
    return found | _exponential(given["exponential"])


def _exponential(given: dict[str, float]) -> dict[str, float]:
    def sampled(end_h: float) -> tuple[Any, Any]:
        t_h = np.linspace(0.0, end_h, round(end_h / given["step_h"]) + 1)
        return t_h, given["nominal"] - given["depth"] * np.exp(-t_h / given["time_constant_h"])

    t_h, level = sampled(given["horizon_h"])
    long_t_h, long_level = sampled(given["long_horizon_h"])
    return {
        "exponential/loss_percent_h_until_72_h": linear_area_lost(t_h, level, given["nominal"]),
        "exponential/loss_percent_h": linear_area_lost(long_t_h, long_level, given["nominal"]),
        "exponential/level_at_24_h_percent": float(np.interp(given["at_h"], t_h, level)),
        "exponential/time_to_90_percent_h": linear_time_to_level_h(t_h, level, given["target"]),
    }


def _services(given: dict[str, Any]) -> dict[str, float]:
    service, hit = given["service_availability"], given["people_affected"]
    points = list(service["expected_demand"])
    expected = np.array([service["expected_demand"][point] for point in points], dtype=np.float64)
    served = np.array([service["served"][point] for point in points], dtype=np.float64)
    found: dict[str, float] = {}
    for point, row, total in zip(
        points,
        service_availability(expected, served),
        service_availability(expected, served, axis=1),
        strict=True,
    ):
        found |= {f"service_availability/{point}_{k}": float(v) for k, v in enumerate(row)}
        found[f"service_availability/{point}"] = float(total)
    by_time = service_availability(expected, served, axis=0)
    found |= {f"service_availability/time_{k}": float(v) for k, v in enumerate(by_time)}
    affected = people_affected(
        np.array(hit["people"], dtype=np.float64), np.array(hit["availability"]), hit["threshold"]
    )
    return found | {f"people_affected/{k}": float(v) for k, v in enumerate(affected)}
