"""What a plan for restoration from black says: rules, steps, result."""

from dataclasses import dataclass
from typing import Literal

from data.tables import BoolArray, FloatArray

Action = Literal["start", "join", "energise", "synchronise", "close loop", "pick up"]

FULL = 1.0 - 1e-6
"""Share of a load from which it counts as served. [1]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorationRules:
    """How fast a grid may be built up.

    Attributes
    ----------
    operators : int
        Sequences of switchings at a time. Estimate: two control rooms with two each.
    switching_h : float
        To energise or close one branch and see that it holds. Estimate: 3 min. [h]
    block_share : float
        Load connected at once, as a share of the online capacity of its island: at most
        5 % of online generation is the rule of thumb of North American restoration
        practice (recalled). [1]
    block_h : float
        Between two blocks in one island. Estimate: 6 min. [h]
    """

    operators: int = 4
    switching_h: float = 0.05
    block_share: float = 0.05
    block_h: float = 0.1

    def __post_init__(self) -> None:
        if not (self.operators >= 1 and self.switching_h > 0 and self.block_h > 0):
            raise ValueError("operators must be at least 1, switching_h and block_h above 0")
        if not 0 < self.block_share <= 1:
            raise ValueError("block_share must be above 0 and at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackStartStep:
    """One act of the restoration.

    Attributes
    ----------
    t_h : float
        When it is done, counted from the start of the restoration. [h]
    action : str
        What is done.
    bus_id : str
        The bus energised, started at or served.
    branch_id, source_id : str
        The branch closed, the source that comes; empty when there is none.
    shed_class : int
        Class of load; -1 when none is picked up.
    p_mw : float
        Load picked up, or capacity that comes. [MW]
    online_mw, served_mw : float
        Capacity and load of its island afterwards. [MW]
    why : str
        Reason.
    """

    t_h: float
    action: Action
    bus_id: str
    branch_id: str = ""
    source_id: str = ""
    shed_class: int = -1
    p_mw: float = 0.0
    online_mw: float
    served_mw: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """Load that does not come back in the plan, and why."""

    bus_id: str
    shed_class: int
    p_mw: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackStartPlan:
    """The order in which a grid comes back.

    Attributes
    ----------
    steps : tuple of BlackStartStep
        In order of time.
    unserved : tuple of Unserved
        What never comes, by bus and class.
    demand_mw, served_mw : ndarray, shape (bus, class)
        Wanted, with cold-load pick-up, and served at the end. [MW]
    lost_mw : float
        Demand without electricity at the start. [MW]
    energised_h, return_h : ndarray, shape (bus,)
        When a bus is energised, and the mean hour its load returned, weighted by power;
        0 for what was alive, infinite for never. [h]
    closed : ndarray of bool, shape (branch,)
        Branches closed at the end.
    source_p_mw : ndarray, shape (source,)
        What each source gives at the end. [MW]
    """

    steps: tuple[BlackStartStep, ...]
    unserved: tuple[Unserved, ...]
    demand_mw: FloatArray
    served_mw: FloatArray
    lost_mw: float
    energised_h: FloatArray
    return_h: FloatArray
    closed: BoolArray
    source_p_mw: FloatArray

    def hours_until(self, share: float) -> float:
        """Hours until this share of the lost demand is served again; infinite for never."""
        wanted = share * self.lost_mw * FULL
        restored = 0.0
        if restored >= wanted:
            return 0.0
        for step in self.steps:
            if step.action == "pick up":
                restored += step.p_mw
                if restored >= wanted:
                    return step.t_h
        return float("inf")

    @property
    def restored_mw(self) -> float:
        """Load picked up by the plan. [MW]."""
        return sum(step.p_mw for step in self.steps if step.action == "pick up")
