"""What hangs on what around one node, as a figure and as rows. No Streamlit.

The edges are those the model moves levels along, or says who hangs on whom with
(`data.dependency_graph`), and the deliveries of functions by sites. Where the figure is
about a function, its sites stand together by kind.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from data.dependency_graph import Edge, expand, shared_services
from data.region import Region
from ui.course_rows import titled
from ui.dependency_rows import rule_said
from ui.naming import Names
from ui.theme import LIGHT, Palette

MOST_NODES = 60
"""Largest figure that can still be read. [nodes]"""

STEPS = 2
"""Edges from the chosen node to the furthest one."""

NODE_KINDS = ("function", "site", "crews", "shared", "area_service")
"""Kinds of node a person may start from."""

AREA_SERVICES = ("water_supply", "backhaul", "road", "fuel", "heat")
"""Services with a node in each area."""

DELIVERED = "sites"
"""Group of a function's edges to the sites that deliver it."""

BY_KIND = "sites@"
"""Before a kind, all sites of that kind that deliver a function."""

WRAP_CHARACTERS = 22


def nodes_of(kind: str, region: Region, area: str = "") -> list[str]:
    """Nodes of a kind that a person may start from.

    Parameters
    ----------
    kind : str
        One of `NODE_KINDS`.
    region : Region
    area : str
        area_id; empty for all. Functions and shared services are in every area.
    """
    if kind == "function":
        return [str(each) for each in region.functions.function_id]
    if kind == "shared":
        return sorted(shared_services(region))
    if kind == "area_service":
        places = [area] if area else [str(each) for each in region.areas.area_id]
        return [f"{service}@{place}" for place in places for service in AREA_SERVICES]
    table, ids, prefix = (
        (region.sites, region.sites.site_id, "")
        if kind == "site"
        else (region.depots, region.depots.depot_id, "crews@")
    )
    return [
        f"{prefix}{each}"
        for each, place in zip(ids.tolist(), table.area_id.tolist(), strict=True)
        if not area or place == area
    ]


def all_edges(region: Region) -> tuple[Edge, ...]:
    """Edges of the model, and from each function to the sites that deliver it."""
    table = region.deliveries
    given = dict.fromkeys(zip(table.function_id.tolist(), table.site_id.tolist(), strict=True))
    delivered = tuple(
        Edge(dependent=function, needs=site, group=DELIVERED, rule="linear")
        for function, site in given
    )
    return (*expand(region), *delivered)


def by_kind(edges: Iterable[Edge], region: Region, keep: str) -> list[Edge]:
    """Put the sites that deliver a function together by kind, all but one of them.

    Parameters
    ----------
    edges : iterable of Edge
    region : Region
    keep : str
        Node that is never put together with others.
    """
    kind_of = dict(zip(region.sites.site_id.tolist(), region.sites.kind.tolist(), strict=True))
    found = [
        replace(edge, needs=BY_KIND + kind_of[edge.needs])
        if edge.group == DELIVERED and edge.needs != keep
        else edge
        for edge in edges
    ]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Part of the graph around a node.

    Attributes
    ----------
    node : str
        Where it is seen from.
    nodes : tuple of str
        The node itself first, then by distance.
    edges : tuple of Edge
        Between these nodes.
    left_out : int
        Nodes within reach that had no room.
    counts : dict
        Sites behind a node that stands for a kind.
    """

    node: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    left_out: int
    counts: dict[str, int]


def around(
    edges: Sequence[Edge], region: Region, node: str, most: int = MOST_NODES
) -> Neighbourhood:
    """Take what a node needs, and what needs it, two steps each way.

    Parameters
    ----------
    edges : sequence of Edge
        As `all_edges` gives them.
    region : Region
    node : str
    most : int
        Most nodes; those nearest stay. [nodes]
    """
    grouped = by_kind(edges, region, node)
    up = _reach(grouped, node, "dependent", "needs")
    down = _reach(grouped, node, "needs", "dependent")
    distance = {each: min(up.get(each, STEPS + 1), down.get(each, STEPS + 1)) for each in up | down}
    ordered = sorted(distance, key=lambda each: (distance[each], each not in up, each))
    kept = ordered[:most]
    inside = set(kept)
    shown = tuple(
        edge
        for edge in grouped
        if {edge.dependent, edge.needs} <= inside
        and ((edge.dependent in up and edge.needs in up) or edge.needs in down)
    )
    kinds = region.sites.kind.tolist()
    counts = {
        each: kinds.count(each.removeprefix(BY_KIND)) for each in kept if each.startswith(BY_KIND)
    }
    return Neighbourhood(node, tuple(kept), shown, len(ordered) - len(kept), counts)


def _reach(edges: Iterable[Edge], node: str, here: str, there: str) -> dict[str, int]:
    """Nodes within reach along the edges one way, with their distance."""
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(getattr(edge, here), []).append(getattr(edge, there))
    distance, edge_of_it = {node: 0}, [node]
    for step in range(1, STEPS + 1):
        further = [n for each in edge_of_it for n in following.get(each, ()) if n not in distance]
        edge_of_it = list(dict.fromkeys(further))
        distance.update(dict.fromkeys(edge_of_it, step))
    return distance


def node_name(node: str, names: Names, counts: dict[str, int]) -> str:
    """Name a node; one that stands for a kind of site with how many there are."""
    if node.startswith(BY_KIND):
        kind = titled(names.kind(node.removeprefix(BY_KIND)))
        n = counts.get(node, 0)
        return names.texts("place.sites", kind=kind, n=n) if n > 1 else kind
    return titled(names(node))


def edge_label(edge: Edge, names: Names) -> str:
    """Write the hours a dependent lasts without a need, and how its group combines."""
    if edge.group == DELIVERED:
        return ""
    texts = names.texts
    return texts(
        f"rule_short.{edge.rule}",
        hours=texts("value.hours", value=texts.rounded(edge.autonomy_h)),
        k=edge.k,
        share=texts.percent(1.0 - edge.level_after),
    )


def edge_table(part: Neighbourhood, names: Names) -> pd.DataFrame:
    """Write one row an edge: what is needed, by whom, autonomy [h], group and rule."""
    texts = names.texts
    return pd.DataFrame(
        {
            texts("functions.network.from"): [
                node_name(e.needs, names, part.counts) for e in part.edges
            ],
            texts("functions.network.to"): [
                node_name(e.dependent, names, part.counts) for e in part.edges
            ],
            texts("functions.autonomy"): [
                texts.rounded(e.autonomy_h) if e.group != DELIVERED else "" for e in part.edges
            ],
            texts("term.group"): [texts.known(f"group.{e.group}", e.group) for e in part.edges],
            texts("term.rule"): [rule_said(e.rule, e.k, e.group, names) for e in part.edges],
            texts("functions.network.mediated"): [
                texts("value.yes" if e.mediated else "value.no") for e in part.edges
            ],
        }
    )


def network_finding(part: Neighbourhood, names: Names) -> str:
    """Say how many things the node needs and gives to, and what it lasts least without."""
    texts = names.texts
    needs = [edge for edge in part.edges if edge.dependent == part.node]
    gives = {edge.dependent for edge in part.edges if edge.needs == part.node}
    name = node_name(part.node, names, part.counts)
    timed = [edge for edge in needs if edge.group != DELIVERED]
    said = {"name": name, "givers": texts.number(len(gives))}
    if not needs:
        return texts("finding.network.nothing", **said)
    said["needs"] = texts.number(len({edge.needs for edge in needs}))
    if not timed:
        return texts("finding.network.untimed", **said)
    shortest = min(timed, key=lambda edge: (edge.autonomy_h, edge.needs))
    return texts(
        "finding.network",
        need=node_name(shortest.needs, names, part.counts),
        hours=texts.quantity(shortest.autonomy_h, "h"),
        **said,
    )


def dot(part: Neighbourhood, names: Names, palette: Palette = LIGHT) -> str:
    """Write the figure in the language of Graphviz, from left to right.

    Returns
    -------
    str
        Text and lines have the contrast of the palette; the node it is seen from has a
        double border, so that colour does not stand alone.
    """
    lines = [
        "digraph {",
        'rankdir="LR"; bgcolor="transparent"; nodesep=0.15; ranksep=0.9;',
        f'node [shape="box", style="rounded", fontname="sans-serif", fontsize=13, '
        f'margin="0.10,0.05", height=0.3, color="{palette.rule}", fontcolor="{palette.text}"];',
        f'edge [fontname="sans-serif", fontsize=12, color="{palette.rule}", '
        f'fontcolor="{palette.text}", arrowsize=0.7];',
    ]
    for node in part.nodes:
        name = _wrapped(node_name(node, names, part.counts))
        here = f', peripheries=2, color="{palette.line}", penwidth=2' if node == part.node else ""
        lines.append(f"{_quoted(node)} [label={_quoted(name)}{here}];")
    for edge in part.edges:
        style = "dotted" if edge.mediated else "solid" if edge.rule == "weakest" else "dashed"
        lines.append(
            f"{_quoted(edge.needs)} -> {_quoted(edge.dependent)} "
            f'[label={_quoted(edge_label(edge, names))}, style="{style}"];'
        )
    return "\n".join([*lines, "}"])


def _wrapped(text: str) -> str:
    """Break a long name into lines after spaces and slashes."""
    lines = [""]
    for word in re.findall(r"[^ /]*[ /]?", text):
        if lines[-1] and len(lines[-1]) + len(word.strip()) > WRAP_CHARACTERS:
            lines.append("")
        lines[-1] += word
    return "\n".join(line.strip() for line in lines)


def _quoted(text: str) -> str:
    """Quote a text for Graphviz; line breaks become its own."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
