"""Measures: what could be done, what it costs, and the portfolios made of it."""

import pandas as pd
import streamlit as st

from scenarios.schema import Measure, Portfolio
from ui import parts, reading
from ui.hazard_words import field_rows
from ui.state import called, language, t, texts


def show() -> None:
    """Draw the page."""
    st.title(t("measures.title"))
    st.markdown(t("measures.lead"))
    st.header(t("measures.list"))
    measure_table()
    st.header(t("measures.portfolios"))
    portfolio_table()
    st.header(t("measures.orders"))
    st.markdown(t("measures.orders.text"))
    order_table()
    st.header(t("measures.details"))
    lang = language()
    for name, measure in reading.measures().items():
        with st.expander(getattr(measure.name, lang), key=f"measure_{name}"):
            details(name, measure)
    st.caption(t("measures.cost.note"))


def measure_table() -> None:
    """Draw one row a measure."""
    lang = language()
    costs = reading.measure_costs()
    rows = []
    for name, measure in reading.measures().items():
        investment, yearly, _ = costs[name]
        rows.append(
            {
                t("term.measure_taken"): getattr(measure.name, lang),
                t("measures.what"): getattr(measure.summary, lang),
                t("measures.investment"): texts().rounded(investment),
                t("measures.yearly"): texts().rounded(yearly),
                t("term.quality"): t(f"quality.{measure.quality}"),
            }
        )
    parts.table(pd.DataFrame(rows), t("measures.list.alt", n=len(rows)), "measure_table")


def portfolio_table() -> None:
    """Draw one row a portfolio."""
    lang = language()
    library = reading.measures()
    costs = reading.portfolio_costs()
    rows = []
    for name, portfolio in reading.portfolios().items():
        investment, yearly = costs[name]
        made_of = [getattr(library[m].name, lang) for m in portfolio.measures]
        rows.append(
            {
                t("term.portfolio"): getattr(portfolio.name, lang),
                t("measures.what"): getattr(portfolio.summary, lang),
                t("measures.made_of"): "; ".join(made_of) or t("value.none"),
                t("measures.restoration"): order_said(portfolio),
                t("measures.investment"): texts().rounded(investment),
                t("measures.yearly"): texts().rounded(yearly),
            }
        )
    parts.table(pd.DataFrame(rows), t("measures.portfolios.alt", n=len(rows)), "portfolio_table")


def order_said(portfolio: Portfolio) -> str:
    """Say in which order faults are repaired."""
    order = portfolio.restoration
    said = t(f"measures.restoration.policy.{order.policy}")
    if not order.first:
        return said
    return t(
        "measures.restoration.first", policy=said, first=", ".join(called()(n) for n in order.first)
    )


def order_table() -> None:
    """Draw the library's orders of repair."""
    lang = language()
    rows = [
        {
            t("term.portfolio"): getattr(portfolio.name, lang),
            t("measures.what"): getattr(portfolio.summary, lang),
            t("measures.restoration"): order_said(portfolio),
        }
        for portfolio in reading.orders().values()
    ]
    parts.table(pd.DataFrame(rows), t("measures.orders.alt", n=len(rows)), "order_table")


def details(name: str, measure: Measure) -> None:
    """Draw what a measure does, and its quantities and unit prices with their sources."""
    does = [
        (t(f"action.{action.kind}"), field, value)
        for action in measure.actions
        for field, value in field_rows(action, called(), "action")
    ]
    columns = [t("measures.actions"), t("term.what"), t("term.value")]
    alt = t("measures.actions.alt", n=texts().number(len(does)))
    parts.table(pd.DataFrame(does, columns=columns), alt, f"actions_{name}")
    quantities = reading.measure_costs()[name][2]
    rows = [
        {
            t("measures.cost.of"): t(f"cost_of.{cost.of}"),
            t("measures.cost.amount"): texts().rounded(quantities.get(cost.of, 0.0)),
            t("measures.cost.investment"): texts().rounded(cost.investment_nok),
            t("measures.cost.yearly"): texts().rounded(cost.yearly_nok),
            t("measures.cost.lifetime"): texts().rounded(cost.lifetime_yr),
            t("term.quality"): t(f"quality.{cost.quality}"),
            t("term.source"): cost.source,
        }
        for cost in measure.costs
    ]
    parts.table(pd.DataFrame(rows), t("measures.cost.alt"), f"costs_{name}")
    st.markdown(t("measures.source", source=measure.source))


show()
