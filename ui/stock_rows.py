"""What ran down in one course as a person reads it: rows, bars, sentences, hours left.

A recorded course in, tables and text out; no Streamlit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from sim.timeline import EMPTY_SHARE, Countdown, RecordedCourse, countdowns, left_h
from ui.course_rows import TO_PERCENT, Bars, titled
from ui.naming import Names

STOCK_STATES = ("empty", "left")
"""States of a stock when it stopped running down."""


def stock_name(stock_id: str, kind: str, names: Names) -> str:
    """Name a stock: what it is, and whose."""
    stock = names.texts.known(f"stock.{kind}", kind)
    return names.texts("functions.countdown.row", stock=stock, name=names(stock_id))


def countdowns_shown(course: RecordedCourse, kinds: Iterable[str], area: str) -> list[Countdown]:
    """Countdowns of some kinds in an area: those that ran empty first on top, then the others."""
    wanted = set(kinds)
    found = [
        each
        for each in countdowns(course)
        if each.kind in wanted and (not area or each.area_id in ("", area))
    ]
    return sorted(found, key=lambda c: (not c.is_empty, c.to_h, c.kind, c.stock_id))


def countdown_table(shown: Sequence[Countdown], names: Names) -> pd.DataFrame:
    """Write one row a countdown.

    Returns
    -------
    DataFrame
        Kind, whose, hours from, promised and until [h], state in a word, share left [%],
        and area.
    """
    texts = names.texts
    return pd.DataFrame(
        {
            texts("term.kind"): [texts.known(f"stock.{c.kind}", c.kind) for c in shown],
            texts("term.what"): [titled(names(c.stock_id)) for c in shown],
            texts("term.from_h"): [round(c.from_h, 2) for c in shown],
            texts("functions.countdown.promised"): [round(c.promised_h, 2) for c in shown],
            texts("term.to_h"): [round(c.to_h, 2) for c in shown],
            texts("term.state"): [texts(f"stock_state.{stock_state(c)}") for c in shown],
            texts("functions.countdown.left"): [
                round((0.0 if c.is_empty else c.to_level) * TO_PERCENT, 1) for c in shown
            ],
            texts("term.area"): [names(c.area_id) if c.area_id else "" for c in shown],
        }
    )


def stock_state(countdown: Countdown) -> str:
    """Name how a countdown ended: ``empty`` or ``left``."""
    return "empty" if countdown.is_empty else "left"


def countdown_bars(shown: Sequence[Countdown], names: Names, most: int) -> Bars:
    """Bars of what ran down, a row a stock, in the order given.

    Parameters
    ----------
    most : int
        Longest chart. [rows]
    """
    order: dict[tuple[str, str], int] = {}
    for each in shown:
        order.setdefault((each.kind, each.stock_id), len(order))
    bars = [
        {
            "row": order[each.kind, each.stock_id],
            "name": titled(names(each.stock_id)),
            "label": stock_name(each.stock_id, each.kind, names),
            "from_h": each.from_h,
            "to_h": each.to_h,
            "promised_h": each.promised_h,
            "promised_to_h": each.from_h + each.promised_h,
            "level": max(each.to_level, 0.0),
            "state": stock_state(each),
        }
        for each in shown
        if order[each.kind, each.stock_id] < most
    ]
    return Bars(pd.DataFrame(bars), min(len(order), most), len(order))


def countdown_finding(shown: Sequence[Countdown], names: Names) -> str:
    """Say how many stocks ran down and empty, and which first."""
    texts = names.texts
    if not shown:
        return texts("finding.countdowns.none")
    empty = [each for each in shown if each.is_empty]
    if not empty:
        return texts("finding.countdowns.none_empty", n=texts.number(len(shown)))
    first = min(empty, key=lambda each: (each.to_h, each.kind, each.stock_id))
    return texts(
        "finding.countdowns",
        n=texts.number(len(shown)),
        empty=texts.number(len(empty)),
        first=stock_name(first.stock_id, first.kind, names),
        hour=texts.number(first.to_h, 1),
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the stocks at one hour.

    Attributes
    ----------
    table : DataFrame
        Kind, whose, hours left [h] and share left [%], the shortest first.
    finding : str
    """

    table: pd.DataFrame
    finding: str


def left_at(course: RecordedCourse, shown: Sequence[Countdown], t_h: float, names: Names) -> Left:
    """List the hours left of each stock that runs down at an hour.

    Parameters
    ----------
    course : RecordedCourse
    shown : sequence of Countdown
        Those to look among.
    t_h : float
        [h]
    """
    texts = names.texts
    rows = []
    for each in shown:
        hours = None
        if each.from_h <= t_h < each.to_h:
            hours = left_h(course, each.stock_id, each.kind, t_h)
        if hours is not None:
            rows.append((hours, each, _level(course, each, t_h)))
    rows.sort(key=lambda row: (row[0], row[1].kind, row[1].stock_id))
    running = {(each.kind, each.stock_id) for _, each, _ in rows}
    emptied = {
        (each.kind, each.stock_id) for each in shown if each.is_empty and each.to_h <= t_h
    } - running
    said = {"hour": texts.number(t_h), "emptied": texts.number(len(emptied))}
    if rows:
        hours, first, _ = rows[0]
        finding = texts(
            "finding.left",
            n=texts.number(len(rows)),
            name=stock_name(first.stock_id, first.kind, names),
            hours=texts("unit.h", value=texts.number(hours, 2)),
            **said,
        )
    else:
        finding = texts("finding.left.none", **said)
    table = pd.DataFrame(
        {
            texts("term.kind"): [texts.known(f"stock.{c.kind}", c.kind) for _, c, _ in rows],
            texts("term.what"): [titled(names(c.stock_id)) for _, c, _ in rows],
            texts("functions.countdown.left_h"): [round(hours, 2) for hours, _, _ in rows],
            texts("functions.countdown.left"): [round(s * TO_PERCENT, 1) for _, _, s in rows],
        }
    )
    return Left(table, finding)


def _level(course: RecordedCourse, countdown: Countdown, t_h: float) -> float:
    """Share left of a stock at a time, between the ends of the piece it is in."""
    for piece in course.stocks:
        same = piece.stock_id == countdown.stock_id and piece.kind == countdown.kind
        if same and piece.from_h <= t_h < piece.to_h:
            gone = (t_h - piece.from_h) / (piece.to_h - piece.from_h)
            level = piece.from_level + gone * (piece.to_level - piece.from_level)
            return max(level, 0.0)
    return EMPTY_SHARE


def busiest_hour(shown: Sequence[Countdown]) -> int:
    """Whole hour at which most stocks run down at once; 0 when none does."""
    counts: dict[int, int] = {}
    for each in shown:
        first = int(each.from_h) + (each.from_h > int(each.from_h))
        for hour in range(first, int(each.to_h) + (each.to_h > int(each.to_h))):
            counts[hour] = counts.get(hour, 0) + 1
    return max(counts, key=lambda hour: (counts[hour], -hour)) if counts else 0
