"""How long an overload lasts before protection trips it, and before the operator acts."""

from dataclasses import dataclass

import numpy as np

from data.region import Constants

TIERS = ("short_term", "overload", "trip")
"""Above the rating, above the short-term rating, above the trip limit of a branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Times of tripping and of acting, all counted from when the overload begins.

    What a branch may carry stands in the grid's arrays: the rating without end (PATL),
    ``short_term_mw`` for a while (TATL), and above ``trip_mw`` it trips at once (tripping
    current) [1]_.

    Attributes
    ----------
    short_term_h : float
        How long a branch above its rating, but not its short-term rating, lasts. [h]
    overload_trip_h : float
        How long one above its short-term rating lasts. [h]
    trip_delay_h : float
        Delay of the protection above the trip limit. [h]
    redispatch_h, flexibility_h, shedding_h : float
        What the operator needs to move power between sources, to call on flexible
        demand, and to disconnect customers. [h]

    References
    ----------
    .. [1] IEC 61970-301 (CIM), LimitKind: PATL, TATL, tripping current; its example of
       a TATL is 115 % of the PATL for 15 minutes.
    .. [2] NERC PRC-023, requirement R1: line relays do not operate at or below 150 % of
       the highest seasonal rating (criterion 1); overload relays of transformers leave
       the operator time (criterion 11). Recalled, not read again.
    """

    # The CIM's example of a temporary limit [1]; estimate for this grid.
    short_term_h: float = 0.25
    # Estimate: a conductor with a time constant of 15 min (10 to 20 min are usual) comes
    # from 70 % loading at 150 % to its permitted temperature in 15 ln(1.76 / 1.25) = 5 min
    # when it heats with the square of the current.
    overload_trip_h: float = 0.08
    # Estimate: a few seconds, as overcurrent relays and the remote zones of distance relays.
    trip_delay_h: float = 0.001
    # Statnett's guide to the system operation regulation: fast reserve is what can be
    # activated within 15 minutes.
    redispatch_h: float = 0.25
    # Estimate: an aggregator's or heat plant's answer to a call.
    flexibility_h: float = 0.1
    # Estimate: decision, then feeder breakers opened from the control room.
    shedding_h: float = 0.1

    def __post_init__(self) -> None:
        if not min(self.trip_delay_h, self.redispatch_h, self.flexibility_h, self.shedding_h) >= 0:
            raise ValueError("times of protection and operator must not be negative")
        if not self.trip_delay_h <= self.overload_trip_h <= self.short_term_h:
            raise ValueError("a higher overload must trip no later than a lower one")

    @property
    def trips(self) -> bool:
        """Whether anything ever trips."""
        return bool(np.isfinite(self.trip_delay_h))

    def action_h(self, *, redispatch: bool, flexibility: bool, shedding: bool) -> float:
        """Time until everything a relief consists of has been done.

        Parameters
        ----------
        redispatch, flexibility, shedding : bool
            What it consists of.

        Returns
        -------
        float
            Of its slowest part: nothing counts before all is done. [h]
        """
        used = (
            (redispatch, self.redispatch_h),
            (flexibility, self.flexibility_h),
            (shedding, self.shedding_h),
        )
        return max((hours for is_used, hours in used if is_used), default=0.0)

    @property
    def quickest_h(self) -> float:
        """Time before which the operator has done nothing. [h]."""
        return min(self.redispatch_h, self.flexibility_h, self.shedding_h)


NO_TRIPS = Protection(short_term_h=np.inf, overload_trip_h=np.inf, trip_delay_h=np.inf)
"""For studies in which the operator is always in time."""


def region_protection(constants: Constants) -> Protection:
    """Take the times from a region.

    Parameters
    ----------
    constants : Constants
        With ``overload_short_term_h`` and the like.

    Returns
    -------
    Protection
    """
    return Protection(
        short_term_h=constants["overload_short_term_h"],
        overload_trip_h=constants["overload_trip_h"],
        trip_delay_h=constants["overload_trip_delay_h"],
        redispatch_h=constants["operator_redispatch_h"],
        flexibility_h=constants["operator_flexibility_h"],
        shedding_h=constants["operator_shedding_h"],
    )
