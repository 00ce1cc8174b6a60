"""What hangs together: the dependency graph around one node, and the same as a table."""

import streamlit as st

from ui import parts, reading
from ui.dependency_graph import (
    NODE_KINDS,
    around,
    dot,
    edge_table,
    network_finding,
    node_name,
    nodes_of,
)
from ui.state import View, called, choose, colours, t, texts


@st.fragment
def draw(view: View, first: str) -> None:
    """Draw two steps around a function, site, depot or service.

    Parameters
    ----------
    view : View
        Sites and services are those of its area, if it has one.
    first : str
        Node shown until another is chosen.
    """
    st.markdown(t("functions.network.text"))
    region = reading.region()
    options = {kind: nodes_of(kind, region, view.area) for kind in NODE_KINDS}
    left, right = st.columns(2)
    with left:
        kind = choose(
            t("functions.network.kind"),
            [each for each in NODE_KINDS if options[each]],
            "node_kind",
            lambda k: t(f"network_kind.{k}"),
        )
    with right:
        named = sorted(options[kind], key=lambda n: (node_name(n, called(), {}).lower(), n))
        node = choose(
            t("functions.network.node"),
            named,
            "node",
            lambda n: node_name(n, called(), {}),
            first,
        )
    part = around(reading.edges(), region, node)
    finding = network_finding(part, called())
    alt = t(
        "functions.network.alt",
        n=texts().number(len(part.edges)),
        nodes=texts().number(len(part.nodes)),
        name=node_name(node, called(), {}),
    )
    if part.edges:
        figure = dot(part, called(), colours())
        st.graphviz_chart(figure, width="stretch", alt=f"{alt} {finding}")
    st.markdown(parts.plain(finding))
    if part.left_out:
        st.caption(t("functions.network.cut", n=texts().number(part.left_out)))
    if part.edges:
        with st.expander(t("table.under_chart"), key="network_numbers"):
            parts.table(edge_table(part, called()), alt, "network_table")
