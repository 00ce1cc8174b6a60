"""Sentences that say what a chart or table shows. Numbers in, text out; no Streamlit."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from data.tables import FloatArray
from sim.compare import Row, avoided_per_mnok
from ui.charts import verdict
from ui.texts import Texts

FLAT = 5e-4
"""A median that moves less is said to stay where it is: it is written with one decimal."""

PHRASE = "phrase."
"""Prefix of the texts that causes are put together from."""


def curve_finding(table: pd.DataFrame, name: str, texts: Texts, *, share: bool) -> str:
    """Say how deep the median curve of one portfolio goes, when, and where it ends.

    Parameters
    ----------
    table : DataFrame
        As `ui.charts.curve_table` gives it, one portfolio.
    name : str
        The portfolio on screen.
    share : bool
        Whether the curve is a level (low is worst), else a count (high is worst).
    """
    median = table["p50"].to_numpy()
    flat = bool(median.max() - median.min() < FLAT)
    edge = median if not flat else table["p5" if share else "p95"].to_numpy()
    at = int(np.argmin(edge) if share else np.argmax(edge))
    low, high = float(table["p5"].iloc[at]), float(table["p95"].iloc[at])
    hour = texts.number(float(table["t_h"].iloc[at]))

    def write(value: float) -> str:
        return texts.percent(value, 1) if share else texts.rounded(value)

    kind = "level" if share else "count"
    return texts(
        f"finding.curve.{kind}.flat" if flat else f"finding.curve.{kind}",
        name=name,
        hour=hour,
        value=write(float(median[at])),
        low=write(low),
        high=write(high),
        end=write(float(median[-1])),
    )


def map_finding(
    values: Mapping[str, float], names: Mapping[str, str], hour: int, texts: Texts
) -> str:
    """Name the three areas with the largest share at one hour."""
    worst = sorted(values, key=lambda area: (-values[area], area))[:3]
    if not worst or values[worst[0]] <= 0:
        return texts("finding.map.none", hour=texts.number(hour))
    listed = ", ".join(f"{names.get(a, a)} ({texts.percent(values[a], 1)})" for a in worst)
    return texts("finding.map.worst", hour=texts.number(hour), areas=listed)


def difference_finding(rows: Sequence[Row], names: Mapping[str, str], texts: Texts) -> str:
    """Say which portfolio changes a metric most, and whether that is certain."""
    better = [row for row in rows if verdict(row) == "better"]
    if not better:
        return texts("finding.difference.none", n=texts.number(rows[0].n))
    best = max(better, key=lambda row: abs(row.difference))
    low, high = sorted((abs(best.difference_low), abs(best.difference_high)))
    return texts(
        "finding.difference.best",
        name=names.get(best.portfolio, best.portfolio),
        metric=texts(f"metric.{best.metric}"),
        value=texts.quantity(abs(best.difference), best.unit),
        spread=texts.spread(low, high, best.unit),
        wins=texts.number(round(best.better_share * best.n)),
        n=texts.number(best.n),
    )


def cost_finding(
    rows: Sequence[Row],
    annual_cost_mnok: Mapping[str, float],
    names: Mapping[str, str],
    texts: Texts,
) -> str:
    """Say which portfolio gives most per krone of yearly cost."""
    gains = [
        (avoided_per_mnok(row, annual_cost_mnok[row.portfolio]), row)
        for row in rows
        if verdict(row) == "better" and annual_cost_mnok[row.portfolio] > 0
    ]
    if not gains:
        return texts("finding.cost.none")
    (mean, low, high), best = max(gains, key=lambda pair: pair[0][0])
    return texts(
        "finding.cost.best",
        name=names.get(best.portfolio, best.portfolio),
        value=texts.quantity(mean, best.unit),
        spread=texts.spread(low, high),
    )


def function_finding(
    mean_loss_h: Mapping[str, float], names: Mapping[str, str], texts: Texts
) -> str:
    """Name the function that loses most hours."""
    worst = max(mean_loss_h, key=lambda f: (mean_loss_h[f], f))
    if mean_loss_h[worst] <= 0:
        return texts("finding.functions.none")
    return texts(
        "finding.functions.worst",
        name=names.get(worst, worst),
        hours=texts.quantity(mean_loss_h[worst], "h"),
    )


def cause(text: str, texts: Texts) -> str:
    """Say the cause of an event in the language of the screen, phrase by phrase.

    The model writes causes in English, names of assets among them; a phrase marked
    ``=`` in the texts is the whole cause. What is not known stays as it is.
    """
    phrases = {
        key.removeprefix(PHRASE): words
        for key, words in texts.entries.items()
        if key.startswith(PHRASE)
    }
    whole = phrases.get(f"={text}")
    if whole is not None:
        return whole
    for phrase in sorted(phrases, key=len, reverse=True):
        text = text.replace(phrase, phrases[phrase])
    return text


def percentiles(values: FloatArray) -> tuple[float, float, float, float]:
    """Mean, P5, P50 and P95 over replications.

    Parameters
    ----------
    values : ndarray, shape (replication,)
    """
    p5, p50, p95 = np.percentile(values, (5, 50, 95))
    return float(np.mean(values)), float(p5), float(p50), float(p95)
