"""Who needs what, in words, and the figure of what hangs together."""

import re

import pytest

from data.dependency_graph import Edge
from data.read import load_region
from ui import dependency_graph as graph
from ui import dependency_rows
from ui.naming import read_names
from ui.texts import read_texts
from ui.theme import DARK, LIGHT


@pytest.fixture(scope="module")
def region():
    return load_region()


@pytest.fixture(scope="module")
def nb(region):
    return read_names(region, read_texts("nb"))


@pytest.fixture(scope="module")
def edges(region):
    return graph.all_edges(region)


def every_node(region) -> list[str]:
    return [n for kind in graph.NODE_KINDS for n in graph.nodes_of(kind, region)]


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_every_dependent_and_need_has_a_name(region, lang):
    names = read_names(region, read_texts(lang))
    table = dependency_rows.dependency_table(region, names)
    assert len(table) == len(region.dependencies)
    ids = {*region.dependencies.dependent.tolist(), *region.dependencies.needs.tolist()}
    shown = {*table.iloc[:, 0].str.lower(), *table.iloc[:, 2].str.lower()}
    # A service may be called what it is called in the table; nothing with an underscore is.
    assert {name for name in ids & shown if "_" in name or re.fullmatch(r"[a-z]\d+", name)} == set()
    assert not any("_" in name for name in shown)


def test_one_dependent_is_shown_alone_with_group_and_rule_in_words(region, nb):
    table = dependency_rows.dependency_table(region, nb, "it")
    assert set(table["Avhengig"]) == {"IT og datasentre"}
    assert set(table["Slag avhengig"]) == {"Felles tjeneste"}
    assert set(table["Gruppe"]) == {"datahaller"}
    assert set(table["Regel"]) == {"2 av gruppen må virke"}
    alone = dependency_rows.dependency_table(region, nb, "F11")
    assert set(alone["Regel"]) == {""}
    assert alone["Autonomi (timer)"].is_monotonic_increasing


def test_dependents_are_told_apart_by_what_they_are(region):
    kinds = {d: dependency_rows.kind_of(d, region) for d in ("F04", "hospital", "h1", "it")}
    assert kinds == {"F04": "function", "hospital": "kind", "h1": "site", "it": "shared"}
    assert dependency_rows.kind_of("crew_road", region) == "crews"


def test_a_figure_holds_two_steps_each_way(region):
    chain = [Edge(dependent=a, needs=b) for a, b in ("ab", "bc", "cd", "de", "ef")]
    part = graph.around(chain, region, "c")
    assert set(part.nodes) == {"a", "b", "c", "d", "e"}
    assert part.nodes[0] == "c"
    assert {(e.dependent, e.needs) for e in part.edges} == {
        ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")
    }  # fmt: skip
    assert part.left_out == 0


def test_what_has_no_room_is_the_furthest_and_is_counted(region):
    star = [Edge(dependent="a", needs=f"n{at}") for at in range(5)]
    star += [Edge(dependent=f"n{at}", needs=f"m{at}") for at in range(5)]
    part = graph.around(star, region, "a", most=7)
    assert {n for n in part.nodes if n.startswith("n")} == {f"n{at}" for at in range(5)}
    assert part.left_out == 4
    inside = set(part.nodes)
    assert all({e.dependent, e.needs} <= inside for e in part.edges)


def test_a_loop_ends(region):
    loop = [Edge(dependent="a", needs="b"), Edge(dependent="b", needs="a")]
    part = graph.around(loop, region, "a")
    assert len(part.edges) == 2


def test_no_node_of_the_region_gives_a_crowded_figure_or_a_bare_identifier(region, edges, nb):
    for node in every_node(region):
        part = graph.around(edges, region, node)
        assert 1 <= len(part.nodes) <= graph.MOST_NODES
        said = [graph.node_name(each, nb, part.counts) for each in part.nodes]
        assert not [name for name in said if "@" in name], node
        assert graph.network_finding(part, nb).startswith(said[0])


def test_sites_that_deliver_a_function_stand_together_by_kind(region, edges, nb):
    part = graph.around(edges, region, "F04")
    hospitals = graph.BY_KIND + "hospital"
    assert hospitals in part.nodes
    kinds = region.sites.kind.tolist()
    assert graph.node_name(hospitals, nb, part.counts) == f"Sykehus ({kinds.count('hospital')})"
    assert "h1" not in part.nodes
    assert "F04" in graph.around(edges, region, "h1").nodes


def test_the_table_has_a_row_for_each_arrow_with_its_hours(region, edges, nb):
    part = graph.around(edges, region, "h1")
    table = graph.edge_table(part, nb)
    assert len(table) == len(part.edges)
    power = table[table["Trengs"] == "Strøm ved Ullevål sykehus"]
    assert power["Autonomi (timer)"].tolist() == ["0"]
    call = table[table["Gruppe"] == "samband"]
    assert set(call["Regel"]) == {"én er nok"}


def test_an_arrow_says_autonomy_and_rule(nb):
    one = Edge(dependent="a", needs="b", group="g", rule="k_of_n", k=2, autonomy_h=0.5)
    assert graph.edge_label(one, nb) == "0,5 t, minst 2"
    share = Edge(dependent="a", needs="b", group="g", rule="linear", level_after=0.6)
    assert graph.edge_label(share, nb) == "0 t, gir 40\u00a0%"
    assert graph.edge_label(Edge(dependent="a", needs="b", group=graph.DELIVERED), nb) == ""


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_figure_runs_left_to_right_in_the_colours_of_the_theme(region, edges, nb, palette):
    part = graph.around(edges, region, "h1")
    text = graph.dot(part, nb, palette)
    assert 'rankdir="LR"' in text
    assert palette.text in text
    assert text.count("->") == len(part.edges)
    assert text.count("peripheries=2") == 1


def test_marks_of_names_cannot_break_the_figure(region, nb):
    names = type(nb)(nb.texts, {**nb.known, "a": 'He said "no" \\ yes'})
    part = graph.around([Edge(dependent="a", needs="b")], region, "a")
    text = graph.dot(part, names)
    assert '\\"no\\"' in text
    quotes = len(re.findall(r'(?<!\\)"', text))
    assert quotes % 2 == 0


def test_an_area_limits_sites_and_services_but_not_functions(region):
    places = dict(zip(region.sites.site_id.tolist(), region.sites.area_id.tolist(), strict=True))
    assert {places[s] for s in graph.nodes_of("site", region, "3236")} == {"3236"}
    assert all(n.endswith("@3236") for n in graph.nodes_of("area_service", region, "3236"))
    assert len(graph.nodes_of("function", region, "3236")) == len(region.functions)
