"""Feeder tables -> a radial system, with every default that was used."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from data.kile_costs import corrections, reference_over_mean, region_cost_functions
from data.region import KILE_GROUPS, Region
from data.tables import BoolArray, FloatArray, IntArray, StrArray
from grid.reliability.indices import KileCosts
from grid.reliability.radial import Branches, Loads, RadialSystem, Ties, radial_system
from grid.reliability.read import FeederTables
from grid.reliability.tables import DEFAULTS

KW_PER_MW = 1e3
DAYS_OF_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
LAST_PRIORITY = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultUsed:
    """A figure of the program's own that stands where the tables have none.

    Attributes
    ----------
    name, unit, source : str
    value : float
    rows : int
        Number of rows it stands in.
    """

    name: str
    value: float
    unit: str
    source: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Feeders ready to be computed.

    Attributes
    ----------
    tables : FeederTables
    system : RadialSystem
        Load points in the order of the table.
    kile : KileCosts
    feeders : int
        Sections that leave a busbar.
    defaults : tuple of DefaultUsed
    """

    tables: FeederTables
    system: RadialSystem
    kile: KileCosts
    feeders: int
    defaults: tuple[DefaultUsed, ...]


class _Figures:
    """Figures of ``parameters.csv`` or of the program, counting where the latter stand."""

    def __init__(self, tables: FeederTables) -> None:
        own = tables.parameters
        self.own = dict(zip(own.name.tolist(), own.value.tolist(), strict=True))
        self.used: dict[str, int] = {}

    def value(self, name: str, rows: int) -> float:
        """Give a figure that stands in so many rows."""
        if name in self.own:
            return float(self.own[name])
        if rows:
            self.used[name] = self.used.get(name, 0) + rows
        return DEFAULTS[name].value

    def fill(self, values: FloatArray, where: BoolArray, name: str) -> FloatArray:
        """Put a figure where a value is missing and ``where`` holds."""
        missing = np.isnan(values) & where
        return np.where(missing, self.value(name, int(missing.sum())), values)


def feeder_study(tables: FeederTables, region: Region) -> Study:
    """Build the radial system of feeder tables.

    Every busbar is a branch that never fails, every section one, and every distribution
    transformer one at its load point. A breaker, fuse or disconnector that failed to
    clear can still be opened by hand in its switching time.

    Parameters
    ----------
    tables : FeederTables
        From `read_feeders`.
    region : Region
        Its KILE tables price interruptions.

    Returns
    -------
    Study
    """
    figures = _Figures(tables)
    sections, points = tables.sections, tables.load_points
    busbars = len(tables.busbars)
    has_transformer: BoolArray = np.isin(points.transformer, ("repair", "replace"))
    owner = np.flatnonzero(has_transformer)
    ending = {node: row for row, node in enumerate(tables.busbars.node.tolist())}
    ending |= {node: row for row, node in enumerate(sections.to_node.tolist(), start=busbars)}
    at_node = np.array([ending[node] for node in points.node.tolist()], dtype=np.int64)
    is_remote: BoolArray = np.isin(sections.device, ("remote_disconnector", "breaker"))
    parent = np.array([ending[node] for node in sections.from_node.tolist()], dtype=np.int64)
    is_switched: BoolArray = sections.device != "none"
    switching = figures.fill(sections.switching_h, is_switched & is_remote, "remote_switching_h")
    switching = figures.fill(switching, is_switched & ~is_remote, "manual_switching_h")
    rate, repair_h = _section_failures(tables, figures)
    fuse = points.transformer_device[owner] == "fuse"
    disconnector = points.transformer_device[owner] == "disconnector"
    by_hand = figures.value("manual_switching_h", int((fuse | disconnector).sum()))
    stuck = figures.fill(sections.p_device_fails, sections.device == "breaker", "p_breaker_fails")
    stuck = figures.fill(stuck, sections.device == "fuse", "p_fuse_fails")
    fuse_stuck = figures.fill(points.p_transformer_device_fails[owner], fuse, "p_fuse_fails")
    transformer_rate, transformer_h = _transformer_failures(tables, figures, owner)
    # The busbar's own breaker matters only if a feeder's may fail.
    remote_h = figures.value("remote_switching_h", busbars if (stuck > 0.0).any() else 0)
    branches = Branches(
        name=np.concatenate(
            [
                np.char.add("busbar ", tables.busbars.node),
                np.char.add("section ", sections.section_id),
                np.char.add("transformer of ", points.load_point_id[owner]),
            ]
        ),
        parent=np.concatenate([np.full(busbars, -1), parent, at_node[owner]]).astype(np.int64),
        has_device=np.concatenate([np.ones(busbars, bool), is_switched, fuse | disconnector]),
        is_protective=np.concatenate(
            [np.ones(busbars, bool), np.isin(sections.device, ("breaker", "fuse")), fuse]
        ),
        p_stuck=np.nan_to_num(np.concatenate([np.zeros(busbars), stuck, fuse_stuck])),
        switching_h=np.nan_to_num(
            np.concatenate([np.full(busbars, remote_h), switching, np.full(len(owner), by_hand)])
        ),
        failure_rate_per_yr=np.concatenate([np.zeros(busbars), rate, transformer_rate]),
        repair_h=np.concatenate([np.ones(busbars), repair_h, transformer_h]),
    )
    hangs_on = at_node.copy()
    hangs_on[owner] = busbars + len(sections) + np.arange(len(owner))
    loads = _loads(tables, figures, region, hangs_on, _distance_km(branches, tables)[hangs_on])
    system = radial_system(
        branches,
        loads,
        _ties(tables, figures, ending),
        repair_cv=figures.value("repair_cv", len(branches.name) - busbars),
    )
    return Study(
        tables=tables,
        system=system,
        kile=_kile_costs(region),
        feeders=int(np.isin(sections.from_node, tables.busbars.node).sum()),
        defaults=tuple(_defaults_used(figures.used)),
    )


def _section_failures(tables: FeederTables, figures: _Figures) -> tuple[FloatArray, FloatArray]:
    """Failure rate [1/yr] and repair time [h] of each section."""
    sections = tables.sections
    by_length: BoolArray = np.isnan(sections.failure_rate_per_yr)
    per_km, repair_h = sections.failure_rate_per_km_yr, sections.repair_h
    for kind in ("overhead", "cable"):
        own: BoolArray = sections.kind == kind
        per_km = figures.fill(per_km, own & by_length, f"{kind}_failure_rate_per_km_yr")
        repair_h = figures.fill(repair_h, own, f"{kind}_repair_h")
    return np.where(by_length, per_km * sections.length_km, sections.failure_rate_per_yr), repair_h


def _transformer_failures(
    tables: FeederTables, figures: _Figures, owner: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Failure rate [1/yr] and time out [h] of each transformer."""
    points = tables.load_points
    every = np.ones(len(owner), dtype=np.bool_)
    rate = figures.fill(
        points.transformer_failure_rate_per_yr[owner], every, "transformer_failure_rate_per_yr"
    )
    out_h = points.transformer_out_h[owner]
    for kind in ("repair", "replace"):
        own: BoolArray = points.transformer[owner] == kind
        out_h = figures.fill(out_h, own, f"transformer_{kind}_h")
    return rate, out_h


def _distance_km(branches: Branches, tables: FeederTables) -> FloatArray:
    """Way from the busbar to the far end of each branch. [km]."""
    own = np.zeros(len(branches.name))
    busbars = len(tables.busbars)
    own[busbars : busbars + len(tables.sections)] = np.nan_to_num(tables.sections.length_km)
    total = own.copy()
    above = branches.parent.copy()
    # Each round adds the way of twice as many branches upstream.
    while (above >= 0).any():
        total = total + np.where(above >= 0, total[above], 0.0)
        above = np.where(above >= 0, above[above], -1)
    return total


def _loads(
    tables: FeederTables,
    figures: _Figures,
    region: Region,
    branch: IntArray,
    distance_km: FloatArray,
) -> Loads:
    points = tables.load_points
    count = len(points)
    missing = np.isnan(points.peak_mw)
    peak_mw = np.where(
        missing,
        figures.value("peak_over_mean", int(missing.sum())) * points.mean_mw,
        points.peak_mw,
    )
    group = np.array(
        [KILE_GROUPS.index(name) if name else -1 for name in points.kile_group.tolist()],
        dtype=np.int64,
    )
    # Load at the reference time by the group's usual ratio, and never above the peak.
    usual_mw = np.minimum(reference_over_mean(region)[group] * points.mean_mw, peak_mw)
    reference_mw = np.where(np.isnan(points.kile_reference_mw), usual_mw, points.kile_reference_mw)
    priority = np.where(np.isnan(points.priority), LAST_PRIORITY, points.priority)
    return Loads(
        name=points.load_point_id,
        branch=branch,
        customers=np.nan_to_num(points.customers),
        mean_mw=points.mean_mw,
        peak_mw=peak_mw,
        priority=priority.astype(np.int64).reshape(count),
        distance_km=distance_km,
        kile_group=group,
        kile_reference_kw=reference_mw * KW_PER_MW,
    )


def _ties(tables: FeederTables, figures: _Figures, ending: dict[str, int]) -> Ties:
    ties = tables.ties
    every = np.ones(len(ties), dtype=np.bool_)
    is_remote: BoolArray = ties.control == "remote"
    switching = figures.fill(ties.switching_h, is_remote, "remote_switching_h")
    return Ties(
        name=ties.tie_id,
        branch=_ends(ties.node, ending),
        other=_ends(ties.to_node, ending),
        capacity_mw=np.where(np.isnan(ties.capacity_mw), np.inf, ties.capacity_mw),
        p_available=figures.fill(ties.p_available, every, "p_tie_available"),
        switching_h=figures.fill(switching, ~is_remote, "manual_switching_h"),
    )


def _ends(nodes: StrArray, ending: dict[str, int]) -> IntArray:
    """Branch that ends at each node, -1 where none is named."""
    return np.array([ending.get(node, -1) for node in nodes.tolist()], dtype=np.int64)


def _kile_costs(region: Region) -> KileCosts:
    """Cost functions, and their mean correction over a year.

    Failures come at any time alike, so month, weekday and hour are independent and the mean
    of the product is the product of the means.
    """
    table = corrections(region.kile_corrections)
    month = table.month @ (DAYS_OF_MONTH / DAYS_OF_MONTH.sum())
    return KileCosts(
        functions=region_cost_functions(region),
        correction=month * table.weekday.mean(axis=1) * table.hour.mean(axis=1),
    )


def _defaults_used(used: dict[str, int]) -> Iterable[DefaultUsed]:
    for name, known in DEFAULTS.items():
        if name in used:
            yield DefaultUsed(
                name=name,
                value=known.value,
                unit=known.unit,
                source=known.source,
                rows=used[name],
            )
