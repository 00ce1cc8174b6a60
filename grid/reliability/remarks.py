"""What is unusual in feeder tables and can be meant."""

from collections.abc import Iterable, Sequence

import numpy as np

from data.problems import Problem
from grid.reliability.place import Place, similar
from grid.reliability.tables import Busbars, LoadPoints, Sections, TieTable

# Estimate: no line fails more often than this, so that the unit is in doubt.
HIGHEST_RATE_PER_KM_YR = 1.0


def remarks_on(
    busbars: Busbars, sections: Sections, load_points: LoadPoints, ties: TieTable, place: Place
) -> list[Problem]:
    """Find what deserves a second look.

    Parameters
    ----------
    busbars, sections, load_points, ties
        Tables without problems.
    place : Place

    Returns
    -------
    list of Problem
    """
    return [
        *_unusual_sections(sections, place),
        *_unusual_loads(load_points, place),
        *_unusual_ties(ties, place),
        *_unused_busbars(busbars, sections, place),
    ]


def _unusual_sections(sections: Sections, place: Place) -> Iterable[Problem]:
    for column, rates in (
        ("failure_rate_per_km_yr", sections.failure_rate_per_km_yr),
        ("failure_rate_per_yr", sections.failure_rate_per_yr),
    ):
        for row in np.flatnonzero(rates == 0.0).tolist():
            yield Problem(
                "zero_rate",
                place("sections", row, column),
                0.0,
                "> 0 for anything that can fail",
                "The section never fails; leave the cell empty for the default.",
            )
    for row in np.flatnonzero(sections.failure_rate_per_km_yr > HIGHEST_RATE_PER_KM_YR).tolist():
        value = float(sections.failure_rate_per_km_yr[row])
        yield Problem(
            "high_rate",
            place("sections", row, "failure_rate_per_km_yr"),
            value,
            f"usually below {HIGHEST_RATE_PER_KM_YR:g}",
            f"Is it per 100 km? Then write {value / 100.0:g}.",
        )
    no_device = (sections.device == "none") & ~np.isnan(sections.switching_h)
    for row in np.flatnonzero(no_device).tolist():
        yield Problem(
            "no_device",
            place("sections", row, "switching_h"),
            float(sections.switching_h[row]),
            "empty where there is no device",
            "The figure is not used.",
        )


def _unusual_loads(points: LoadPoints, place: Place) -> Iterable[Problem]:
    for row in range(len(points)):
        if points.customers[row] == 0.0 and points.mean_mw[row] > 0.0:
            yield Problem(
                "load_without_customers",
                place("load_points", row, "customers"),
                0,
                ">= 1 where there is load",
                "The load counts in ENS and not in SAIFI and SAIDI. Leave the cell empty if "
                "that is meant.",
            )
        if points.mean_mw[row] == 0.0 and points.customers[row] > 0.0:
            yield Problem(
                "customers_without_load",
                place("load_points", row, "mean_mw"),
                0.0,
                "> 0 MW where there are customers",
                "They count in SAIFI and SAIDI and not in ENS.",
            )
    empty = np.flatnonzero(points.kile_group == "")
    if len(empty):
        names = _some(points.load_point_id[empty].tolist())
        yield Problem(
            "no_kile_group",
            "load_points.csv column kile_group",
            f"nothing for {names}",
            "a group",
            "Their interruptions cost nothing here.",
        )


def _unusual_ties(ties: TieTable, place: Place) -> Iterable[Problem]:
    for row in np.flatnonzero((ties.capacity_mw == 0.0) | (ties.p_available == 0.0)).tolist():
        column = "capacity_mw" if ties.capacity_mw[row] == 0.0 else "p_available"
        yield Problem(
            "useless_tie",
            place("ties", row, column),
            0.0,
            "> 0 for a tie that helps",
            "The tie is never used; leave the cell empty for no limit.",
        )


def _unused_busbars(busbars: Busbars, sections: Sections, place: Place) -> Iterable[Problem]:
    used = {*sections.from_node.tolist(), *sections.to_node.tolist()}
    for row, node in enumerate(busbars.node.tolist()):
        if node not in used:
            yield Problem(
                "busbar_without_feeder",
                place("busbars", row, "node"),
                node,
                "a node of sections.csv",
                similar(node, used),
            )


def _some(names: Sequence[str], most: int = 5) -> str:
    """Name a few and count the rest."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
