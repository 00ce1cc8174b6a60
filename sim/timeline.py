"""What stops when, for whom, why, and how long every battery, tank and reservoir lasts.

A recorded course holds its events, the states of assets, sites, services and functions, and
its stocks. Here they are put together as a person reads them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sim.event_log import ROOT, Event, chain
from sim.state_log import State, StockPiece

TIME_TOL_H = 1e-6
"""States and pieces closer than this follow each other without a gap. [h]"""

EMPTY_SHARE = 1e-6
"""A stock with less than this share left is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCourse:
    """One replication as it was stored."""

    events: tuple[Event, ...]
    states: tuple[State, ...]
    stocks: tuple[StockPiece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Something below normal without a break.

    Attributes
    ----------
    asset_id, kind, area_id : str
        As in `sim.state_log.State`.
    from_h, to_h : float
        [h]
    lowest : float
        Lowest level, 0 to 1.
    event : int
        Position of the event that began it.
    lowest_event : int
        Position of the event that brought the lowest level.
    """

    asset_id: str
    kind: str
    area_id: str
    from_h: float
    to_h: float
    lowest: float
    event: int
    lowest_event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """A stock that runs down without a break.

    Attributes
    ----------
    stock_id, kind, area_id : str
        As in `sim.state_log.StockPiece`.
    from_h, to_h : float
        While it ran down. [h]
    from_level, to_level : float
        Share of full at both ends.
    is_empty : bool
        Whether it ran empty.
    promised_h : float
        Hours it was to last from the beginning at the rate it then had. [h]
    """

    stock_id: str
    kind: str
    area_id: str
    from_h: float
    to_h: float
    from_level: float
    to_level: float
    is_empty: bool
    promised_h: float


def stops(course: RecordedCourse, kinds: Iterable[str] | None = None) -> list[Stop]:
    """States that follow each other without a break, in the order they begin.

    Parameters
    ----------
    course : RecordedCourse
    kinds : iterable of str, optional
        Kinds of state wanted, see `sim.state_log.STATE_KINDS`; all when left out.
    """
    wanted = None if kinds is None else set(kinds)
    by_asset: dict[tuple[str, str], list[State]] = {}
    for state in course.states:
        if wanted is None or state.kind in wanted:
            by_asset.setdefault((state.kind, state.asset_id), []).append(state)
    found = []
    for own in by_asset.values():
        for run in _runs(sorted(own, key=lambda each: each.from_h)):
            lowest = min(run, key=lambda each: (each.level, each.from_h))
            found.append(
                Stop(
                    asset_id=run[0].asset_id,
                    kind=run[0].kind,
                    area_id=run[0].area_id,
                    from_h=run[0].from_h,
                    to_h=run[-1].to_h,
                    lowest=lowest.level,
                    event=run[0].event,
                    lowest_event=lowest.event,
                )
            )
    return sorted(found, key=lambda each: (each.from_h, each.kind, each.asset_id))


def countdowns(course: RecordedCourse, stock_ids: Iterable[str] | None = None) -> list[Countdown]:
    """Stocks while they run down, in the order they begin.

    Parameters
    ----------
    course : RecordedCourse
    stock_ids : iterable of str, optional
        Stocks wanted; all when left out.
    """
    wanted = None if stock_ids is None else set(stock_ids)
    by_stock: dict[tuple[str, str], list[StockPiece]] = {}
    for piece in course.stocks:
        falls = piece.to_level < piece.from_level
        if falls and (wanted is None or piece.stock_id in wanted):
            by_stock.setdefault((piece.kind, piece.stock_id), []).append(piece)
    found = [
        Countdown(
            stock_id=run[0].stock_id,
            kind=run[0].kind,
            area_id=run[0].area_id,
            from_h=run[0].from_h,
            to_h=run[-1].to_h,
            from_level=run[0].from_level,
            to_level=run[-1].to_level,
            is_empty=run[-1].to_level <= EMPTY_SHARE,
            promised_h=run[0].empty_in_h,
        )
        for own in by_stock.values()
        for run in _runs(sorted(own, key=lambda each: each.from_h))
    ]
    return sorted(found, key=lambda each: (each.from_h, each.kind, each.stock_id))


def left_h(course: RecordedCourse, stock_id: str, kind: str, t_h: float) -> float | None:
    """Hours a stock lasts from a time at the rate it then has; None if it does not run down."""
    for piece in course.stocks:
        if piece.stock_id == stock_id and piece.kind == kind and piece.from_h <= t_h < piece.to_h:
            return piece.empty_in_h - (t_h - piece.from_h)
    return None


def why(course: RecordedCourse, asset_id: str, t_h: float) -> tuple[Event, ...]:
    """Chain of causes of an asset's state at a time, the state first and the root last.

    Empty if the asset is as it should be then.
    """
    for state in course.states:
        if state.asset_id == asset_id and state.from_h <= t_h < state.to_h:
            return chain(course.events, state.event) if state.event != ROOT else ()
    return ()


Spanned = TypeVar("Spanned", State, StockPiece)


def _runs(rows: Sequence[Spanned]) -> list[list[Spanned]]:
    """Cut rows in order of time where there is a gap between them."""
    runs: list[list[Spanned]] = []
    for row in rows:
        if runs and row.from_h <= runs[-1][-1].to_h + TIME_TOL_H:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs
