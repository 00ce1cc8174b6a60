"""Stores in every feeder section that run down while the section is dark.

Batteries of base stations, local water tanks, sumps of sewage pumping stations and pumps of
filling stations have one thing in common: each stands with the people of one section, lasts
some hours without electricity, is out after that, and fills again when it has power. All
kinds of store are followed here, section by section, with what is left of each when the next
interruption comes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import simpy

from data.tables import FloatArray, IntArray
from sim.event_log import EventLog
from sim.state_log import StateLog, StockPiece

SHOWN_SHARE = 0.5
"""A store that has used at least this share of what it holds is shown as running down."""

PERSONS_TOL = 1e-6
"""Fewer people than this are rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreKind:
    """One kind of store.

    Attributes
    ----------
    name : str
        Key of the kind.
    stock : str
        Its name among the kinds of stock; empty for none (nothing runs down).
    empty : str
        Event when the stores of some sections are empty; empty for none.
    share : ndarray, shape (area,)
        Share of the people of a section behind such a store. [1]
    lasts_h : ndarray, shape (area,)
        Hours a full store lasts without electricity. [h]
    refill_h : ndarray, shape (area,)
        Hours from empty to full. [h]
    restart_h : ndarray, shape (area,)
        Hours from the return of electricity until people have the service again. [h]
    """

    name: str
    stock: str
    empty: str
    share: FloatArray
    lasts_h: FloatArray
    refill_h: FloatArray
    restart_h: FloatArray


@dataclass(slots=True, eq=False)
class _Part:
    """A part of a section without electricity: its share of people, since when, and why.

    ``ends`` says when each kind of store is empty, first things first; ``out`` since when
    each kind is out, and the event of it.
    """

    section: int
    weight: float
    from_h: float
    because: int
    ends: list[tuple[float, int]]
    is_dark: bool = True
    out: dict[int, tuple[float, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceLoss:
    """People of a section without what its store gave, from one hour to another, and why."""

    kind: int
    section: int
    persons: float
    from_h: float
    to_h: float
    event: int


Notify = Callable[[int, int, list[int], int], None]
"""Kind of store, area, sections whose stores went out or came back, event."""


class SectionStores:
    """All stores of one course.

    Parameters
    ----------
    env : simpy.Environment
    kinds : sequence of StoreKind
    section_area, section_feeder : ndarray of int, shape (section,)
    section_persons : ndarray, shape (section,)
        [persons]
    area_ids, feeder_ids : list of str
    log : EventLog
    states : StateLog

    Attributes
    ----------
    lost : list of list of float, shape (kind, area)
        People without each kind of store's service now. [persons]
    losses : list of ServiceLoss
        What has come to an end so far.
    on_change : callable
        Called when stores of an area went out or came back.
    """

    def __init__(
        self,
        env: simpy.Environment,
        kinds: tuple[StoreKind, ...],
        *,
        section_area: IntArray,
        section_feeder: IntArray,
        section_persons: FloatArray,
        area_ids: list[str],
        feeder_ids: list[str],
        log: EventLog,
        states: StateLog,
    ) -> None:
        self._env = env
        self._kinds = kinds
        self._area: list[int] = section_area.tolist()
        self._feeder: list[int] = section_feeder.tolist()
        self._persons: list[float] = section_persons.tolist()
        self._area_ids = area_ids
        self._feeder_ids = feeder_ids
        self._log = log
        self._states = states
        self._parts: dict[int, list[_Part]] = {}
        self._left: dict[tuple[int, int], tuple[float, float]] = {}
        self._new: list[_Part] = []
        self._back: list[tuple[_Part, int]] = []
        self._restarting: dict[int, list[_Part]] = {}
        self._out_weight: dict[tuple[int, int], float] = {}
        # Per area: kinds that exist there, with share, hours they last and hours to refill.
        self._share: list[list[float]] = [kind.share.tolist() for kind in kinds]
        self._restart_h = [kind.restart_h.tolist() for kind in kinds]
        self._here = [
            [
                (k, float(kind.lasts_h[area]), float(kind.refill_h[area]))
                for k, kind in enumerate(kinds)
                if kind.share[area] > 0.0
            ]
            for area in range(len(area_ids))
        ]
        self.lost = [[0.0] * len(area_ids) for _ in kinds]
        self.losses: list[ServiceLoss] = []
        self.on_change: Notify = lambda *_: None

    def out_share(self, kind: int, section: int) -> float:
        """Share of a section's stores of a kind that are out now."""
        return self._out_weight.get((kind, section), 0.0)

    def dark(self, section: int, weight: float, because: int) -> None:
        """Take electricity from a share of a section's people; `settle` follows."""
        now = self._env.now
        part = _Part(section, weight, now, because, [])
        for old in self._restarting.get(section, ()):
            if old.weight == weight and old.out:
                # Dark again before the stores had restarted: they stay out.
                part.out, old.out = old.out, {}
        for k, lasts_h, refill_h in self._here[self._area[section]]:
            if k in part.out:
                continue
            left_h, at_h = self._left.get((k, section), (lasts_h, now))
            if left_h < lasts_h:
                left_h = min(lasts_h, left_h + (now - at_h) * lasts_h / refill_h)
                self._left[k, section] = (left_h, now)
            part.ends.append((now + left_h, k))
        part.ends.sort()
        self._parts.setdefault(section, []).append(part)
        self._new.append(part)

    def light(self, section: int, because: int) -> None:
        """Give all people of a section electricity again; `settle` follows."""
        for part in self._parts.pop(section, ()):
            part.is_dark = False
            self._back.append((part, because))

    def settle(self) -> None:
        """Follow what has gone dark or come back since the last call, as one batch."""
        if self._back:
            back, self._back = self._back, []
            self._return(back)
        if self._new:
            batches: dict[tuple[int, tuple[tuple[float, int], ...]], list[_Part]] = {}
            for part in self._new:
                key = (self._area[part.section], tuple(part.ends))
                batches.setdefault(key, []).append(part)
            self._new = []
            for (area, _), parts in batches.items():
                self._next(area, parts, 0)

    def finish(self, end_h: float) -> None:
        """Close what is still out at the scenario's end."""
        dark = [part for parts in self._parts.values() for part in parts]
        self._show(dark, end_h)
        for part in [*dark, *(p for parts in self._restarting.values() for p in parts)]:
            for k, (from_h, event) in part.out.items():
                self._close(part, k, from_h, end_h, event)

    def _next(self, area: int, parts: list[_Part], step: int) -> None:
        """Wait for the store that is empty next."""
        ends = parts[0].ends
        if step == len(ends):
            return
        wait_h = ends[step][0] - self._env.now
        if wait_h <= 0.0:
            self._empty(area, parts, step)
            return
        self._env.timeout(wait_h).callbacks.append(lambda _: self._empty(area, parts, step))

    def _empty(self, area: int, parts: list[_Part], step: int) -> None:
        dark = [part for part in parts if part.is_dark]
        if not dark:
            return
        k, now = parts[0].ends[step][1], self._env.now
        kind = self._kinds[k]
        event = dark[0].because
        if kind.empty:
            event = self._log.note(
                now, kind.empty, self._name(dark), self._area_ids[area], because=event, level=0.0
            )
        for part in dark:
            part.out[k] = (now, event)
            self.lost[k][area] += self._people(part, k)
            key = (k, part.section)
            self._out_weight[key] = self._out_weight.get(key, 0.0) + part.weight
        self.on_change(k, area, [part.section for part in dark], event)
        self._next(area, dark, step + 1)

    def _return(self, back: list[tuple[_Part, int]]) -> None:
        """Give stores power: those that were out restart, all begin to fill."""
        now = self._env.now
        self._show([part for part, _ in back], now)
        waits: dict[tuple[int, int], tuple[list[_Part], int]] = {}
        for part, because in back:
            area = self._area[part.section]
            for end_h, k in part.ends:
                self._left[k, part.section] = (max(end_h - now, 0.0), now)
            for k in part.out:
                self._left[k, part.section] = (0.0, now)
                waits.setdefault((k, area), ([], because))[0].append(part)
        for (k, area), (parts, because) in waits.items():
            restart_h = self._restart_h[k][area]
            if restart_h <= 0.0:
                self._works(k, area, parts, because)
                continue
            for part in parts:
                others = self._restarting.setdefault(part.section, [])
                if part not in others:
                    others.append(part)
            works = partial(self._works, k, area, parts, because)
            self._env.timeout(restart_h).callbacks.append(works)

    def _works(self, k: int, area: int, parts: list[_Part], because: int, _: object = None) -> None:
        """Let stores serve their people again, but those that are dark once more."""
        now, sections = self._env.now, []
        for part in parts:
            was_out = part.out.pop(k, None)
            if not part.out:
                waiting = self._restarting.get(part.section, [])
                if part in waiting:
                    waiting.remove(part)
            if was_out is None:
                continue
            self._close(part, k, was_out[0], now, was_out[1])
            sections.append(part.section)
            self.lost[k][area] -= self._people(part, k)
            key = (k, part.section)
            self._out_weight[key] -= part.weight
            if self._out_weight[key] * self._persons[part.section] < PERSONS_TOL:
                del self._out_weight[key]
        if self.lost[k][area] < PERSONS_TOL:
            self.lost[k][area] = 0.0
        if sections:
            self.on_change(k, area, sections, because)

    def _people(self, part: _Part, k: int) -> float:
        """Count the people of a part behind a kind of store."""
        share = self._share[k][self._area[part.section]]
        return self._persons[part.section] * part.weight * share

    def _close(self, part: _Part, k: int, from_h: float, to_h: float, event: int) -> None:
        if to_h > from_h:
            loss = ServiceLoss(k, part.section, self._people(part, k), from_h, to_h, event)
            self.losses.append(loss)

    def _name(self, parts: list[_Part]) -> str:
        """Feeder that went dark, or what darkened it when there are several."""
        feeders = {self._feeder[part.section] for part in parts}
        if len(feeders) == 1:
            return self._feeder_ids[feeders.pop()]
        return self._log.events[parts[0].because].asset_id

    def _show(self, parts: list[_Part], to_h: float) -> None:
        """Note how far the stores of parts have run down, once for each feeder."""
        shown: set[tuple[int, int, float, float]] = set()
        for part in parts:
            feeder, area = self._feeder[part.section], self._area[part.section]
            for end_h, k in part.ends:
                kind = self._kinds[k]
                lasts_h, had_h = float(kind.lasts_h[area]), end_h - part.from_h
                used_h = min(to_h - part.from_h, had_h)
                key = (feeder, k, part.from_h, had_h)
                if not kind.stock or used_h < SHOWN_SHARE * lasts_h or key in shown:
                    continue
                shown.add(key)
                self._states.piece(
                    StockPiece(
                        stock_id=self._feeder_ids[feeder],
                        kind=kind.stock,
                        area_id=self._area_ids[area],
                        from_h=part.from_h,
                        to_h=part.from_h + used_h,
                        from_level=had_h / lasts_h,
                        to_level=(had_h - used_h) / lasts_h,
                        empty_in_h=had_h,
                    )
                )
