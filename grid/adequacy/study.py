"""An adequacy study: convolution where it is possible, beside simulation, with how sure it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from data.tables import FloatArray
from grid.adequacy.convolution import Exact, convolve, why_not_exact
from grid.adequacy.simulation import Years, simulate
from grid.adequacy.system import AdequacySystem

SYSTEM = "system"
"""Name of the whole system among the areas of a result."""

NORMAL_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""

BATCHES = 20
"""Parts in which the years are simulated, to tell how far it is."""

CHECKPOINTS = (16, 8, 4, 2, 1)
"""Parts of the years after which the convergence is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One adequacy index of an area or the system, per period.

    Attributes
    ----------
    quantity, area, unit : str
    exact : float
        By convolution; NaN where only simulated.
    simulated, standard_error : float
        Mean of the simulated years, and its standard error; NaN where only convolved.
    """

    quantity: str
    area: str
    unit: str
    exact: float = float("nan")
    simulated: float = float("nan")
    standard_error: float = float("nan")

    @property
    def half_width(self) -> float:
        """Half of the 95 % confidence interval of the simulated mean."""
        return NORMAL_95 * self.standard_error

    @property
    def deviation(self) -> float:
        """Simulated less exact, in standard errors; NaN without either."""
        if not self.standard_error > 0.0:
            return float("nan")
        return (self.simulated - self.exact) / self.standard_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """The LOLE of the system after some of the years.

    Attributes
    ----------
    years : int
    lole_h, half_width_h : float
        Mean, and half of its 95 % confidence interval. [h]
    """

    years: int
    lole_h: float
    half_width_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Everything an adequacy study found.

    Attributes
    ----------
    system : AdequacySystem
    exact : Exact or None
        None where convolution is not possible.
    years : Years
        The simulated years.
    seed : int
    missing : tuple of str
        What could not be computed exactly, and why.
    indices : tuple of Index
    convergence : tuple of Convergence
    """

    system: AdequacySystem
    exact: Exact | None
    years: Years
    seed: int
    missing: tuple[str, ...]
    indices: tuple[Index, ...]
    convergence: tuple[Convergence, ...]


def mean_and_error(values: FloatArray) -> tuple[float, float]:
    """Mean of independent values and its standard error (NaN for one value)."""
    if len(values) < 2:  # noqa: PLR2004 -- a spread needs two
        return float(values.mean()), float("nan")
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def ratio_and_error(above: FloatArray, below: FloatArray) -> tuple[float, float]:
    """Ratio of two means and its standard error (NaN where there is nothing below).

    References
    ----------
    .. [1] W. G. Cochran, Sampling Techniques, 3rd ed., 1977, section 6.2 (ratio estimator).
    """
    if len(below) < 2 or not below.any():  # noqa: PLR2004 -- a spread needs two
        return float("nan"), float("nan")
    ratio = above.mean() / below.mean()
    _, error = mean_and_error(above - ratio * below)
    return float(ratio), float(error / below.mean())


def study_adequacy(
    system: AdequacySystem,
    *,
    years: int,
    seed: int,
    on_years: Callable[[int], None] = lambda _: None,
) -> Study:
    """Compute the adequacy of a system both ways.

    Parameters
    ----------
    system : AdequacySystem
    years : int
        To simulate, at least 2.
    seed : int
    on_years : callable
        Called with the number of years done.

    Returns
    -------
    Study
    """
    reason = why_not_exact(system)
    exact = None if reason else convolve(system)
    missing = [reason] if reason else []
    if exact is not None and exact.frequency_missing:
        missing.append(exact.frequency_missing)
    bounds = np.linspace(0, years, min(years, BATCHES) + 1).astype(int).tolist()
    parts = []
    for first, after in pairwise(bounds):
        parts.append(simulate(system, after - first, seed, first_year=first))
        on_years(after)
    simulated = together(parts)
    return Study(
        system=system,
        exact=exact,
        years=simulated,
        seed=seed,
        missing=tuple(missing),
        indices=tuple(_indices(system, exact, simulated)),
        convergence=tuple(_convergence(simulated)),
    )


def together(parts: list[Years]) -> Years:
    """Put batches of years behind each other."""
    names = Years.__slots__
    return Years(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def peak_of(system: AdequacySystem) -> AdequacySystem:
    """Cut a system down to the hour with the highest load after certain generation."""
    hour = int((system.load_mw - system.certain_mw).sum(axis=1).argmax())
    only = slice(hour, hour + 1)
    return replace(
        system,
        load_mw=system.load_mw[only],
        certain_mw=system.certain_mw[only],
        units=replace(system.units, hourly_mw=system.units.hourly_mw[:, only]),
    )


def _indices(system: AdequacySystem, exact: Exact | None, years: Years) -> list[Index]:
    nan = float("nan")
    names = [SYSTEM, *system.area_ids.tolist()] if len(system.area_ids) > 1 else [SYSTEM]
    found: list[Index] = []
    for area, name in enumerate(names, start=-1):
        known: dict[str, float] = {}
        if exact is not None and area >= 0:
            known["lole_h"] = float(exact.area_lolp[:, area].sum())
            known["loee_mwh"] = float(exact.eue_mwh[:, area].sum())
        elif exact is not None:
            known["lole_h"], known["loee_mwh"] = exact.lole_h, exact.loee_mwh
            known["lolf"], known["mean_duration_h"] = exact.frequency, exact.mean_duration_h
        column = area if area >= 0 else len(system.area_ids)
        loss_h, events = years.loss_h[:, column], years.events[:, column]
        for quantity, unit, (mean, error) in (
            ("lole_h", "h", mean_and_error(loss_h)),
            ("loee_mwh", "MWh", mean_and_error(years.unserved_mwh[:, column])),
            ("lolf", "events", mean_and_error(events)),
            ("mean_duration_h", "h", ratio_and_error(loss_h, events)),
            ("lolf_on_the_hour", "events", mean_and_error(years.events_on_hour[:, column])),
        ):
            found.append(
                Index(
                    quantity=quantity,
                    area=name,
                    unit=unit,
                    exact=known.get(quantity, nan),
                    simulated=mean,
                    standard_error=error,
                )
            )
        if exact is not None and area < 0:
            at_peak = convolve(peak_of(system))
            for quantity, unit, value in (
                ("daily_peak_lole_days", "days", exact.daily_peak_lole_days),
                ("constant_peak_lolp", "1", at_peak.lole_h),
                ("constant_peak_edns_mw", "MW", at_peak.loee_mwh),
            ):
                if not np.isnan(value):
                    found.append(Index(quantity=quantity, area=SYSTEM, unit=unit, exact=value))
    return found


def _convergence(years: Years) -> list[Convergence]:
    found: list[Convergence] = []
    for part in CHECKPOINTS:
        count = len(years) // part
        if count < 2 or (found and found[-1].years == count):  # noqa: PLR2004 -- a spread needs two
            continue
        mean, error = mean_and_error(years.loss_h[:count, -1])
        found.append(Convergence(years=count, lole_h=mean, half_width_h=NORMAL_95 * error))
    return found
