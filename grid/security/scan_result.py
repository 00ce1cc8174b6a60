"""What a security scan finds: contingencies and their ranking."""

from dataclasses import dataclass

from grid.cascade import TripStep
from grid.prices import BindingLimit

SECURE, RELIEVED, SHED, DARK, CASCADE, FAILED = VERDICTS = (
    "secure",
    "relieved",
    "shed",
    "dark",
    "cascade",
    "failed",
)
"""From harmless to worst. ``relieved``: an overload that redispatch takes away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contingency:
    """What one outage does at the hour scanned.

    Attributes
    ----------
    part_ids, kinds : tuple of str
        What is out together, and what each is; both empty for the intact grid.
    verdict : str
        One of ``VERDICTS``.
    unserved_mw : tuple of float
        Demand dark or shed, by class. [MW]
    customers : float
        Customers without supply: all of a dark bus, elsewhere the share of the bus'
        demand that is shed. NaN where nobody has said how many there are. [1]
    customer_share : float
        Of all customers. [1]
    dark_bus_ids : tuple of str
        Dark buses with demand or customers.
    steps : tuple of TripStep
        The cascade, step by step.
    relief_h : float
        When the operator had relieved the overloads that were left, counted from the
        outage; 0 when there were none. [h]
    binding : tuple of BindingLimit
        Ratings that somebody is shed or a source is moved to keep, the dearest first.
    loading_before, loaded_before : float, str
        Highest loading right after the outage, before anything trips or anybody acts,
        and where. [1]
    loading, loaded : float, str
        The same when all is done. [1]
    duration_h : float
        Mean time until one part is back. [h]
    duration_estimated : bool
        Whether a repair time behind it is an estimate.
    ens_mwh : float
        As if the hour scanned lasted all that time: an upper estimate. [MWh]
    cost_nok : float
        Of that energy at the KILE of an hour's interruption at the reference time. [NOK]
    per_yr, cost_nok_per_yr : float
        How often it is expected, and what it then costs; NaN when not known. [1/yr], [NOK/yr]
    failure : str
        Why there is no result; empty otherwise.
    """

    part_ids: tuple[str, ...]
    kinds: tuple[str, ...]
    verdict: str
    unserved_mw: tuple[float, ...]
    customers: float
    customer_share: float
    dark_bus_ids: tuple[str, ...]
    steps: tuple[TripStep, ...]
    relief_h: float
    binding: tuple[BindingLimit, ...]
    loading_before: float
    loaded_before: str
    loading: float
    loaded: str
    duration_h: float
    duration_estimated: bool
    ens_mwh: float
    cost_nok: float
    per_yr: float
    cost_nok_per_yr: float
    failure: str = ""

    @property
    def total_unserved_mw(self) -> float:
        """Demand dark or shed in all classes. [MW]."""
        return sum(self.unserved_mw)

    @property
    def label(self) -> str:
        """Names of what is out, joined as the command line takes them."""
        return "+".join(self.part_ids)

    def row(self) -> dict[str, object]:
        """Everything in one row, for a table or a file; NaN where not known."""
        by_class = {
            f"unserved_class_{number}_mw": power for number, power in enumerate(self.unserved_mw)
        }
        return {
            "out": self.label,
            "kind": "+".join(self.kinds),
            "verdict": self.verdict,
            "unserved_mw": self.total_unserved_mw,
            **by_class,
            "customers": self.customers,
            "customer_share": self.customer_share,
            "dark_buses": " ".join(self.dark_bus_ids),
            "cascade": "; ".join(said for step in self.steps for said in step.sentences()),
            "relief_h": self.relief_h,
            "binding": " ".join(limit.branch_id for limit in self.binding),
            "loading_before_percent": 100.0 * self.loading_before,
            "loaded_before": self.loaded_before,
            "loading_percent": 100.0 * self.loading,
            "loaded": self.loaded,
            "duration_h": self.duration_h,
            "duration_estimated": self.duration_estimated,
            "ens_mwh": self.ens_mwh,
            "cost_nok": self.cost_nok,
            "per_yr": self.per_yr,
            "cost_nok_per_yr": self.cost_nok_per_yr,
            "failure": self.failure,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityScan:
    """All contingencies of a scan, the costliest first.

    Attributes
    ----------
    name : str
        Of the grid.
    demand_mw : float
        Of the hour scanned. [MW]
    customers : float
        Known ones in all. [1]
    intact : Contingency
        Nothing out.
    singles : tuple of Contingency
        Every part scanned alone.
    pairs : tuple of Contingency
        Pairs that do more harm than their parts one by one; the others are only counted.
    chosen : tuple of Contingency
        The sets named, whatever came of them.
    pairs_scanned, pairs_secure, pairs_not_worse, pairs_left_out : int
        Not worse are those no worse than their parts one by one, though not secure; left
        out are those beyond ``MAX_PAIRS``.
    """

    name: str
    demand_mw: float
    customers: float
    intact: Contingency
    singles: tuple[Contingency, ...]
    pairs: tuple[Contingency, ...]
    chosen: tuple[Contingency, ...]
    pairs_scanned: int
    pairs_secure: int
    pairs_not_worse: int
    pairs_left_out: int

    @property
    def singles_secure(self) -> int:
        """Single outages with verdict ``secure``."""
        return sum(each.verdict == SECURE for each in self.singles)

    @property
    def ranking(self) -> tuple[Contingency, ...]:
        """Every contingency once, the costliest first."""
        every = {
            frozenset(zip(each.kinds, each.part_ids, strict=True)): each
            for each in (*self.chosen, *self.singles, *self.pairs)
        }
        return tuple(sorted(every.values(), key=rank))


def rank(each: Contingency) -> tuple[float, float, float, float, tuple[str, ...]]:
    """Failed first, then by cost, power lost, loading and name.

    Compared to six digits, so that rounding in the solver decides nothing.
    """
    return (
        -float(each.verdict == FAILED),
        -float(f"{each.cost_nok:.6g}"),
        -float(f"{each.total_unserved_mw:.6g}"),
        -float(f"{max(each.loading_before, each.loading):.6g}"),
        each.part_ids,
    )
