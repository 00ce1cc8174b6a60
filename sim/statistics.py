"""What many replications say: spread, expectation and how sure it is."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from data.tables import FloatArray

RESAMPLES = 2000
TAIL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One figure over the replications.

    Attributes
    ----------
    n : int
        Replications.
    mean, standard_error : float
        Mean, and its standard error (infinite for one replication).
    low, high : float
        Confidence interval of the mean.
    p5, p50, p95 : float
        Percentiles between replications, interpolated.
    cvar95 : float
        Mean of the worst twentieth: conditional value at risk.
    """

    n: int
    mean: float
    standard_error: float
    low: float
    high: float
    p5: float
    p50: float
    p95: float
    cvar95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """One figure of a portfolio minus that of the baseline under the same storms.

    Attributes
    ----------
    n : int
        Pairs.
    mean, standard_error : float
        Mean difference, and its standard error (infinite for one pair).
    low, high : float
        Student's t interval of the mean difference.
    bootstrap_low, bootstrap_high : float
        Percentile bootstrap interval; NaN if no generator was given.
    share_better : float
        Share of pairs in which the portfolio is strictly better.
    """

    n: int
    mean: float
    standard_error: float
    low: float
    high: float
    bootstrap_low: float
    bootstrap_high: float
    share_better: float


def _checked(values: FloatArray) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0:
        raise ValueError("values must be one row of at least one replication")
    if not np.isfinite(array).all():
        raise ValueError("values must be finite")
    return array


def standard_error(values: FloatArray) -> float:
    """Compute the standard error of the mean; infinite for a single value.

    Parameters
    ----------
    values : ndarray, shape (replication,)

    Returns
    -------
    float
        ``s / sqrt(n)`` with the sample's standard deviation s (ddof 1).
    """
    array = _checked(values)
    if len(array) == 1:
        return float("inf")
    return float(array.std(ddof=1) / np.sqrt(len(array)))


def t_interval(values: FloatArray, confidence: float = 0.95) -> tuple[float, float]:
    """Student's t confidence interval of the mean.

    Parameters
    ----------
    values : ndarray, shape (replication,)
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : float
        Infinite for a single replication.

    References
    ----------
    .. [1] A. M. Law, Simulation Modeling and Analysis, 5th ed., 2015, ch. 4.5.
    """
    array = _checked(values)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}, must lie between 0 and 1")
    if len(array) == 1:
        return float("-inf"), float("inf")
    half = float(stdtrit(len(array) - 1, 0.5 + confidence / 2.0)) * standard_error(array)
    mean = float(array.mean())
    return mean - half, mean + half


def conditional_value_at_risk(values: FloatArray, level: float = TAIL) -> float:
    """Mean of the highest ``1 - level`` of the values (CVaR, expected shortfall).

    Parameters
    ----------
    values : ndarray, shape (replication,)
        Losses: high is bad.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        ``q + E[max(x - q, 0)] / (1 - level)`` with q the quantile at the level; exact
        also where the tail holds a fraction of a replication.

    References
    ----------
    .. [1] R. T. Rockafellar and S. Uryasev, Optimization of conditional value-at-risk,
       Journal of Risk 2 (2000) 21-41.
    """
    array = _checked(values)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level}, must lie between 0 and 1")
    quantile = float(np.quantile(array, level, method="inverted_cdf"))
    return quantile + float(np.maximum(array - quantile, 0.0).mean()) / (1.0 - level)


def summarise(
    values: FloatArray, *, confidence: float = 0.95, lower_is_better: bool = True
) -> Summary:
    """Summarise one figure over the replications.

    Parameters
    ----------
    values : ndarray, shape (replication,)
        One value per independent replication, finite.
    confidence : float
        Of the interval of the mean.
    lower_is_better : bool
        Which tail ``cvar95`` is taken from: the upper, or the lower where high values
        are good.

    Raises
    ------
    ValueError
        If there is no value, or one is not finite.
    """
    array = _checked(values)
    low, high = t_interval(array, confidence)
    p5, p50, p95 = np.percentile(array, [5.0, 50.0, 95.0])
    worst = (
        conditional_value_at_risk(array) if lower_is_better else -conditional_value_at_risk(-array)
    )
    return Summary(
        n=len(array),
        mean=float(array.mean()),
        standard_error=standard_error(array),
        low=low,
        high=high,
        p5=float(p5),
        p50=float(p50),
        p95=float(p95),
        cvar95=worst,
    )


def bootstrap_interval(
    values: FloatArray, rng: np.random.Generator, confidence: float = 0.95
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean.

    Parameters
    ----------
    values : ndarray, shape (replication,)
    rng : numpy.random.Generator
        Draws the ``RESAMPLES`` resamples.
    confidence : float
        Between 0 and 1.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13.
    """
    array = _checked(values)
    means = array[rng.integers(0, len(array), size=(RESAMPLES, len(array)))].mean(axis=1)
    tail = 50.0 * (1.0 - confidence)
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return float(low), float(high)


def paired_difference(
    values: FloatArray,
    reference: FloatArray,
    *,
    lower_is_better: bool = True,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
) -> PairedDifference:
    """Compare two portfolios over the same replications.

    Parameters
    ----------
    values, reference : ndarray, shape (replication,)
        The figure under the portfolio and under the baseline; equal positions met the
        same storm.
    lower_is_better : bool
        Which sign of the difference is good.
    confidence : float
        Of both intervals.
    rng : numpy.random.Generator, optional
        For the bootstrap interval; without it that is NaN.

    Raises
    ------
    ValueError
        If the lengths differ, or a value is not finite.

    Notes
    -----
    The difference is taken replication by replication, so the spread between storms
    cancels (common random numbers; Law 2015, ch. 11.2).
    """
    mine, theirs = _checked(values), _checked(reference)
    if len(mine) != len(theirs):
        raise ValueError(f"{len(mine)} values cannot be paired with {len(theirs)}")
    difference = mine - theirs
    low, high = t_interval(difference, confidence)
    bootstrap = (float("nan"), float("nan"))
    if rng is not None:
        bootstrap = bootstrap_interval(difference, rng, confidence)
    better = difference < 0.0 if lower_is_better else difference > 0.0
    return PairedDifference(
        n=len(difference),
        mean=float(difference.mean()),
        standard_error=standard_error(difference),
        low=low,
        high=high,
        bootstrap_low=bootstrap[0],
        bootstrap_high=bootstrap[1],
        share_better=float(better.mean()),
    )


def ratio_of_means(numerator: FloatArray, denominator: FloatArray) -> tuple[float, float]:
    """Ratio of two means over the same replications, and its standard error.

    Parameters
    ----------
    numerator, denominator : ndarray, shape (replication,)

    Returns
    -------
    ratio, standard_error : float
        First-order (delta method) standard error.

    References
    ----------
    .. [1] W. G. Cochran, Sampling Techniques, 3rd ed., 1977, ch. 6.
    """
    above, below = _checked(numerator), _checked(denominator)
    if len(above) != len(below):
        raise ValueError(f"{len(above)} values cannot be paired with {len(below)}")
    ratio = float(above.mean() / below.mean())
    return ratio, standard_error(above - ratio * below) / abs(float(below.mean()))
