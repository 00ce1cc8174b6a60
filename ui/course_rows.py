"""What stopped in one course as a person reads it: rows, bars and a sentence.

A recorded course in, tables and text out; no Streamlit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.timeline import TIME_TOL_H, RecordedCourse, Stop, stops
from ui.causes import why_said
from ui.naming import Names
from ui.timelines import AREA_LIMITS

SHOWN_KINDS = ("function", "site", "service", "crews")
"""Kinds of state in the timeline."""

OUT = AREA_LIMITS[1]
"""Level below which something counts as out; above it, it is weakened. [1]"""

STATES = ("weakened", "out")
"""States of what stopped, as the charts and texts call them."""

TO_PERCENT = 100.0


def titled(name: str) -> str:
    """Write a name as it stands first in a row."""
    return name[:1].upper() + name[1:]


def stop_state(level: float) -> str:
    """Name the state of a level below normal: ``weakened`` or ``out``."""
    return "out" if level < OUT else "weakened"


def stops_shown(course: RecordedCourse, kinds: Iterable[str], area: str) -> list[Stop]:
    """List stops of some kinds in an area, the first to begin on top.

    Parameters
    ----------
    course : RecordedCourse
    kinds : iterable of str
        Of ``sim.state_log.STATE_KINDS``.
    area : str
        area_id; empty for the whole region. What belongs to no area is in all.
    """
    return [stop for stop in stops(course, kinds) if not area or stop.area_id in ("", area)]


def stop_table(course: RecordedCourse, shown: Sequence[Stop], names: Names) -> pd.DataFrame:
    """Write one row a stop.

    Returns
    -------
    DataFrame
        Headings are those of the language: hours from and to [h], lowest level [%], state
        in a word, what, why as the chain of causes, kind, and how long [h].
    """
    texts = names.texts
    return pd.DataFrame(
        {
            texts("term.from_h"): [round(stop.from_h, 2) for stop in shown],
            texts("term.to_h"): [round(stop.to_h, 2) for stop in shown],
            texts("functions.stops.lowest"): [round(s.lowest * TO_PERCENT, 1) for s in shown],
            texts("term.state"): [texts(f"stop_state.{stop_state(s.lowest)}") for s in shown],
            texts("term.what"): [titled(names(stop.asset_id)) for stop in shown],
            texts("term.why"): [why_said(course.events, s.lowest_event, names) for s in shown],
            texts("term.kind"): [texts(f"state_kind.{stop.kind}") for stop in shown],
            texts("term.lasted_h"): [round(stop.to_h - stop.from_h, 2) for stop in shown],
        }
    )


@dataclass(frozen=True, slots=True)
class Bars:
    """Rows of a chart over time, cut where it would be too long.

    Attributes
    ----------
    table : DataFrame
        ``row``, ``label``, ``name``, ``from_h``, ``to_h`` [h] and ``state`` of each bar.
    shown, total : int
        Rows of the chart, and rows there are.
    """

    table: pd.DataFrame
    shown: int
    total: int


def stop_bars(course: RecordedCourse, shown: Sequence[Stop], names: Names, most: int) -> Bars:
    """Bars of what stopped: a row each, a bar for each state, first failure on top.

    Parameters
    ----------
    most : int
        Longest chart. [rows]
    """
    texts = names.texts
    order: dict[tuple[str, str], list[Stop]] = {}
    for stop in shown:
        order.setdefault((stop.kind, stop.asset_id), []).append(stop)
    rows = {key: at for at, key in enumerate(list(order)[:most])}
    lowest = {key: min(stop.lowest for stop in order[key]) for key in rows}
    bars: list[dict[str, Any]] = []
    for key, state in sorted(
        ((key, state) for state in course.states if (key := (state.kind, state.asset_id)) in rows),
        key=lambda pair: (rows[pair[0]], pair[1].from_h),
    ):
        row, now, last = rows[key], stop_state(state.level), bars[-1] if bars else None
        follows = last is not None and last["row"] == row and last["state"] == now
        if last is not None and follows and state.from_h <= last["to_h"] + TIME_TOL_H:
            last["to_h"] = state.to_h
            last["level"] = min(last["level"], state.level)
            continue
        name = titled(names(state.asset_id))
        level = texts.percent(lowest[key])
        bars.append(
            {
                "row": row,
                "name": name,
                "label": texts("functions.stops.row", name=name, level=level),
                "from_h": state.from_h,
                "to_h": state.to_h,
                "level": state.level,
                "state": now,
            }
        )
    return Bars(pd.DataFrame(bars), len(rows), len(order))


def stop_finding(shown: Sequence[Stop], names: Names) -> str:
    """Say how much stopped, what first, and what longest."""
    texts = names.texts
    if not shown:
        return texts("finding.stops.none")
    longest = max(shown, key=lambda stop: (stop.to_h - stop.from_h, stop.asset_id))
    return texts(
        "finding.stops",
        n=texts.number(len(shown)),
        out=texts.number(sum(stop_state(stop.lowest) == "out" for stop in shown)),
        first=names(shown[0].asset_id),
        hour=texts.number(shown[0].from_h, 1),
        longest=names(longest.asset_id),
        hours=texts.quantity(longest.to_h - longest.from_h, "h"),
    )
