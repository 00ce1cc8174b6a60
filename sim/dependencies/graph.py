"""The graph of dependencies by position, compiled once for every replication."""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from data.dependency_graph import Edge, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Needs of one node that combine by one rule; ``edges`` are positions."""

    rule: Rule
    k: int
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes, edges and groups by position.

    Attributes
    ----------
    nodes : tuple of str
    index : dict
        Position of each node.
    groups : tuple of tuple of Group
        Of each node.
    outgoing : tuple of tuple of int
        Edges whose need is the node.
    needs, dependent : tuple of int
        Ends of each edge.
    autonomy_h, recovery_h, level_after : tuple of float
        Of each edge. [h], [h], [1]
    service : tuple of str
        What each edge is about, for people: ``water`` of ``water@h1``.
    rank : tuple of int
        An order of the nodes in which a change that takes no time meets each node after
        all it needs, as far as there is such an order.
    """

    nodes: tuple[str, ...]
    index: dict[str, int]
    groups: tuple[tuple[Group, ...], ...]
    outgoing: tuple[tuple[int, ...], ...]
    needs: tuple[int, ...]
    dependent: tuple[int, ...]
    autonomy_h: tuple[float, ...]
    recovery_h: tuple[float, ...]
    level_after: tuple[float, ...]
    service: tuple[str, ...]
    rank: tuple[int, ...]


def build_graph(edges: Sequence[Edge], nodes: Sequence[str] = ()) -> Graph:
    """Compile edges.

    Parameters
    ----------
    edges : sequence of Edge
        Mediated ones are left to their processes.
    nodes : sequence of str
        Nodes that shall be there even without an edge.

    Returns
    -------
    Graph
    """
    kept = [edge for edge in edges if not edge.mediated]
    names = dict.fromkeys(nodes)
    for edge in kept:
        names.setdefault(edge.dependent)
        names.setdefault(edge.needs)
    index = {name: at for at, name in enumerate(names)}
    outgoing: list[list[int]] = [[] for _ in index]
    grouped: list[dict[str, list[int]]] = [{} for _ in index]
    for at, edge in enumerate(kept):
        outgoing[index[edge.needs]].append(at)
        # A row without a group is a group of its own; no name of a group holds a blank first.
        key = edge.group or f" {at}"
        grouped[index[edge.dependent]].setdefault(key, []).append(at)
    return Graph(
        nodes=tuple(index),
        index=index,
        groups=tuple(
            tuple(
                Group(rule=kept[members[0]].rule, k=kept[members[0]].k, edges=tuple(members))
                for members in groups.values()
            )
            for groups in grouped
        ),
        outgoing=tuple(tuple(each) for each in outgoing),
        needs=tuple(index[edge.needs] for edge in kept),
        dependent=tuple(index[edge.dependent] for edge in kept),
        autonomy_h=tuple(edge.autonomy_h for edge in kept),
        recovery_h=tuple(edge.recovery_h for edge in kept),
        level_after=tuple(edge.level_after for edge in kept),
        service=tuple(edge.needs.split("@", maxsplit=1)[0] for edge in kept),
        rank=_ranks(kept, index),
    )


def _ranks(edges: Sequence[Edge], index: dict[str, int]) -> tuple[int, ...]:
    """Order by edges along which a loss or a recovery takes no time, as far as possible.

    Losses may be instant one way round a loop and recoveries the other way; then the order
    is that of losses alone, and a node may be looked at twice.
    """
    for hold in ((0, 0), (0, None)):
        before: dict[str, list[str]] = {name: [] for name in index}
        for edge in edges:
            if edge.autonomy_h == hold[0] or edge.recovery_h == hold[1]:
                before[edge.dependent].append(edge.needs)
        try:
            order = {name: at for at, name in enumerate(TopologicalSorter(before).static_order())}
        except CycleError:
            continue
        return tuple(order[name] for name in index)
    return tuple(range(len(index)))
