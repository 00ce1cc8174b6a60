"""What a course of events adds up to: pure functions, each with formula and source."""

import numpy as np

from data.tables import BoolArray, FloatArray

# Served power may exceed demand by this much from rounding. [MW]
P_TOL_MW = 1e-6


def energy_not_supplied(
    p_demand_mw: FloatArray, p_served_mw: FloatArray, dt_h: FloatArray
) -> FloatArray:
    """Energy not supplied per area (ENS; in Norwegian ILE, ikke levert energi).

    Parameters
    ----------
    p_demand_mw : ndarray, shape (time, ...)
        Demand as it would have been without the crisis. [MW]
    p_served_mw : ndarray, shape (time, ...)
        Demand met, at most the demand. [MW]
    dt_h : ndarray, shape (time,)
        Step lengths; values hold on [t, t + dt). [h]

    Returns
    -------
    ndarray, shape (...)
        ``sum over time of (demand - served) * dt``, never negative. [MWh]

    Raises
    ------
    ValueError
        If served exceeds demand by more than ``P_TOL_MW`` anywhere.

    References
    ----------
    .. [1] R. Billinton and R. N. Allan, Reliability Evaluation of Power
       Systems, 2nd ed., 1996, ch. 7.
    """
    missing_mw = p_demand_mw - p_served_mw
    if missing_mw.min(initial=0.0) < -P_TOL_MW:
        raise ValueError(f"served exceeds demand by {-missing_mw.min():.3g} MW")
    return np.tensordot(dt_h, np.maximum(missing_mw, 0.0), axes=1)


def saifi(customers: FloatArray, customers_total: float) -> float:
    """Interruptions per customer (system average interruption frequency index).

    Parameters
    ----------
    customers : ndarray, shape (interruption,)
        Customers hit by each interruption.
    customers_total : float
        Customers served in all.

    Returns
    -------
    float
        ``sum(N_i) / N``.

    References
    ----------
    .. [1] IEEE Std 1366-2022, section 3.
    """
    return float(np.sum(customers)) / customers_total


def saidi_h(customers: FloatArray, duration_h: FloatArray, customers_total: float) -> float:
    """Hours without supply per customer (system average interruption duration index).

    Parameters
    ----------
    customers : ndarray, shape (interruption,)
        Customers hit by each interruption, or step of restoration.
    duration_h : ndarray, shape (interruption,)
        How long they were without. [h]
    customers_total : float
        Customers served in all.

    Returns
    -------
    float
        ``sum(N_i * r_i) / N``. [h]

    References
    ----------
    .. [1] IEEE Std 1366-2022, section 3.
    """
    return float(np.dot(customers, duration_h)) / customers_total


def caidi_h(saidi: float, saifi_: float) -> float:
    """Mean duration of an interruption (customer average interruption duration index).

    Parameters
    ----------
    saidi : float
        [h]
    saifi_ : float
        Interruptions per customer.

    Returns
    -------
    float
        ``SAIDI / SAIFI``; 0 if nobody was interrupted. [h]

    References
    ----------
    .. [1] IEEE Std 1366-2022, section 3.
    """
    return saidi / saifi_ if saifi_ > 0.0 else 0.0


def person_hours(persons_without: FloatArray, dt_h: FloatArray) -> FloatArray:
    """Person-hours without a service.

    Parameters
    ----------
    persons_without : ndarray, shape (time, ...)
        Mean number of persons without the service in each step. [persons]
    dt_h : ndarray, shape (time,)
        Step lengths. [h]

    Returns
    -------
    ndarray, shape (...)
        ``sum over time of persons * dt``. [person h]
    """
    return np.tensordot(dt_h, persons_without, axes=1)


def function_loss_h(level: FloatArray, dt_h: FloatArray, population: FloatArray) -> FloatArray:
    """Hours of each critical function lost, averaged over people.

    Parameters
    ----------
    level : ndarray, shape (time, area, function)
        Service level, 0 to 1.
    dt_h : ndarray, shape (time,)
        Step lengths. [h]
    population : ndarray, shape (area,)
        Weights of the areas.

    Returns
    -------
    ndarray, shape (function,)
        ``sum_t dt * sum_a share_a * (1 - level)``: hours of full loss for everybody
        that would be lost in all. [h]

    References
    ----------
    .. [1] Bruneau et al., Earthquake Spectra 19 (2003) 733-752 (loss of resilience).
    """
    lost_h = np.tensordot(dt_h, 1.0 - level, axes=1)
    per_function: FloatArray = (population / population.sum()) @ lost_h
    return per_function


def function_loss_total_h(loss_h: FloatArray, weight: FloatArray | None = None) -> float:
    """Function-loss hours over all functions, weighted or not.

    Parameters
    ----------
    loss_h : ndarray, shape (function,)
        From `function_loss_h`. [h]
    weight : ndarray, shape (function,), optional
        Importance of each function; scaled to a mean of 1, so that equal weights give
        the unweighted sum.

    Returns
    -------
    float
        ``sum_f w_f L_f / mean(w)``. [h]
    """
    if weight is None:
        return float(loss_h.sum())
    return float(weight @ loss_h / weight.mean())


def service_availability(
    expected: FloatArray, served: FloatArray, axis: int | None = None
) -> FloatArray:
    """Share of the expected service that was delivered.

    Parameters
    ----------
    expected, served : ndarray, same shape
        What was wanted and what was delivered, e.g. [MW] or [m3/h] in equal steps.
    axis : int, optional
        Axis to add up before dividing; without it each value is divided by its own.

    Returns
    -------
    ndarray
        ``sum(served) / sum(expected)``; 1 where nothing was wanted.

    References
    ----------
    .. [1] Water Network Tool for Resilience (WNTR), water service availability.
    """
    if axis is not None:
        expected, served = expected.sum(axis=axis), served.sum(axis=axis)
    wanted = expected > 0.0
    return np.where(wanted, served / np.where(wanted, expected, 1.0), 1.0)


def people_affected(
    people: FloatArray, availability: FloatArray, threshold: float = 1.0
) -> FloatArray:
    """People whose service is below a threshold.

    Parameters
    ----------
    people : ndarray
        People at each place. [persons]
    availability : ndarray, same shape
        Share of the service they get.
    threshold : float
        Affected when ``availability < threshold``.

    Returns
    -------
    ndarray
        [persons]

    References
    ----------
    .. [1] Water Network Tool for Resilience (WNTR), population impacted.
    """
    affected: BoolArray = availability < threshold
    return np.where(affected, people, 0.0)
