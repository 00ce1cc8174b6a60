"""Which sites stand behind the functions of each area, and what functions need."""

from dataclasses import dataclass

import numpy as np

from data.dependency_graph import Rule
from data.region import Region
from data.tables import FloatArray, positions


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionNeed:
    """One thing the premises of a function need.

    Attributes
    ----------
    needs : str
        A service, a function or a shared service.
    autonomy_h, level_after, recovery_h : float
        [h], [1], [h]
    """

    needs: str
    autonomy_h: float
    level_after: float
    recovery_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedGroup:
    """Needs of a function that combine by one rule."""

    rule: Rule
    k: int
    needs: tuple[FunctionNeed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Functions by position.

    Attributes
    ----------
    function_share : tuple of ndarray, each of shape (site, area)
        Share of each function's site delivery that comes from a site.
    groups : tuple of tuple of NeedGroup
        Of each function.
    rounds : tuple of tuple of int
        Functions in the order they are computed; those of one round need each other with
        a delay and are computed until they agree.
    """

    function_share: tuple[FloatArray, ...]
    groups: tuple[tuple[NeedGroup, ...], ...]
    rounds: tuple[tuple[int, ...], ...]


def delivery(region: Region) -> Delivery:
    """Arrange deliveries and the needs of functions by position."""
    area_ids, site_ids = region.areas.area_id, region.sites.site_id
    functions = region.functions.function_id.tolist()
    table = region.deliveries
    site = positions(site_ids, table.site_id)
    area = positions(area_ids, table.area_id)

    def shares(function: str) -> FloatArray:
        share = np.zeros((len(site_ids), len(area_ids)))
        chosen = table.function_id == function
        np.add.at(share, (site[chosen], area[chosen]), table.share[chosen])
        return share

    groups = tuple(_groups(region, name) for name in functions)
    return Delivery(
        function_share=tuple(shares(name) for name in functions),
        groups=groups,
        rounds=_rounds(functions, groups),
    )


def _groups(region: Region, function: str) -> tuple[NeedGroup, ...]:
    table = region.dependencies
    grouped: dict[str, list[int]] = {}
    for row in np.flatnonzero(table.dependent == function).tolist():
        grouped.setdefault(str(table.group[row]) or f" {row}", []).append(row)
    return tuple(
        NeedGroup(
            rule=str(table.rule[rows[0]]),  # type: ignore[arg-type]  # checked by the column
            k=int(table.k[rows[0]]),
            needs=tuple(
                FunctionNeed(
                    needs=str(table.needs[row]),
                    autonomy_h=float(table.autonomy_h[row]),
                    level_after=float(table.level_after[row]),
                    recovery_h=float(table.recovery_h[row]),
                )
                for row in rows
            ),
        )
        for rows in grouped.values()
    )


def _rounds(
    functions: list[str], groups: tuple[tuple[NeedGroup, ...], ...]
) -> tuple[tuple[int, ...], ...]:
    """Strongly connected sets of functions, those that others need first."""
    needs = [
        {
            functions.index(need.needs)
            for group in own
            for need in group.needs
            if need.needs in functions
        }
        for own in groups
    ]
    reach = [set(each) for each in needs]
    for _ in functions:
        for own in reach:
            own |= {far for near in own for far in reach[near]}
    left, rounds = set(range(len(functions))), []
    while left:
        ready = [at for at in sorted(left) if not (reach[at] & left) - _loop(at, reach)]
        loop = tuple(sorted(_loop(ready[0], reach) | {ready[0]}))
        rounds.append(loop)
        left -= set(loop)
    return tuple(rounds)


def _loop(at: int, reach: list[set[int]]) -> set[int]:
    """Functions that need one another with this one, itself among them if there are any."""
    return {other for other in reach[at] if at in reach[other]} | {at}
