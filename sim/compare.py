"""Portfolios side by side: summaries and paired differences from the baseline."""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray
from sim.outcome import METRICS
from sim.statistics import paired_difference, summarise
from sim.store import Run

BANDS = {"p5": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One metric of one portfolio, with its spread and its difference from the baseline.

    Attributes
    ----------
    mean, low, high : float
        Mean over replications with its 95 % confidence interval.
    p5, p50, p95, cvar95 : float
        Spread between replications.
    difference, difference_low, difference_high : float
        Mean of portfolio minus baseline, paired by replication, with its 95 %
        interval; NaN for the baseline itself.
    better_share : float
        Share of replications in which the portfolio beats the baseline.
    """

    metric: str
    unit: str
    better: str
    portfolio: str
    n: int
    mean: float
    low: float
    high: float
    p5: float
    p50: float
    p95: float
    cvar95: float
    difference: float
    difference_low: float
    difference_high: float
    better_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every metric of every portfolio of one scenario."""

    scenario: str
    rows: tuple[Row, ...]

    def row(self, metric: str, portfolio: str) -> Row:
        """Find the row of a metric and portfolio."""
        for row in self.rows:
            if row.metric == metric and row.portfolio == portfolio:
                return row
        raise KeyError((metric, portfolio))


def compare(run: Run, scenario: str) -> Comparison:
    """Compare the portfolios of a run over the replications all of them finished.

    Differences are paired: replication *k* of every portfolio meets the same storm,
    so the spread between storms cancels (common random numbers; Law, Simulation
    Modeling and Analysis, 5th ed., 2015, ch. 11).

    Raises
    ------
    BeredtError
        If no replication is finished.
    """
    data = run.metrics(scenario)
    baseline = run.manifest.portfolios[0]
    rows = []
    for metric in METRICS:
        values = data[metric.name]
        reference = values.sel(portfolio=baseline).to_numpy()
        for portfolio in run.manifest.portfolios:
            mine = values.sel(portfolio=portfolio).to_numpy()
            lower = metric.better == "lower"
            summary = summarise(mine, lower_is_better=lower)
            if portfolio == baseline:
                change = (np.nan, np.nan, np.nan, np.nan)
            else:
                paired = paired_difference(mine, reference, lower_is_better=lower)
                change = (paired.mean, paired.low, paired.high, paired.share_better)
            rows.append(
                Row(
                    metric=metric.name,
                    unit=metric.unit,
                    better=metric.better,
                    portfolio=portfolio,
                    n=len(mine),
                    mean=summary.mean,
                    low=summary.low,
                    high=summary.high,
                    p5=summary.p5,
                    p50=summary.p50,
                    p95=summary.p95,
                    cvar95=summary.cvar95,
                    difference=change[0],
                    difference_low=change[1],
                    difference_high=change[2],
                    better_share=change[3],
                )
            )
    return Comparison(scenario=scenario, rows=tuple(rows))


def avoided_per_mnok(row: Row, annual_cost_mnok: float) -> tuple[float, float, float]:
    """Return what one crisis loses less per million kroner of yearly cost.

    Mean and 95 % interval of the paired difference, with its sign turned where less is
    better, over the portfolio's annualised cost. NaN where nothing is paid.

    Returns
    -------
    mean, low, high : float
        In the metric's unit per MNOK a year.
    """
    if annual_cost_mnok <= 0.0:
        return (np.nan, np.nan, np.nan)
    sign = -1.0 if row.better == "lower" else 1.0
    ends = sorted((sign * row.difference_low, sign * row.difference_high))
    return (
        sign * row.difference / annual_cost_mnok,
        ends[0] / annual_cost_mnok,
        ends[1] / annual_cost_mnok,
    )


def bands(values: FloatArray) -> dict[str, FloatArray]:
    """Pointwise percentiles over replications.

    Parameters
    ----------
    values : ndarray, shape (replication, time)

    Returns
    -------
    dict of ndarray, shape (time,)
        ``p5``, ``p25``, ``p50``, ``p75`` and ``p95``.
    """
    return {name: np.percentile(values, q, axis=0) for name, q in BANDS.items()}
