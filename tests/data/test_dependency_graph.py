"""The graph of dependencies: loops as brute force finds them, rows where they belong."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dependency_graph import (
    CREW,
    Edge,
    crews_node,
    expand,
    instant_loops,
    loops_among,
    shared_services,
    staff_node,
    waiting_edges,
    water_shares,
)
from data.service_tables import NEEDS

NODES = [f"n{k}" for k in range(7)]
DELAYS = ("autonomy_h", "recovery_h")

edge_lists = st.lists(
    st.builds(
        Edge,
        dependent=st.sampled_from(NODES),
        needs=st.sampled_from(NODES),
        autonomy_h=st.sampled_from([0.0, 0.0, 0.5, 12.0]),
        recovery_h=st.sampled_from([0.0, 0.0, 0.5, 12.0]),
    ),
    max_size=20,
)


def reach(steps) -> dict[str, set[str]]:
    """Nodes that can be come to from each by one step or more."""
    found: dict[str, set[str]] = {}
    for node, need in steps:
        found.setdefault(node, set()).add(need)
    grows = True
    while grows:
        grows = False
        for node, own in found.items():
            more = {far for near in own for far in found.get(near, ())} - own
            found[node] = own | more
            grows |= bool(more)
    return found


def has_loop(steps) -> bool:
    return any(node in own for node, own in reach(steps).items())


def steps_of(edges) -> set[tuple[str, str]]:
    return {(edge.dependent, edge.needs) for edge in edges}


@given(edge_lists, st.sampled_from(DELAYS))
def test_a_loop_in_no_time_is_found_exactly_when_there_is_one(edges, delay):
    instant = steps_of(edge for edge in edges if getattr(edge, delay) == 0.0)
    assert bool(instant_loops(edges, delay)) is has_loop(instant)


@given(edge_lists, st.sampled_from(DELAYS))
def test_each_loop_found_is_one_of_steps_that_take_no_time(edges, delay):
    steps = steps_of(edge for edge in edges if getattr(edge, delay) == 0.0)
    for loop in instant_loops(edges, delay):
        assert len(loop) > 1
        assert loop[0] == loop[-1]
        assert len(set(loop)) == len(loop) - 1
        assert set(pairwise(loop)) <= steps


@given(edge_lists)
def test_without_the_first_step_of_each_loop_there_is_none(edges):
    first = {(loop[0], loop[1]) for loop in loops_among(edges)}
    assert not has_loop(steps_of(edges) - first)


@given(edge_lists, st.integers(0, 19))
def test_a_delay_more_never_makes_a_loop(edges, at):
    later = [replace(e, autonomy_h=e.autonomy_h + float(k == at)) for k, e in enumerate(edges)]
    assert bool(instant_loops(later, "autonomy_h")) <= bool(instant_loops(edges, "autonomy_h"))


@st.composite
def ruled_edges(draw):
    """Edges in groups of one rule each."""
    edges = []
    for node in draw(st.lists(st.sampled_from(NODES), unique=True)):
        for group in range(draw(st.integers(1, 2))):
            needs = draw(st.lists(st.sampled_from(NODES), min_size=1, max_size=3, unique=True))
            rule = draw(st.sampled_from(["weakest", "any", "k_of_n"]))
            k = draw(st.integers(1, len(needs)))
            edges += [
                Edge(
                    dependent=node,
                    needs=need,
                    group=f"g{group}",
                    rule=rule,
                    k=k if rule == "k_of_n" else 0,
                    level_after=draw(st.sampled_from([0.0, 0.0, 0.3])),
                )
                for need in needs
            ]
    return edges


def levels_after_everything_was_lost(edges) -> dict[str, float]:
    """Levels that the nodes come back to, each by itself whole again, found by repetition."""
    level = dict.fromkeys(NODES, 0.0)
    take = {
        "weakest": lambda left, _: min(left),
        "any": lambda left, _: max(left),
        "k_of_n": lambda left, k: sorted(left)[-k],
    }
    for _ in range(200):
        level = {
            node: min(
                (
                    take[group[0].rule](
                        [e.level_after + (1 - e.level_after) * level[e.needs] for e in group],
                        group[0].k,
                    )
                    for name in ("g0", "g1")
                    if (group := [e for e in edges if (e.dependent, e.group) == (node, name)])
                ),
                default=1.0,
            )
            for node in NODES
        }
    return level


@given(ruled_edges())
def test_who_waits_for_ever_is_who_never_comes_back(edges):
    level = levels_after_everything_was_lost(edges)
    held_back = {edge.dependent for edge in waiting_edges(edges)}
    assert held_back == {node for node, value in level.items() if value == 0.0}
    # Nobody is left at a part: without those who wait, all become whole.
    if not held_back:
        assert list(level.values()) == pytest.approx([1.0] * len(NODES))


@given(ruled_edges())
def test_among_those_who_wait_for_ever_there_is_a_loop(edges):
    waiting = waiting_edges(edges)
    assert bool(loops_among(waiting)) is bool(waiting)


def test_a_linear_need_holds_back_only_if_nothing_is_left():
    def waits(*left):
        edges = [Edge(dependent="b", needs="a", level_after=0.0)]
        edges += [
            Edge(dependent="a", needs=need, group="g", rule="linear", level_after=after)
            for need, after in zip(("b", "c"), left, strict=False)
        ]
        return bool(waiting_edges(edges))

    assert waits(0.0)
    assert not waits(0.2)
    # c needs nothing and comes back by itself.
    assert waits(0.0, 0.5)
    assert not waits(0.5, 0.5)


def test_mediated_edges_hold_nobody_back():
    edges = [
        Edge(dependent="a", needs="b", mediated=True),
        Edge(dependent="b", needs="a"),
    ]
    assert waiting_edges(edges) == []


def by_row(region) -> dict[int, list[Edge]]:
    found: dict[int, list[Edge]] = {}
    for edge in expand(region):
        if edge.row >= 0:
            found.setdefault(edge.row, []).append(edge)
    return found


def test_a_row_of_a_kind_is_given_to_every_site_of_the_kind_and_no_other(region):
    table, sites = region.dependencies, region.sites
    kinds = set(sites.kind.tolist())
    edges = by_row(region)
    assert set(edges) == set(range(len(table)))
    for row, dependent in enumerate(table.dependent.tolist()):
        if dependent in kinds:
            wanted = sorted(sites.site_id[sites.kind == dependent].tolist())
            assert sorted(edge.dependent for edge in edges[row]) == wanted


def test_a_row_of_crews_is_given_to_every_depot_with_the_skill(region):
    table, depots = region.dependencies, region.depots
    edges = by_row(region)
    for row, dependent in enumerate(table.dependent.tolist()):
        if dependent.startswith(CREW):
            skilled = depots.depot_id[depots.skill == dependent.removeprefix(CREW)]
            wanted = sorted(crews_node(depot) for depot in skilled.tolist())
            assert sorted(edge.dependent for edge in edges[row]) == wanted


def test_an_edge_carries_what_its_row_says(region):
    table = region.dependencies
    for row, edges in by_row(region).items():
        for edge in edges:
            assert (edge.group, edge.rule, edge.k) == (
                table.group[row],
                table.rule[row],
                table.k[row],
            )
            assert (edge.autonomy_h, edge.level_after, edge.recovery_h) == (
                table.autonomy_h[row],
                table.level_after[row],
                table.recovery_h[row],
            )
            assert not edge.mediated


def test_a_service_is_that_of_the_site_or_of_its_area(region):
    area = dict(zip(region.sites.site_id.tolist(), region.sites.area_id.tolist(), strict=True))
    kind = dict(zip(region.sites.site_id.tolist(), region.sites.kind.tolist(), strict=True))
    for row, edges in by_row(region).items():
        need = region.dependencies.needs[row]
        for edge in edges:
            site = edge.dependent
            if site not in area:
                continue
            if need in ("electricity", "telecom", "nodnett", "water"):
                assert edge.needs == f"{need}@{site}"
            elif need == "staff":
                assert edge.needs == staff_node(kind[site], area[site])
            elif need in NEEDS:
                assert edge.needs == f"{need}@{area[site]}"
            else:
                assert edge.needs == need


def test_every_area_has_its_telephone_and_its_water_from_somewhere(region):
    needed = reach(steps_of(expand(region)))
    cores = set(region.telecom_routes.core_site_id.tolist())
    works = set(region.water_works.site_id.tolist())
    for area in region.areas.area_id.tolist():
        assert needed[f"telecom@{area}"] & cores
        assert needed[f"water@{area}"] & works


def test_water_of_each_area_is_shared_out_whole(region):
    shares = water_shares(region)
    assert set(shares) == set(region.areas.area_id.tolist())
    np.testing.assert_allclose([sum(each.values()) for each in shares.values()], 1.0)


def test_the_built_in_region_has_one_shared_service_no_instant_loop_and_waits_for_nobody(region):
    edges = expand(region)
    assert shared_services(region) == {"it"}
    assert instant_loops(edges, "autonomy_h") == instant_loops(edges, "recovery_h") == []
    assert waiting_edges(edges) == []
