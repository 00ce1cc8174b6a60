"""In which order faults are repaired: policies as priorities of crew pools.

A smaller number is served first; equals are served in the order they asked.
"""

from dataclasses import dataclass, field

from scenarios.schema import Restoration

LISTED = -4e8
"""Priority of the first of the user's own list, before any other repair and after switching; the
others follow one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A repair as a policy sees it when the crew is asked for.

    Attributes
    ----------
    names : tuple of str
        Identifiers that stand for it: section, feeder, substation, area.
    out_mw, critical_mw : float
        Power customers are without, and load of critical sites on the feeder. [MW]
    customers : float
        Customers who are without.
    work_h : float
        Hours of work. [h]
    """

    names: tuple[str, ...]
    out_mw: float
    critical_mw: float
    customers: float
    work_h: float


@dataclass(frozen=True, slots=True)
class RestorationOrder:
    """A restoration order of one course.

    Attributes
    ----------
    restoration : Restoration
        The policy, and what comes before all others.
    critical_weight : float
        How many times a megawatt of a critical site counts. [1]
    best : dict
        Place of each section in the best known order, where that is the policy.
    """

    restoration: Restoration
    critical_weight: float
    best: dict[str, int] = field(default_factory=dict)

    def value(self, job: Job) -> float:
        """Worth of a repair under the policy, the larger the more urgent."""
        if self.restoration.policy == "customers_first":
            return job.customers
        if self.restoration.policy == "first_come":
            return 0.0
        return job.out_mw + self.critical_weight * job.critical_mw

    def priority(self, job: Job) -> float:
        """Priority of a repair among those that wait."""
        for place, name in enumerate(self.restoration.first):
            if name in job.names:
                return LISTED + place
        if self.restoration.policy == "best_known":
            known = [self.best[name] for name in job.names if name in self.best]
            return float(known[0]) if known else float(len(self.best))
        return -self.value(job) / job.work_h

    def switching_value(self, job: Job) -> float:
        """Worth of switching at a fault, which comes before all repairs."""
        return self.value(job) if self.restoration.policy != "first_come" else 0.0
