"""Stores in every feeder section that run down while the section is dark.

Batteries of base stations, local water tanks, sumps of sewage pumping stations and pumps of
filling stations have one thing in common: each stands with the people of one section, lasts
some hours without electricity, is out after that, and fills again when it has power. All
kinds of store are followed here, section by section, with what is left of each when the next
interruption comes.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import simpy

from data.tables import FloatArray, IntArray, StrArray
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


Ends = list[tuple[float, int]]
"""When each kind of store is empty, first things first."""


LEAST_WEIGHT = 1e-9
"""Shares of a section below are rounding."""


@dataclass(slots=True, eq=False)
class _Batch:
    """Parts of sections of one area that went dark together, with equal stores."""

    area: int
    from_h: float
    because: int
    ends: Ends
    parts: "list[_Part]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Part:
    """A part of a section without electricity: its share and number of people.

    ``out`` says since when each kind is out, and the event of it.
    """

    section: int
    weight: float
    people: float
    batch: _Batch
    is_dark: bool = True
    out: dict[int, tuple[float, int]] = field(default_factory=dict)


class ServiceLoss(NamedTuple):
    """People of an area without what their stores gave, from one hour to another, and why."""

    kind: int
    area: int
    persons: float
    from_h: float
    to_h: float
    event: int


Notify = Callable[[int, int, list[int], int], None]
"""Kind of store, area, watched sections whose stores went out or came back, event."""


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
    section_ids : ndarray of str, shape (section,)
    log : EventLog
    states : StateLog
    watched : set of int, optional
        Sections somebody asks about (`out_share`); all when left out.

    Attributes
    ----------
    lost : list of list of float, shape (kind, area)
        People without each kind of store's service now. [persons]
    dark_people : list of float, shape (area,)
        People without electricity now. [persons]
    losses : list of ServiceLoss
        What has come to an end so far.
    on_change : callable
        Called when stores of an area went out or came back, with the watched sections.
    on_people : callable
        Called with an area whose people lost or regained electricity, and the event.
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
        section_ids: StrArray,
        log: EventLog,
        states: StateLog,
        watched: Container[int] | None = None,
    ) -> None:
        self._env = env
        self._watched = watched
        self._kinds = kinds
        self._area: list[int] = section_area.tolist()
        self._feeder: list[int] = section_feeder.tolist()
        self._persons: list[float] = section_persons.tolist()
        self._area_ids = area_ids
        self._feeder_ids = feeder_ids
        self._section_ids = section_ids
        self._log = log
        self._states = states
        self._parts: dict[int, list[_Part]] = {}
        self._new: list[tuple[int, float, int]] = []
        self._back: list[tuple[_Part, int]] = []
        # Of each section that has been dark: how its stores stood when the light came back.
        self._last: dict[int, tuple[Ends, float, frozenset[int]]] = {}
        self._restarting: dict[int, list[_Part]] = {}
        self._out_weight: dict[tuple[int, int], float] = {}
        # Per area: kinds that exist there, shortest first.
        self._here = [
            sorted(
                (float(kind.lasts_h[area]), k)
                for k, kind in enumerate(kinds)
                if kind.share[area] > 0.0
            )
            for area in range(len(area_ids))
        ]
        self._lasts_h = [kind.lasts_h.tolist() for kind in kinds]
        self._refill_h = [kind.refill_h.tolist() for kind in kinds]
        self._share: list[list[float]] = [kind.share.tolist() for kind in kinds]
        self._restart_h = [kind.restart_h.tolist() for kind in kinds]
        self.lost = [[0.0] * len(area_ids) for _ in kinds]
        self.losses: list[ServiceLoss] = []
        self.dark_people = [0.0] * len(area_ids)
        self._touched: dict[int, int] = {}
        self.on_change: Notify = lambda *_: None
        self.on_people: Callable[[int, int], None] = lambda *_: None

    def out_share(self, kind: int, section: int) -> float:
        """Share of a section's stores of a kind that are out now."""
        return self._out_weight.get((kind, section), 0.0)

    def dark(self, section: int, weight: float, because: int) -> None:
        """Take electricity from a share of a section's people; `settle` follows."""
        self._new.append((section, weight, because))

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
            new, self._new = self._new, []
            for batch in self._batches(new):
                self._next(batch, 0)
        touched, self._touched = self._touched, {}
        for area, because in touched.items():
            self.on_people(area, because)

    def _batches(self, new: list[tuple[int, float, int]]) -> list[_Batch]:
        """Put what has gone dark into batches that share their course."""
        now = self._env.now
        fresh: dict[int, _Batch] = {}
        used: dict[tuple[int, tuple[tuple[float, int], ...]], _Batch] = {}
        for section, weight, because in new:
            area = self._area[section]
            self.dark_people[area] += self._persons[section] * weight
            self._touched[area] = because
            if section not in self._last:
                batch = fresh.get(area)
                if batch is None:
                    ends = [(now + lasts_h, k) for lasts_h, k in self._here[area]]
                    batch = fresh[area] = _Batch(area, now, because, ends)
                part = _Part(section, weight, self._persons[section] * weight, batch)
                batch.parts.append(part)
                self._parts.setdefault(section, []).append(part)
                continue
            for again, out in self._still_out(section, weight):
                ends = self._ends(section, area, out)
                key = (area, tuple(ends))
                batch = used.get(key)
                if batch is None:
                    batch = used[key] = _Batch(area, now, because, ends)
                people = self._persons[section] * again
                part = _Part(section, again, people, batch, out=out)
                batch.parts.append(part)
                self._parts.setdefault(section, []).append(part)
        return [*fresh.values(), *used.values()]

    def _still_out(
        self, section: int, weight: float
    ) -> list[tuple[float, dict[int, tuple[float, int]]]]:
        """Split what goes dark by what of it was restarting, which stays out as it is.

        Shares of the section, and since when each kind of store of them is out.
        """
        found: list[tuple[float, dict[int, tuple[float, int]]]] = []
        for old in self._restarting.get(section, ()):
            taken = min(weight, old.weight)
            if not old.out or taken <= LEAST_WEIGHT:
                continue
            found.append((taken, dict(old.out)))
            weight -= taken
            old.weight -= taken
            old.people = self._persons[section] * old.weight
            if old.weight <= LEAST_WEIGHT:
                old.out.clear()
        if weight > LEAST_WEIGHT or not found:
            found.append((weight, {}))
        return found

    def _ends(self, section: int, area: int, out: Container[int]) -> Ends:
        """When the stores of a section that has been dark before are empty."""
        now = self._env.now
        ends, back_h, were_out = self._last[section]
        left_h = {k: 0.0 if k in were_out else max(end_h - back_h, 0.0) for end_h, k in ends}
        found = []
        for lasts_h, k in self._here[area]:
            if k not in out:
                filled_h = (now - back_h) * lasts_h / self._refill_h[k][area]
                found.append((now + min(lasts_h, left_h.get(k, 0.0) + filled_h), k))
        found.sort()
        return found

    def finish(self, end_h: float) -> None:
        """Close what is still out at the scenario's end."""
        dark = [part for parts in self._parts.values() for part in parts]
        self._show(dark, end_h)
        for part in [*dark, *(p for parts in self._restarting.values() for p in parts)]:
            for k, was_out in part.out.items():
                self._close(k, part.batch.area, {was_out: part.people}, end_h)

    def _next(self, batch: _Batch, step: int) -> None:
        """Wait for the store that is empty next."""
        if step == len(batch.ends):
            return
        wait_h = batch.ends[step][0] - self._env.now
        if wait_h <= 0.0:
            self._empty(batch, step)
            return
        self._env.timeout(wait_h).callbacks.append(lambda _: self._empty(batch, step))

    def _empty(self, batch: _Batch, step: int) -> None:
        dark = [part for part in batch.parts if part.is_dark]
        if not dark:
            return
        area, k, now = batch.area, batch.ends[step][1], self._env.now
        kind = self._kinds[k]
        event = batch.because
        if kind.empty:
            event = self._log.note(
                now, kind.empty, self._name(dark), self._area_ids[area], because=event, level=0.0
            )
        people, sections, watched = 0.0, [], self._watched
        for part in dark:
            part.out[k] = (now, event)
            people += part.people
            if watched is None or part.section in watched:
                key = (k, part.section)
                self._out_weight[key] = self._out_weight.get(key, 0.0) + part.weight
                sections.append(part.section)
        self.lost[k][area] += people * self._share[k][area]
        self.on_change(k, area, sections, event)
        self._next(batch, step + 1)

    def _return(self, back: list[tuple[_Part, int]]) -> None:
        """Give stores power: those that were out restart, all begin to fill."""
        now = self._env.now
        self._show([part for part, _ in back], now)
        waits: dict[tuple[int, int], tuple[list[_Part], int]] = {}
        for part, because in back:
            area = part.batch.area
            people = self.dark_people[area] - part.people
            self.dark_people[area] = people if people > PERSONS_TOL else 0.0
            self._touched[area] = because
            out = part.out
            before = self._last.get(part.section)
            if before is None or before[1] < now:
                # Of two parts of a section the one that went dark first counts.
                self._last[part.section] = (part.batch.ends, now, frozenset(out))
            for k in out:
                waits.setdefault((k, part.batch.area), ([], because))[0].append(part)
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
        now = self._env.now
        people: dict[tuple[float, int], float] = {}
        sections, watched = [], self._watched
        for part in parts:
            was_out = part.out.pop(k, None)
            if not part.out and part.section in self._restarting:
                waiting = self._restarting[part.section]
                if part in waiting:
                    waiting.remove(part)
            if was_out is None:
                continue
            people[was_out] = people.get(was_out, 0.0) + part.people
            if watched is None or part.section in watched:
                sections.append(part.section)
                key = (k, part.section)
                self._out_weight[key] -= part.weight
                if self._out_weight[key] * self._persons[part.section] < PERSONS_TOL:
                    del self._out_weight[key]
        if not people:
            return
        self._close(k, area, people, now)
        self.lost[k][area] -= sum(people.values()) * self._share[k][area]
        if self.lost[k][area] < PERSONS_TOL:
            self.lost[k][area] = 0.0
        self.on_change(k, area, sections, because)

    def _close(
        self, k: int, area: int, people: Mapping[tuple[float, int], float], to_h: float
    ) -> None:
        """Note losses that end: people by when they began and the event of it."""
        share = self._share[k][area]
        self.losses.extend(
            ServiceLoss(k, area, count * share, from_h, to_h, event)
            for (from_h, event), count in people.items()
            if to_h > from_h
        )

    def _name(self, parts: list[_Part]) -> str:
        """Feeder that went dark, or what darkened it when there are several."""
        feeders = {self._feeder[part.section] for part in parts}
        if len(feeders) == 1:
            return self._feeder_ids[feeders.pop()]
        return self._log.events[parts[0].batch.because].asset_id

    def _show(self, parts: list[_Part], to_h: float) -> None:
        """Note how far the stores of parts have run down, once for each feeder of a batch.

        The stock bears the name of one of the sections, as others of the feeder may run down
        at another time.
        """
        shown: set[tuple[int, int]] = set()
        for part in parts:
            batch, feeder = part.batch, self._feeder[part.section]
            key = (id(batch), feeder)
            if key in shown:
                continue
            shown.add(key)
            area, from_h = batch.area, batch.from_h
            for end_h, k in batch.ends:
                lasts_h, had_h = self._lasts_h[k][area], end_h - from_h
                used_h = min(to_h - from_h, had_h)
                if used_h < SHOWN_SHARE * lasts_h or not self._kinds[k].stock:
                    continue
                self._states.piece(
                    StockPiece(
                        str(self._section_ids[part.section]),
                        self._kinds[k].stock,
                        self._area_ids[area],
                        from_h=from_h,
                        to_h=from_h + used_h,
                        from_level=had_h / lasts_h,
                        to_level=(had_h - used_h) / lasts_h,
                        empty_in_h=had_h,
                    )
                )
