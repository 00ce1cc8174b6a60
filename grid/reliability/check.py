"""What valid feeder tables are beyond single cells: one function a rule."""

from collections.abc import Iterable

import numpy as np

from data.problems import Problem
from grid.reliability.check_tree import tree_problems
from grid.reliability.place import Place, similar
from grid.reliability.tables import (
    DEFAULTS,
    Busbars,
    LoadPoints,
    Parameters,
    Sections,
    TieTable,
)

# Estimates of what a medium-voltage feeder cannot be: beyond them the unit is wrong.
LONGEST_SECTION_KM = 200.0
HIGHEST_LOAD_MW = 100.0
HIGHEST_HOUSEHOLD_MW = 0.1

PROTECTIVE = ("breaker", "fuse")


def check_feeders(
    *,
    busbars: Busbars,
    sections: Sections,
    load_points: LoadPoints,
    ties: TieTable,
    parameters: Parameters,
    place: Place,
) -> list[Problem]:
    """Try every rule.

    Parameters
    ----------
    busbars, sections, load_points, ties, parameters
        Tables whose cells all read cleanly.
    place : Place

    Returns
    -------
    list of Problem
    """
    nodes = {*busbars.node.tolist(), *sections.from_node.tolist(), *sections.to_node.tolist()}
    return [
        *_empty_tables(busbars, sections, load_points),
        *_section_figures(sections, place),
        *_devices(busbars, sections, place),
        *tree_problems(busbars, sections, place),
        *_loads(load_points, nodes, place),
        *_transformers(load_points, place),
        *_ties(ties, nodes, place),
        *_parameters(parameters, place),
    ]


def _empty_tables(busbars: Busbars, sections: Sections, points: LoadPoints) -> Iterable[Problem]:
    for name, table in (("busbars", busbars), ("sections", sections), ("load_points", points)):
        if len(table) == 0:
            yield Problem("empty_table", f"{name}.csv", "no rows", "at least one row")


def _section_figures(sections: Sections, place: Place) -> Iterable[Problem]:
    for row in range(len(sections)):
        length, own = sections.length_km[row], sections.failure_rate_per_yr[row]
        has_kind = bool(sections.kind[row])
        if length <= 0.0:
            yield Problem(
                "zero_length",
                place("sections", row, "length_km"),
                float(length),
                "> 0 km",
                "Give the length, or leave it empty and fill failure_rate_per_yr.",
            )
        elif length > LONGEST_SECTION_KM:
            yield Problem(
                "implausible_length",
                place("sections", row, "length_km"),
                float(length),
                f"at most {LONGEST_SECTION_KM:g} km",
                f"Are these metres? Then write {length / 1e3:g}.",
            )
        if np.isnan(own) and np.isnan(length):
            yield Problem(
                "missing_rate",
                place("sections", row, "length_km"),
                "nothing",
                "length_km, or failure_rate_per_yr",
                "A section needs a length for its failure rate, or a rate of its own.",
            )
        elif np.isnan(own) and np.isnan(sections.failure_rate_per_km_yr[row]) and not has_kind:
            yield Problem(
                "missing_rate",
                place("sections", row, "failure_rate_per_km_yr"),
                "nothing",
                "a failure rate, or a kind (overhead, cable) that has one",
                "Fill kind for the default rate of its kind.",
            )
        if np.isnan(sections.repair_h[row]) and not has_kind:
            yield Problem(
                "missing_repair",
                place("sections", row, "repair_h"),
                "nothing",
                "a repair time, or a kind (overhead, cable) that has one",
                "Fill kind for the default repair time of its kind.",
            )
        elif sections.repair_h[row] <= 0.0:
            yield Problem(
                "zero_repair", place("sections", row, "repair_h"), 0.0, "> 0 h", "Give hours."
            )
        if sections.from_node[row] == sections.to_node[row]:
            yield Problem(
                "section_to_itself",
                place("sections", row, "to_node"),
                str(sections.to_node[row]),
                "another node than from_node",
                "Name the node at the far end.",
            )


def _devices(busbars: Busbars, sections: Sections, place: Place) -> Iterable[Problem]:
    live = set(busbars.node.tolist())
    for row in range(len(sections)):
        device = str(sections.device[row])
        if str(sections.from_node[row]) in live and device not in PROTECTIVE:
            yield Problem(
                "feeder_without_breaker",
                place("sections", row, "device"),
                device,
                "breaker or fuse where a feeder leaves the busbar",
                "Write breaker, or put the busbar where the breaker is.",
            )
        if sections.p_device_fails[row] > 0.0 and device not in PROTECTIVE:
            yield Problem(
                "device_cannot_fail",
                place("sections", row, "p_device_fails"),
                float(sections.p_device_fails[row]),
                f"empty for {device}",
                "Only breakers and fuses have a probability of failing to clear.",
            )


def _unknown_node(node: str, nodes: set[str], where: str) -> Problem:
    return Problem(
        "unknown_node",
        where,
        node,
        "a node of sections.csv or busbars.csv",
        similar(node, nodes) or "Correct the name, or add the section that ends there.",
    )


def _loads(points: LoadPoints, nodes: set[str], place: Place) -> Iterable[Problem]:
    for row in range(len(points)):
        node, customers = str(points.node[row]), float(points.customers[row])
        mean, peak = float(points.mean_mw[row]), float(points.peak_mw[row])
        if node not in nodes:
            yield _unknown_node(node, nodes, place("load_points", row, "node"))
        for column, value in (("customers", customers), ("priority", float(points.priority[row]))):
            if value % 1.0 > 0.0:
                yield Problem(
                    "not_whole",
                    place("load_points", row, column),
                    value,
                    "a whole number",
                    f"Write {round(value)}.",
                )
        if peak < mean:
            yield Problem(
                "mean_above_peak",
                place("load_points", row, "mean_mw"),
                mean,
                f"at most peak_mw, {peak:g} MW",
                f"Is it kW? Then write {mean / 1e3:g}; otherwise the two are swapped.",
            )
        for column, value in (("mean_mw", mean), ("peak_mw", peak)):
            per_customer = value / customers if customers > 0.0 else 0.0
            is_household = points.kile_group[row] == "household"
            if value > HIGHEST_LOAD_MW:
                allowed = f"at most {HIGHEST_LOAD_MW:g} MW at one load point"
            elif is_household and per_customer > HIGHEST_HOUSEHOLD_MW:
                allowed = f"at most {HIGHEST_HOUSEHOLD_MW:g} MW for each household"
            else:
                continue
            yield Problem(
                "implausible_load",
                place("load_points", row, column),
                value,
                allowed,
                f"Is it kW? Then write {value / 1e3:g}.",
            )


def _transformers(points: LoadPoints, place: Place) -> Iterable[Problem]:
    for row in range(len(points)):
        kind = str(points.transformer[row]) or "none"
        figures = (
            ("transformer_failure_rate_per_yr", points.transformer_failure_rate_per_yr),
            ("transformer_out_h", points.transformer_out_h),
            ("p_transformer_device_fails", points.p_transformer_device_fails),
        )
        for column, values in figures:
            if kind == "none" and not np.isnan(values[row]):
                yield Problem(
                    "no_transformer",
                    place("load_points", row, column),
                    float(values[row]),
                    "empty without a transformer",
                    "Write repair or replace in the column transformer.",
                )
        if kind != "none" and points.transformer_out_h[row] <= 0.0:
            yield Problem(
                "zero_repair",
                place("load_points", row, "transformer_out_h"),
                0.0,
                "> 0 h",
                "Give hours.",
            )
        fails = points.p_transformer_device_fails[row]
        if fails > 0.0 and points.transformer_device[row] != "fuse":
            yield Problem(
                "device_cannot_fail",
                place("load_points", row, "p_transformer_device_fails"),
                float(fails),
                "empty without a fuse",
                "Only a fuse has a probability of failing to clear.",
            )


def _ties(ties: TieTable, nodes: set[str], place: Place) -> Iterable[Problem]:
    for row in range(len(ties)):
        node, far = str(ties.node[row]), str(ties.to_node[row])
        for column, name in (("node", node), ("to_node", far)):
            if name and name not in nodes:
                yield _unknown_node(name, nodes, place("ties", row, column))
        if node == far:
            yield Problem(
                "tie_to_itself",
                place("ties", row, "to_node"),
                far,
                "another node, or empty for a supply outside the tables",
                "Name the node at the other side of the open point.",
            )
        if ties.capacity_mw[row] > HIGHEST_LOAD_MW:
            value = float(ties.capacity_mw[row])
            yield Problem(
                "implausible_capacity",
                place("ties", row, "capacity_mw"),
                value,
                f"at most {HIGHEST_LOAD_MW:g} MW, or empty for no limit",
                f"Is it kW? Then write {value / 1e3:g}.",
            )


def _parameters(parameters: Parameters, place: Place) -> Iterable[Problem]:
    for row, name in enumerate(parameters.name.tolist()):
        if name not in DEFAULTS:
            yield Problem(
                "unknown_parameter",
                place("parameters", row, "name"),
                name,
                ", ".join(DEFAULTS),
                similar(name, DEFAULTS),
            )
            continue
        known, unit = DEFAULTS[name], str(parameters.unit[row])
        if unit not in {known.unit, ""}:
            yield Problem(
                "wrong_unit",
                place("parameters", row, "unit"),
                unit,
                known.unit,
                f"Convert the value to {known.unit}.",
            )
        value = float(parameters.value[row])
        if value > known.high:
            yield Problem(
                "out_of_range",
                place("parameters", row, "value"),
                value,
                f"0 to {known.high:g}",
                f"A probability is a share: write {value / 100.0:g} for {value:g} %.",
            )
