"""Critical functions: service level by function, area and hour.

A function is delivered by its sites (``site_share``) and by premises spread like the people.
Sites deliver what their level lets them (`sim.dependencies.levels`). Premises are followed as
the shares of people who lack something for longer than the premises last without it; how
needs combine is told by the same rules as for sites (`sim.dependencies.rules`). Functions
that need each other are computed until they agree: each loop takes time, so what an hour
needs has been settled in the hours before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray
from sim.case import Case
from sim.dependencies.delivery import FunctionNeed
from sim.dependencies.lag import felt_by_hour
from sim.dependencies.rules import combine_arrays
from sim.intervals import hourly_weight
from sim.services.area_levels import AreaLevels
from sim.services.losses import Losses, combined_share
from sim.services.sites import SiteOutages

LEVEL_TOL = 1e-9
"""Functions that need each other agree when none moves by more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionLevels:
    """Levels of functions.

    Attributes
    ----------
    level : ndarray, shape (time, area, function)
        0 to 1.
    premises : ndarray, shape (time, area, function)
        What the premises alone deliver.
    site_loss : dict
        By function, what its sites do not deliver, shape (time, area); whole ones are left out.
    group_left : dict
        By function and group of needs, what the group leaves, shape (time, area).
    need_left : dict
        By function, group and need, what the need leaves, shape (time, area).
    """

    level: FloatArray
    premises: FloatArray
    site_loss: dict[int, FloatArray]
    group_left: dict[tuple[int, int], FloatArray]
    need_left: dict[tuple[int, int, int], FloatArray]


class _Needs:
    """What each need leaves, by hour and area; computed when first asked for."""

    def __init__(
        self,
        case: Case,
        losses: Mapping[str, tuple[Losses, ...]],
        areas: AreaLevels,
        without_power: FloatArray,
    ) -> None:
        self._case = case
        self._losses = losses
        self._areas = areas
        self._without_power = without_power
        self._shape = without_power.shape
        self._shared = frozenset(case.services.shared_names)
        self._level: dict[str, FloatArray | None] = {}
        self._left: dict[tuple[str, float, float, float], FloatArray | None] = {}
        self._functions = frozenset(case.region.functions.function_id.tolist())

    def left(self, need: FunctionNeed, function: str) -> FloatArray | None:
        """Return what a need leaves of the premises, (time, area); None for all of it."""
        if need.needs in self._functions:
            return self._left_of(need, need.needs)
        name = f"staff@{function}" if need.needs == "staff" else need.needs
        key = (name, need.autonomy_h, need.recovery_h, need.level_after)
        if key not in self._left:
            self._left[key] = self._left_of(need, name)
        return self._left[key]

    def _left_of(self, need: FunctionNeed, name: str) -> FloatArray | None:
        if need.needs == "electricity" and need.autonomy_h == 0.0 == need.recovery_h:
            lost = self._without_power
        elif need.needs in self._losses:
            lost = combined_share(
                self._losses[need.needs],
                self._case.population,
                self._case.hours,
                need.autonomy_h,
                need.recovery_h,
            )
        else:
            level = self._of_area(name)
            if level is None:
                return None
            lost = 1.0 - felt_by_hour(level, need.autonomy_h, need.recovery_h)
        return 1.0 - (1.0 - need.level_after) * lost if lost.any() else None

    def _of_area(self, name: str) -> FloatArray | None:
        """Level of a service that is the same in a whole area, or of a shared one."""
        if name not in self._level:
            missing = self._areas.missing(name)
            self._level[name] = None
            if len(missing.area):
                hours, n_area = self._shape
                weight = hourly_weight(
                    missing.area,
                    missing.share,
                    missing.from_h,
                    missing.to_h,
                    places=1 if name in self._shared else n_area,
                    hours=hours,
                )
                self._level[name] = np.ascontiguousarray(
                    np.broadcast_to(1.0 - np.minimum(weight, 1.0), self._shape)
                )
        return self._level[name]

    def set_function(self, function: str, level: FloatArray) -> None:
        """Let a function have a level that others may need."""
        self._level[function] = level


def function_levels(
    case: Case,
    losses: Mapping[str, tuple[Losses, ...]],
    areas: AreaLevels,
    outages: SiteOutages,
    without_power: FloatArray,
) -> FunctionLevels:
    """Service level of each critical function.

    Parameters
    ----------
    case : Case
    losses : mapping
        From `sim.services.losses.losses_of`.
    areas : AreaLevels
    outages : SiteOutages
    without_power : ndarray, shape (time, area)
        Share of people without electricity, rotating disconnection included.

    Returns
    -------
    FunctionLevels
    """
    functions = case.region.functions
    ids = functions.function_id.tolist()
    shape = (len(ids), *without_power.shape)
    hit = np.unique(outages.site)
    lost = hourly_weight(
        np.searchsorted(hit, outages.site),
        outages.weight,
        outages.from_h,
        outages.to_h,
        places=len(hit),
        hours=case.hours,
    )
    needs = _Needs(case, losses, areas, without_power)
    level, premises = np.ones(shape), np.ones(shape)
    site_loss: dict[int, FloatArray] = {}
    group_left: dict[tuple[int, int], FloatArray] = {}
    need_left: dict[tuple[int, int, int], FloatArray] = {}
    shares = functions.site_share.tolist()
    for at, share in enumerate(shares):
        if share > 0.0 and len(hit):
            site_loss[at] = np.minimum(lost @ case.delivery.function_share[at][hit], 1.0)

    def compute(at: int) -> None:
        for number, group in enumerate(case.delivery.groups[at]):
            parts = [needs.left(need, ids[at]) for need in group.needs]
            known = {row: part for row, part in enumerate(parts) if part is not None}
            whole = len(parts) - len(known)
            if not known or (whole and group.rule == "any") or whole >= group.k > 0:
                continue
            # The needs that are whole take nothing; k_of_n counts them.
            left = combine_arrays(list(known.values()), group.rule, group.k - whole)
            group_left[at, number] = left
            need_left.update({(at, number, row): part for row, part in known.items()})
            np.minimum(premises[at], left, out=premises[at])
        if at in site_loss:
            level[at] -= shares[at] * site_loss[at]
        level[at] -= (1.0 - shares[at]) * (1.0 - premises[at])
        np.clip(level[at], 0.0, 1.0, out=level[at])
        needs.set_function(ids[at], level[at])

    for loop in case.delivery.rounds:
        before = None
        # Delays of a loop add up to an hour at least, so an hour's levels settle in one turn.
        for _ in range(case.hours + 1):
            for at in loop:
                level[at] = premises[at] = 1.0
                compute(at)
            now = level[list(loop)].copy() if len(loop) > 1 else None
            if now is None or (
                before is not None and float(np.abs(now - before).max()) <= LEVEL_TOL
            ):
                break
            before = now
    return FunctionLevels(
        level=np.ascontiguousarray(level.transpose(1, 2, 0)),
        premises=premises.transpose(1, 2, 0),
        site_loss=site_loss,
        group_left=group_left,
        need_left=need_left,
    )
