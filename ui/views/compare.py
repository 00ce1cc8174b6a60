"""Compare: which portfolio helps most, and what it gives per krone."""

import math

import pandas as pd
import streamlit as st

from sim.compare import Comparison, Row, avoided_per_mnok
from sim.outcome import METRICS
from ui import charts, findings, parts, reading
from ui.cost_chart import cost_figure
from ui.state import View, choose, colours, language, names, t, texts

METRIC_NAMES = tuple(metric.name for metric in METRICS)


def show() -> None:
    """Draw the page."""
    view = parts.result_head("compare")
    if view is None:
        return
    baseline, *others = view.run.manifest.portfolios
    if not others:
        st.info(t("compare.one"))
        st.page_link("views/run.py", label=t("state.empty.button"), icon=":material/play_arrow:")
        return
    result = reading.comparison(view.folder, view.scenario, view.stamp)
    called = names(view.run)
    metric = choose(
        t("choose.metric"), METRIC_NAMES, "metric", lambda m: t(f"metric.{m}"), METRIC_NAMES[0]
    )
    rows = [result.row(metric, portfolio) for portfolio in others]
    st.header(t("compare.difference"))
    st.markdown(t("compare.difference.text", baseline=called.get(baseline, baseline)))
    finding = findings.difference_finding(rows, called, texts())
    parts.chart(charts.difference_figure(rows, called, texts(), colours()), finding, "differences")
    portfolio_table(view, [result.row(metric, baseline), *rows], finding)
    st.header(t("compare.cost"))
    cost_finding = findings.cost_finding(rows, view.run.manifest.annual_cost_mnok, called, texts())
    cost_chart = cost_figure(rows, view.run.manifest.annual_cost_mnok, called, texts(), colours())
    parts.chart(cost_chart, cost_finding, "cost")
    st.caption(t("compare.cost.note"))
    st.header(t("compare.curves"))
    draw_curves(view)
    st.header(t("compare.all"))
    all_metrics(view, result)


def portfolio_table(view: View, rows: list[Row], finding: str) -> None:
    """Draw one row a portfolio: mean, spread, paired difference, wins, cost."""
    called = names(view.run)
    costs = view.run.manifest.annual_cost_mnok
    frame = pd.DataFrame(
        [
            {
                t("term.portfolio"): called.get(row.portfolio, row.portfolio),
                t("term.mean"): texts().quantity(row.mean, row.unit),
                t("term.p90"): texts().spread(row.p5, row.p95),
                t("term.difference"): difference(row),
                t("term.better"): better(row),
                t("term.cost"): texts().quantity(costs[row.portfolio], "MNOK/yr"),
                t("term.per_mnok"): per_mnok(row, costs[row.portfolio]),
            }
            for row in rows
        ]
    )
    parts.table(frame, finding, "portfolio_table")
    parts.download_csv(frame, f"{view.run.manifest.run_id}-{rows[0].metric}", "portfolio_csv")


def difference(row: Row) -> str:
    """Write a paired difference with its 95 % interval."""
    if math.isnan(row.difference):
        return t("value.none")
    spread = texts().spread(row.difference_low, row.difference_high)
    return t("value.with_ci", value=texts().rounded(row.difference), spread=spread)


def per_mnok(row: Row, cost_mnok: float) -> str:
    """Write what a portfolio avoids per million kroner a year, with its 95 % interval."""
    mean, low, high = avoided_per_mnok(row, cost_mnok)
    if math.isnan(mean):
        return t("value.none")
    return t("value.with_ci", value=texts().rounded(mean), spread=texts().spread(low, high))


def better(row: Row) -> str:
    """Write in how many replications a portfolio beats the baseline."""
    if math.isnan(row.better_share):
        return t("value.none")
    wins = texts().number(round(row.better_share * row.n))
    return t("value.of", part=wins, whole=texts().number(row.n))


def draw_curves(view: View) -> None:
    """Draw the median curves of all portfolios, with the baseline's bands."""
    data = reading.curves(view.folder, view.scenario, view.stamp)
    called = names(view.run)
    portfolios = view.run.manifest.portfolios
    figure = charts.resilience_figure(data, called, language(), palette=colours())
    frame = charts.curve_table(data, "level_supply", portfolios)
    sentences = [
        findings.curve_finding(
            frame[frame["portfolio"] == p], called.get(p, p), texts(), share=True
        )
        for p in portfolios
    ]
    by_hour = frame[frame["t_h"] % 6 == 0].pivot_table(
        index="t_h", columns="portfolio", values="p50"
    )
    numbers = pd.DataFrame({t("curve.axis.time"): [texts().number(h) for h in by_hour.index]})
    for p in portfolios:
        numbers[called.get(p, p)] = [texts().percent(v, 1) for v in by_hour[p]]
    parts.chart(figure, "\n\n".join(sentences), "curves", numbers)
    st.caption(t("compare.curves.legend"))


def all_metrics(view: View, result: Comparison) -> None:
    """Draw every metric: the baseline, and each portfolio's paired difference."""
    called = names(view.run)
    baseline, *others = view.run.manifest.portfolios
    rows = []
    for metric in METRIC_NAMES:
        base = result.row(metric, baseline)
        row = {
            t("term.measure"): texts().metric(metric, base.unit),
            called.get(baseline, baseline): t(
                "value.with_p90",
                value=texts().rounded(base.mean),
                spread=texts().spread(base.p5, base.p95),
            ),
        }
        for portfolio in others:
            row[called.get(portfolio, portfolio)] = difference(result.row(metric, portfolio))
        rows.append(row)
    frame = pd.DataFrame(rows)
    st.markdown(t("compare.all.text", baseline=called.get(baseline, baseline)))
    parts.table(frame, t("compare.all.alt", n=len(rows)), "all_table")
    parts.download_csv(frame, f"{view.run.manifest.run_id}-comparison", "all_csv")


show()
