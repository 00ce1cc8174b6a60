from itertools import pairwise

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from data.dependency_graph import Edge
from sim.dependencies.graph import build_graph
from sim.dependencies.levels import Levels
from sim.dependencies.rules import combine
from sim.event_log import ROOT, EventLog, chain


class Run:
    """A graph in time, with a log of every change of a node."""

    def __init__(self, *edges, nodes=()):
        self.env = simpy.Environment()
        self.log = EventLog()
        self.graph = build_graph(edges, nodes)
        self.levels = Levels(self.env, self.graph, self.changed)
        self.seen = []

    def changed(self, node, before, level, because, through):
        name = self.graph.nodes[node]
        self.seen.append((self.env.now, name, level))
        what = "lost" if level < before else "back"
        return self.log.note(self.env.now, what, name, because=because, cause=through, level=level)

    def strike(self, t_h, name, level):
        """A node can do only so much by itself from an hour on."""

        def happen(_):
            root = self.log.note(self.env.now, "struck", name, cause="test", level=level)
            self.levels.set_own(self.graph.index[name], level, root)

        self.env.timeout(t_h).callbacks.append(happen)

    def run(self, until=100.0):
        self.env.run(until=until)
        return self

    def course(self, name):
        return [(t_h, level) for t_h, node, level in self.seen if node == name]

    def level(self, name):
        return self.levels.level(self.graph.index[name])

    def why(self, name, at=-1):
        """Assets of the chain behind a change of a node, itself first."""
        rows = [k for k, event in enumerate(self.log.events) if event.asset_id == name]
        rows = [k for k in rows if self.log.events[k].what != "struck"]
        return [event.asset_id for event in chain(self.log.events, rows[at])]


def needs(dependent, *names, **figures):
    return [Edge(dependent=dependent, needs=name, **figures) for name in names]


def test_the_weakest_need_decides():
    run = Run(*needs("site", "power", "water", level_after=0.2))
    run.strike(1.0, "water", 0.5)
    run.strike(2.0, "power", 0.0)
    run.strike(3.0, "power", 1.0)
    run.strike(4.0, "water", 1.0)
    run.run()
    assert run.course("site") == [
        (1.0, pytest.approx(0.6)),
        (2.0, pytest.approx(0.2)),
        (3.0, pytest.approx(0.6)),
        (4.0, 1.0),
    ]


def test_any_of_two_is_enough():
    run = Run(*needs("site", "telecom", "nodnett", group="call", rule="any"))
    run.strike(1.0, "telecom", 0.0)
    run.strike(2.0, "nodnett", 0.0)
    run.strike(3.0, "telecom", 1.0)
    run.run()
    assert run.course("site") == [(2.0, 0.0), (3.0, 1.0)]


def test_two_of_three_halls_are_enough():
    run = Run(*needs("it", "d1", "d3", "d4", group="halls", rule="k_of_n", k=2, level_after=0.1))
    run.strike(1.0, "d1", 0.0)
    run.strike(2.0, "d4", 0.0)
    run.strike(3.0, "d1", 1.0)
    run.run()
    assert run.course("it") == [(2.0, pytest.approx(0.1)), (3.0, 1.0)]


def test_losses_of_a_linear_group_add_up():
    run = Run(
        Edge(dependent="supply", needs="w1", group="works", rule="linear", level_after=0.3),
        Edge(dependent="supply", needs="w2", group="works", rule="linear", level_after=0.7),
    )
    run.strike(1.0, "w1", 0.5)
    run.strike(2.0, "w2", 0.0)
    run.run()
    # Half of the 0.7 that comes from the first, then the 0.3 of the second.
    assert run.course("supply") == [(1.0, pytest.approx(0.65)), (2.0, pytest.approx(0.35))]


def test_own_damage_and_needs_are_the_weaker_of_the_two():
    run = Run(*needs("site", "power"))
    run.strike(1.0, "site", 0.4)
    run.strike(2.0, "power", 0.7)
    run.strike(3.0, "power", 0.1)
    run.strike(4.0, "site", 1.0)
    run.strike(5.0, "power", 1.0)
    run.run()
    assert run.course("site") == [(1.0, 0.4), (3.0, 0.1), (5.0, 1.0)]


def test_what_a_node_lacks_by_itself_comes_on_top_in_a_linear_group():
    run = Run(*needs("supply", "w1", group="works", rule="linear", level_after=0.5))
    run.strike(1.0, "supply", 0.8)
    run.strike(2.0, "w1", 0.0)
    assert run.run().level("supply") == pytest.approx(0.3)


def test_a_need_is_felt_after_the_autonomy_and_until_the_recovery():
    run = Run(*needs("site", "power", autonomy_h=3.0, recovery_h=1.5, level_after=0.2))
    run.strike(1.0, "power", 0.0)
    run.strike(9.0, "power", 1.0)
    run.run()
    assert run.course("site") == [(4.0, pytest.approx(0.2)), (10.5, 1.0)]


def test_an_outage_shorter_than_the_autonomy_is_not_told():
    run = Run(*needs("site", "power", autonomy_h=3.0))
    run.strike(1.0, "power", 0.0)
    run.strike(3.9, "power", 1.0)
    assert run.run().course("site") == []


def test_autonomies_add_up_along_a_chain():
    run = Run(
        Edge(dependent="route", needs="core", autonomy_h=2.0),
        Edge(dependent="backhaul", needs="route"),
        Edge(dependent="site", needs="backhaul", autonomy_h=4.0, level_after=0.5),
    )
    run.strike(1.0, "core", 0.0)
    run.run()
    assert [(t_h, name) for t_h, name, _ in run.seen] == [
        (1.0, "core"),
        (3.0, "route"),
        (3.0, "backhaul"),
        (7.0, "site"),
    ]


def test_a_change_that_takes_no_time_meets_each_node_once_after_all_it_needs():
    diamond = [
        *needs("top", "left", "right", group="sum", rule="linear", level_after=0.5),
        *needs("left", "root"),
        *needs("right", "root"),
    ]
    run = Run(*diamond)
    run.strike(1.0, "root", 0.0)
    run.run()
    assert [name for _, name, _ in run.seen] == ["root", "left", "right", "top"]
    assert run.level("top") == 0.0


def test_two_changes_at_one_instant_end_in_the_right_level():
    run = Run(*needs("site", "power", autonomy_h=2.0, recovery_h=1.0))
    run.strike(1.0, "power", 0.0)
    run.strike(1.0, "power", 1.0)
    run.strike(5.0, "power", 0.0)
    run.strike(5.0, "power", 0.5)
    run.strike(9.0, "power", 1.0)
    run.run()
    assert run.course("site") == [(7.0, 0.5), (10.0, 1.0)]


def test_one_need_lost_as_another_returns_is_no_break():
    run = Run(*needs("site", "power", "water"))
    run.strike(1.0, "power", 0.0)
    run.strike(4.0, "water", 0.0)
    run.strike(4.0, "power", 1.0)
    run.strike(6.0, "water", 1.0)
    run.run()
    assert run.course("site") == [(1.0, 0.0), (6.0, 1.0)]


def test_a_loop_with_delays_resolves_in_time_and_comes_back():
    run = Run(
        Edge(dependent="a", needs="b", autonomy_h=3.0, level_after=0.4, recovery_h=1.0),
        Edge(dependent="b", needs="a", autonomy_h=2.0, level_after=0.5, recovery_h=1.0),
    )
    run.strike(1.0, "a", 0.0)
    run.strike(10.0, "a", 1.0)
    run.run(200.0)
    # a is out; b follows two hours later. When a is mended b still holds it down, each time less.
    assert run.course("a")[0] == (1.0, 0.0)
    assert run.course("b")[0] == (3.0, pytest.approx(0.5))
    assert run.course("a")[1] == (10.0, pytest.approx(0.4 + 0.6 * 0.5))
    assert run.course("b")[1] == (11.0, pytest.approx(0.5 + 0.5 * 0.7))
    assert run.course("a")[2] == (12.0, pytest.approx(0.4 + 0.6 * 0.85))
    assert run.level("a") == pytest.approx(1.0, abs=1e-8)
    assert run.level("b") == pytest.approx(1.0, abs=1e-8)


def test_a_loop_in_which_nothing_is_left_keeps_itself_down():
    run = Run(
        Edge(dependent="a", needs="b", autonomy_h=1.0, recovery_h=1.0),
        Edge(dependent="b", needs="a", autonomy_h=1.0, recovery_h=1.0),
    )
    run.strike(1.0, "a", 0.0)
    run.strike(1.5, "a", 1.0)
    run.strike(20.0, "b", 0.0)
    run.strike(30.0, "b", 1.0)
    run.run()
    # The first is over before it is felt, the second lasts long enough to come round.
    assert run.course("a")[:2] == [(1.0, 0.0), (1.5, 1.0)]
    assert run.level("a") == run.level("b") == 0.0


def test_a_chain_of_causes_follows_the_weakest_need():
    run = Run(
        *needs("site", "power", "water", level_after=0.1),
        *needs("water", "works", level_after=0.5),
    )
    run.strike(1.0, "works", 0.0)
    run.strike(2.0, "power", 0.0)
    run.strike(5.0, "power", 1.0)
    run.run()
    assert run.why("site", 0) == ["site", "water", "works", "works"]
    assert run.why("site", 1) == ["site", "power", "power"]
    site = [event for event in run.log.events if event.asset_id == "site"]
    assert [event.cause for event in site] == ["water", "power", ""]
    # What improves names what brought it.
    assert run.why("site", 2) == ["site", "power", "power"]
    assert run.log.events[site[2].because].what == "back"


def test_the_last_need_that_failed_is_the_cause_where_either_would_have_done():
    run = Run(*needs("site", "telecom", "nodnett", group="call", rule="any"))
    run.strike(1.0, "nodnett", 0.0)
    run.strike(4.0, "telecom", 0.0)
    assert run.run().why("site") == ["site", "telecom", "telecom"]


def test_the_need_that_takes_most_is_the_cause_in_a_linear_group():
    run = Run(
        Edge(dependent="supply", needs="w1", group="works", rule="linear", level_after=0.3),
        Edge(dependent="supply", needs="w2", group="works", rule="linear", level_after=0.7),
    )
    run.strike(1.0, "w1", 0.0)
    run.strike(2.0, "w2", 0.0)
    assert run.run().why("supply") == ["supply", "w1", "w1"]


def test_a_late_effect_names_what_began_it():
    run = Run(*needs("site", "water", autonomy_h=8.0, level_after=0.4))
    run.strike(1.0, "water", 0.5)
    run.strike(6.0, "water", 0.0)
    run.run()
    # First what has lasted for eight hours by then, later what came on top.
    assert run.course("site") == [(9.0, pytest.approx(0.7)), (14.0, pytest.approx(0.4))]
    first, second = (event for event in run.log.events if event.asset_id == "site")
    assert [run.log.events[event.because].t_h for event in (first, second)] == [1.0, 6.0]


def test_nodes_that_were_never_touched_are_whole_and_have_no_cause():
    run = Run(*needs("site", "power"))
    node = run.graph.index["site"]
    assert (run.levels.level(node), run.levels.own(node)) == (1.0, 1.0)
    assert run.levels.because(node) == ROOT


def test_setting_what_holds_already_tells_nobody():
    run = Run(*needs("site", "power"))
    run.strike(1.0, "power", 1.0)
    run.strike(2.0, "power", 0.5)
    run.strike(3.0, "power", 0.5)
    assert run.run().course("site") == [(2.0, 0.5)]


def test_mediated_needs_are_left_to_their_process():
    run = Run(Edge(dependent="reservoir", needs="works", mediated=True), nodes=["works"])
    run.strike(1.0, "works", 0.0)
    assert [name for _, name, _ in run.run().seen] == ["works"]


def leontief(a, struck, delay_h=1.0, until=400.0):
    """Level of every node of an economy in which each needs the others linearly."""
    size = len(a)
    edges = [
        Edge(
            dependent=f"s{row}",
            needs=f"s{column}",
            group="inputs",
            rule="linear",
            level_after=1.0 - a[row][column],
            autonomy_h=delay_h,
            recovery_h=delay_h,
        )
        for row in range(size)
        for column in range(size)
        if a[row][column] > 0.0
    ]
    run = Run(*edges, nodes=[f"s{row}" for row in range(size)])
    for row, lost in enumerate(struck):
        if lost > 0.0:
            run.strike(1.0, f"s{row}", 1.0 - lost)
    run.run(until)
    return 1.0 - np.array([run.level(f"s{row}") for row in range(size)])


def test_two_sectors_come_to_rest_at_the_inoperability_of_leontief():
    # Haimes and Jiang 2001: q = (I - A)^-1 c.
    a, c = np.array([[0.0, 0.2], [0.4, 0.0]]), np.array([0.1, 0.0])
    expected = np.linalg.solve(np.eye(2) - a, c)
    assert expected == pytest.approx([0.1 / 0.92, 0.04 / 0.92])
    assert leontief(a, c) == pytest.approx(expected, abs=1e-6)


@given(
    st.lists(st.floats(0.01, 0.45), min_size=4, max_size=4),
    st.lists(st.floats(0.0, 0.2), min_size=2, max_size=2),
)
def test_any_small_economy_comes_to_rest_there(coefficients, struck):
    a, c = np.array(coefficients).reshape(2, 2), np.array(struck)
    np.fill_diagonal(a, 0.0)
    expected = np.linalg.solve(np.eye(2) - a, c)
    assert leontief(a, c) == pytest.approx(expected, abs=1e-6)


@st.composite
def webs(draw):
    """Nodes in a row, each needing some of those before it, and what is struck when."""
    count = draw(st.integers(2, 6))
    edges = [
        Edge(
            dependent=f"n{at}",
            needs=f"n{before}",
            level_after=draw(st.sampled_from([0.0, 0.3, 0.8])),
            autonomy_h=draw(st.sampled_from([0.0, 0.0, 1.0, 2.5])),
            recovery_h=draw(st.sampled_from([0.0, 0.0, 1.5])),
        )
        for at in range(1, count)
        for before in sorted(draw(st.sets(st.integers(0, at - 1), min_size=1)))
    ]
    strikes = draw(
        st.lists(
            st.tuples(
                st.integers(0, 40).map(lambda k: 0.25 * k),
                st.integers(0, count - 1),
                st.sampled_from([0.0, 0.5, 1.0]),
            ),
            min_size=1,
            max_size=8,
        )
    )
    return edges, sorted(strikes, key=lambda each: each[0]), count


@given(webs())
def test_long_after_the_last_change_each_level_is_what_its_needs_leave(web):
    edges, strikes, count = web
    run = Run(*edges, nodes=[f"n{at}" for at in range(count)])
    own = dict.fromkeys(range(count), 1.0)
    for t_h, at, level in strikes:
        run.strike(t_h, f"n{at}", level)
        own[at] = level
    run.run(200.0)
    settled = {}
    for at in range(count):
        left = [
            edge.level_after + (1.0 - edge.level_after) * settled[edge.needs]
            for edge in edges
            if edge.dependent == f"n{at}"
        ]
        settled[f"n{at}"] = min(own[at], combine(left, "weakest") if left else 1.0)
        assert run.level(f"n{at}") == pytest.approx(settled[f"n{at}"])


@given(webs())
def test_every_change_has_a_chain_that_begins_with_what_struck(web):
    edges, strikes, count = web
    run = Run(*edges, nodes=[f"n{at}" for at in range(count)])
    for t_h, at, level in strikes:
        run.strike(t_h, f"n{at}", level)
    run.run(200.0)
    for at, event in enumerate(run.log.events):
        links = chain(run.log.events, at)
        assert links[-1].what == "struck"
        assert all(a.t_h >= b.t_h for a, b in pairwise(links))
        if event.what == "lost":
            # A loss comes from a loss, never from something that got better.
            assert all(link.what in ("lost", "struck") for link in links)
