"""Region + Portfolio -> Region', with what was built and what it costs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from data.problems import InputError
from data.region import Region
from data.tables import Table, positions
from scenarios.action_kinds import (
    Crews,
    DataSharing,
    NeighbourhoodBatteries,
    SiteBackup,
    SmartCharging,
    TelecomBackup,
    Underground,
)
from scenarios.read import check_measure
from scenarios.schema import Measure, Restoration

AnyTable = TypeVar("AnyTable", bound=Table)

DISCOUNT_RATE = 0.04
"""Real rate of return for public measures up to 40 years.

Ministry of Finance circular R-109/2021, section 5.2 (recalled, not read again).
"""

FUEL_M3_PER_MWH = 0.27
"""Diesel per energy delivered, 0.27 litre/kWh (measures_costs: well known)."""


USUAL = Restoration()
"""Order of repairs of a portfolio that names none: critical megawatts per hour of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A region with a portfolio applied.

    Attributes
    ----------
    region : Region
        The baseline itself when there are no measures.
    quantities : dict
        What each measure builds, by the names ``Cost.of`` uses.
    investment_mnok, annual_cost_mnok : float
        Investment, and annuity plus yearly cost. [MNOK], [MNOK/yr]
    restoration : Restoration
        In which order faults are repaired.
    """

    region: Region
    quantities: dict[str, dict[str, float]]
    investment_mnok: float
    annual_cost_mnok: float
    restoration: Restoration


def annuity(rate: float, lifetime_yr: float) -> float:
    """Share of an investment paid each year over its lifetime. [1/yr]."""
    return 1.0 / lifetime_yr if rate == 0.0 else rate / (1.0 - (1.0 + rate) ** -lifetime_yr)


def apply(region: Region, measures: Sequence[Measure], restoration: Restoration = USUAL) -> Applied:
    """Apply measures in order of their identifiers, so that listing order is no input.

    Parameters
    ----------
    region : Region
        Not changed.
    measures : sequence of Measure
        May be empty: the same region comes back.
    restoration : Restoration
        In which order faults are repaired, handed on as it is.

    Raises
    ------
    InputError
        If a measure names something the region has not.
    """
    measures = sorted(measures, key=lambda measure: measure.id)
    problems = [p for measure in measures for p in check_measure(measure, region)]
    if problems:
        raise InputError(problems)
    quantities: dict[str, dict[str, float]] = {}
    investment = 0.0
    yearly = 0.0
    for measure in measures:
        built: Counter[str] = Counter()
        for action in measure.actions:
            region, more = _act(region, action)
            built.update(more)
        quantities[measure.id] = dict(built)
        for cost in measure.costs:
            amount = built[cost.of]
            investment += amount * cost.investment_nok
            yearly += amount * (
                cost.investment_nok * annuity(DISCOUNT_RATE, cost.lifetime_yr) + cost.yearly_nok
            )
    return Applied(
        region=region,
        quantities=quantities,
        investment_mnok=investment / 1e6,
        annual_cost_mnok=yearly / 1e6,
        restoration=restoration,
    )


def _act(region: Region, action: object) -> tuple[Region, dict[str, float]]:
    for kind, act in _ACTS:
        if isinstance(action, kind):
            return act(region, action)
    raise TypeError(type(action).__name__)


def add_crews(region: Region, action: Crews) -> tuple[Region, dict[str, float]]:
    """Add crews to every distribution depot and promised help, spread evenly."""
    depots = region.depots
    distribution = depots.skill == "distribution"
    crews = depots.crews + np.where(distribution, action.added_per_depot, 0)
    region = replace(region, depots=replace(depots, crews=crews))
    names = depots.depot_id[distribution]
    shares = np.full(len(names), action.aid_crews // max(len(names), 1))
    shares[: action.aid_crews - int(shares.sum())] += 1
    aid = region.mutual_aid
    new = shares > 0
    if new.any():
        added = {
            "aid_id": np.array(
                [f"aid-{row}-{name}" for row, name in enumerate(names[new], start=len(aid) + 1)]
            ),
            "depot_id": names[new],
            "arrives_h": np.full(int(new.sum()), action.aid_arrives_h),
            "crews": shares[new],
        }
        aid = _append(aid, added)
    return replace(region, mutual_aid=aid), {
        "crew": float(action.added_per_depot * int(distribution.sum())),
        "aid_crew": float(action.aid_crews),
    }


def underground(region: Region, action: Underground) -> tuple[Region, dict[str, float]]:
    """Replace overhead line by cable, section by section, until the length is used.

    Sections are ranked by what a fault costs in customers times how likely wind makes
    it: customers of the feeder times forest share. The last section is replaced in
    part. Reserve connections and switches stay as they are.
    """
    sections = region.sections
    feeder = positions(region.feeders.feeder_id, sections.feeder_id)
    rank = region.feeders.customers[feeder] * sections.forest_share
    order = np.lexsort((sections.section_id, -rank))
    length = sections.overhead_km[order]
    before = np.cumsum(length) - length
    replaced = np.zeros_like(length)
    replaced[order] = np.clip(action.overhead_km - before, 0.0, length)
    cable = replaced * action.cable_per_overhead
    changed = replace(
        sections,
        overhead_km=sections.overhead_km - replaced,
        cable_km=sections.cable_km + cable,
    )
    return replace(region, sections=changed), {"cable_km": float(cable.sum())}


def telecom_backup(region: Region, action: TelecomBackup) -> tuple[Region, dict[str, float]]:
    """Raise the reinforced share and the battery hours, never lower them."""
    telecom = region.telecom
    share = np.maximum(telecom.reinforced_share, action.reinforced_share)
    count = (share - telecom.reinforced_share) * telecom.base_stations
    changed = replace(
        telecom,
        reinforced_share=share,
        reinforced_h=np.maximum(telecom.reinforced_h, action.reinforced_h),
        battery_h=np.maximum(telecom.battery_h, action.battery_h),
    )
    longer = (changed.battery_h > telecom.battery_h) * (1.0 - share) * telecom.base_stations
    return replace(region, telecom=changed), {
        "base_station": float(count.sum()),
        "battery_base_station": float(longer.sum()),
    }


def site_backup(region: Region, action: SiteBackup) -> tuple[Region, dict[str, float]]:
    """Give sites of the kinds named a genset, or more fuel where they have one."""
    backups = region.backups
    at = positions(region.sites.site_id, backups.site_id)
    chosen = np.isin(region.sites.kind[at], action.site_kinds)
    load_kw = region.sites.load_mw[at] * 1e3
    new_kw = np.where(chosen, (1.0 - backups.genset_share) * load_kw, 0.0)
    had_none = chosen & (backups.genset_share == 0.0)
    # A tank lasts ``fuel_h`` at the share of the load its genset carries.
    fuel_h = np.where(chosen, np.maximum(backups.fuel_h, action.fuel_h), backups.fuel_h)
    more_h = np.where(chosen, fuel_h - backups.genset_share * backups.fuel_h, 0.0)
    failure = np.where(
        had_none,
        action.start_failure_probability,
        np.minimum(backups.start_failure_probability, action.start_failure_probability),
    )
    changed = replace(
        backups,
        ups_h=np.where(chosen, np.maximum(backups.ups_h, action.ups_h), backups.ups_h),
        genset_share=np.where(chosen, 1.0, backups.genset_share),
        gensets=np.where(chosen, np.maximum(backups.gensets, 1), backups.gensets),
        gensets_needed=np.where(
            chosen, np.maximum(backups.gensets_needed, 1), backups.gensets_needed
        ),
        start_failure_probability=np.where(chosen, failure, backups.start_failure_probability),
        fuel_h=fuel_h,
        refuelled=backups.refuelled | (chosen & action.refuelled),
    )
    fuel_m3 = float((more_h * load_kw / 1e3).sum() * FUEL_M3_PER_MWH)
    return replace(region, backups=changed), {
        "genset_kw": float(new_kw.sum()),
        "fuel_m3": fuel_m3,
    }


def neighbourhood_batteries(
    region: Region, action: NeighbourhoodBatteries
) -> tuple[Region, dict[str, float]]:
    """Place batteries at the sections with most customers and no reserve connection.

    A feeder counts as without reserve when none of its sections has one; when such
    sections run out, sections of the other feeders follow. Among each, sections with
    overhead line come first, by customers. A section holds one battery.
    """
    sections = region.sections
    feeder = positions(region.feeders.feeder_id, sections.feeder_id)
    has_reserve = np.zeros(len(region.feeders), dtype=bool)
    np.logical_or.at(has_reserve, feeder, sections.reserve != "none")
    taken = np.isin(sections.section_id, region.storage.section_id)
    order = np.lexsort(
        (
            sections.section_id,
            -sections.customers * (sections.overhead_km > 0.0),
            has_reserve[feeder],
        )
    )
    chosen = np.sort(order[~taken[order]][: action.count])
    count = len(chosen)
    if not count:
        return region, {}
    added = {
        "storage_id": np.array([f"battery-{name}" for name in sections.section_id[chosen]]),
        "section_id": sections.section_id[chosen],
        "p_mw": np.full(count, action.p_mw),
        "e_mwh": np.full(count, action.e_mwh),
        "efficiency": np.full(count, action.efficiency),
        "islandable": np.ones(count, dtype=bool),
    }
    storage = _append(region.storage, added)
    return replace(region, storage=storage), {
        "battery": float(count),
        "battery_mw": count * action.p_mw,
        "battery_mwh": count * action.e_mwh,
    }


def smart_charging(region: Region, action: SmartCharging) -> tuple[Region, dict[str, float]]:
    """Raise the controlled share of charging, never lower it."""
    ev = region.ev_charging
    share = np.maximum(ev.smart_share, action.smart_share)
    cars = (share - ev.smart_share) * ev.electric_cars
    return replace(region, ev_charging=replace(ev, smart_share=share)), {"car": float(cars.sum())}


def data_sharing(region: Region, action: DataSharing) -> tuple[Region, dict[str, float]]:
    """Raise how much owners of infrastructure share, never lower it."""
    constants = region.constants
    value = constants.value.copy()
    at = np.flatnonzero(constants.key == "data_sharing")
    value[at] = np.maximum(value[at], action.level)
    return replace(region, constants=replace(constants, value=value)), {"plan": 1.0}


def _append(table: AnyTable, added: Mapping[str, Any]) -> AnyTable:
    """Add rows at the end, never between, so that streams of random numbers keep their order."""
    count = len(next(iter(added.values())))
    provenance = {"source": "measure", "quality": "estimated", "origin": "E"}
    values = {name: np.full(count, value) for name, value in provenance.items()} | dict(added)
    return replace(
        table,
        **{name: np.concatenate([getattr(table, name), value]) for name, value in values.items()},
    )


_ACTS: tuple[tuple[type, Callable[[Region, Any], tuple[Region, dict[str, float]]]], ...] = (
    (Crews, add_crews),
    (Underground, underground),
    (TelecomBackup, telecom_backup),
    (SiteBackup, site_backup),
    (NeighbourhoodBatteries, neighbourhood_batteries),
    (SmartCharging, smart_charging),
    (DataSharing, data_sharing),
)
