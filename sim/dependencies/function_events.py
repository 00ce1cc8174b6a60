"""When functions weaken in an area, and what it comes from."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from data.tables import FloatArray
from sim.case import Case
from sim.dependencies.delivery import FunctionNeed
from sim.dependencies.functions import FunctionLevels
from sim.event_log import ROOT, EventLog
from sim.services.area_levels import AreaLevels
from sim.services.losses import Losses
from sim.services.sites import SiteOutages
from sim.state_log import StateLog

WEAKENED, OUT = 0.95, 0.5
"""Levels below which a function counts as weakened and as out in an area."""


class _Cause(NamedTuple):
    """What takes most of a function: through which need or site, and the event."""

    through: str
    event: int


class FunctionEvents:
    """Notes when a function crosses a level in an area.

    Parameters
    ----------
    case : Case
    losses : mapping
    areas : AreaLevels
    outages : SiteOutages
    log : EventLog
    states : StateLog
    """

    def __init__(
        self,
        case: Case,
        losses: Mapping[str, tuple[Losses, ...]],
        areas: AreaLevels,
        outages: SiteOutages,
        *,
        log: EventLog,
        states: StateLog,
    ) -> None:
        self._case = case
        self._losses = losses
        self._areas = areas
        self._log = log
        self._states = states
        self._ids = case.region.functions.function_id.tolist()
        self._shared = frozenset(case.services.shared_names)
        self._by_area: dict[str, dict[int, list[tuple[float, float, float, int]]]] = {}
        self._sites: list[tuple[float, float, float, int, int]] = list(
            zip(
                outages.from_h.tolist(),
                outages.to_h.tolist(),
                outages.weight.tolist(),
                outages.site.tolist(),
                outages.event.tolist(),
                strict=True,
            )
        )
        self._event_of: dict[tuple[int, int], list[tuple[int, int, int]]] = {}

    def note(self, functions: FunctionLevels) -> None:
        """Note every crossing of the functions' levels."""
        self._functions, level = functions, functions.level
        hours = level.shape[0]
        weakened = level < WEAKENED
        place, at = np.nonzero(weakened.any(axis=0))
        if not len(at):
            return
        # Only what weakens somewhere is looked at: shape (time and an hour before and after, pair).
        stage = np.zeros((hours + 2, len(at)), dtype=np.int8)
        stage[1:-1] = weakened[:, place, at]
        stage[1:-1] += level[:, place, at] < OUT
        # Those that others need are looked at first, so that a cause can be named by them.
        order = {f: n for n, loop in enumerate(self._case.delivery.rounds) for f in loop}
        change = np.argwhere(np.diff(stage, axis=0)).tolist()
        rows = sorted((t, order[int(at[n])], int(place[n]), int(at[n]), n) for t, n in change)
        for t, _, area, function, n in rows:
            if t < hours:
                before, now = int(stage[t, n]), int(stage[t + 1, n])
                self._cross((t, area, function), before, now, float(level[t, area, function]))
        self._close(level)

    def _cross(self, place: tuple[int, int, int], before: int, now: int, value: float) -> None:
        t, area, at = place
        name = str(self._case.region.areas.area_id[area])
        if now > before:
            cause = self._cause(t, area, at)
            # The hour's mean falls with what happens within the hour.
            begins_h = float(t)
            if cause.event != ROOT:
                begins_h = max(begins_h, self._log.events[cause.event].t_h)
            event = self._log.note(
                begins_h,
                "function_out" if now > 1 else "function_weakened",
                self._ids[at],
                name,
                because=cause.event,
                cause=cause.through,
                level=value,
            )
        else:
            last = self._event_of.get((area, at))
            event = self._log.note(
                float(t),
                "function_back" if now == 0 else "function_weakened",
                self._ids[at],
                name,
                because=last[-1][2] if last else ROOT,
                level=value,
            )
        self._event_of.setdefault((area, at), []).append((t, now, event))

    def _close(self, level: FloatArray) -> None:
        """Turn crossings into states, each with its mean level."""
        hours = level.shape[0]
        for (area, at), rows in self._event_of.items():
            name = str(self._case.region.areas.area_id[area])
            key, course = f"{self._ids[at]}@{name}", level[:, area, at].tolist()
            ends = [t for t, _, _ in rows[1:]] + [hours]
            # A state begins and ends with its events, within the hours they are told by.
            at_h = [self._log.events[event].t_h for _, _, event in rows] + [float(hours)]
            for number, ((t, stage, event), end) in enumerate(zip(rows, ends, strict=True)):
                if stage > 0:
                    mean = sum(course[t:end]) / (end - t)
                    from_h, to_h = at_h[number], at_h[number + 1]
                    self._states.set(from_h, "function", key, name, level=mean, event=event)
                    self._states.set(to_h, "function", key, name, level=1.0, event=event)

    def _cause(self, t: int, area: int, at: int) -> _Cause:
        """Find what takes most of a function in an area in an hour."""
        functions, share = self._functions, float(self._case.region.functions.site_share[at])
        site_loss = functions.site_loss.get(at)
        by_sites = 0.0 if site_loss is None else share * float(site_loss[t, area])
        lowest, weakest = 1.0, -1
        for number in range(len(self._case.delivery.groups[at])):
            left = functions.group_left.get((at, number))
            if left is not None and left[t, area] < lowest:
                lowest, weakest = float(left[t, area]), number
        if by_sites >= (1.0 - share) * (1.0 - lowest):
            return self._site_behind(t, area, at)
        needs = self._case.delivery.groups[at][weakest].needs
        left_by = functions.need_left
        _, row = min(
            (float(left_by[at, weakest, row][t, area]), row)
            for row in range(len(needs))
            if (at, weakest, row) in left_by
        )
        return _Cause(needs[row].needs, self._event_behind(t, area, needs[row], self._ids[at]))

    def _site_behind(self, t: int, area: int, at: int) -> _Cause:
        """Find the site whose loss takes most of a function in an hour."""
        share = self._case.delivery.function_share[at]
        most, found = 0.0, _Cause("", ROOT)
        for from_h, to_h, weight, site, event in self._sites:
            if from_h < t + 1 and to_h > t and weight * share[site, area] > most:
                most = float(weight * share[site, area])
                found = _Cause(str(self._case.region.sites.site_id[site]), event)
        return found

    def _event_behind(self, t: int, area: int, need: FunctionNeed, function: str) -> int:
        """Find the event behind most of what is missing of a need in an hour."""
        if need.needs in self._ids:
            crossings = self._event_of.get((area, self._ids.index(need.needs)), [])
            before = [row for row in crossings if row[0] + need.autonomy_h <= t]
            return before[-1][2] if before and before[-1][1] > 0 else ROOT
        name = f"staff@{function}" if need.needs == "staff" else need.needs
        for rows in (self._rows(need.needs, area), self._missing(name, area)):
            felt = [
                (lost, -event)
                for from_h, to_h, lost, event in rows
                if from_h + need.autonomy_h < t + 1 and to_h + need.recovery_h > t
            ]
            if felt:
                return -max(felt)[1]
        return ROOT

    def _rows(self, service: str, area: int) -> list[tuple[float, float, float, int]]:
        """From, to, persons and event of the losses of a service in an area."""
        if service not in self._by_area:
            found = self._by_area[service] = {}
            for kind in self._losses.get(service, ()):
                for at, *row in zip(
                    kind.area.tolist(),
                    kind.from_h.tolist(),
                    kind.to_h.tolist(),
                    kind.persons.tolist(),
                    kind.event.tolist(),
                    strict=True,
                ):
                    found.setdefault(at, []).append(tuple(row))
        return self._by_area[service].get(area, [])

    def _missing(self, service: str, area: int) -> list[tuple[float, float, float, int]]:
        """From, to, missing share and event of a service that an area has as a whole."""
        key = f"missing {service}"
        if key not in self._by_area:
            found = self._by_area[key] = {}
            missing = self._areas.missing(service)
            for at, *row in zip(
                missing.area.tolist(),
                missing.from_h.tolist(),
                missing.to_h.tolist(),
                missing.share.tolist(),
                missing.event.tolist(),
                strict=True,
            ):
                found.setdefault(at, []).append(tuple(row))
        return self._by_area[key].get(0 if service in self._shared else area, [])
