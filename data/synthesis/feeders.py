"""Medium-voltage feeders and their sections, spread evenly and without chance."""

from dataclasses import dataclass

import numpy as np

from data.region import Areas
from data.synthesis.areas import estimates
from data.synthesis.rows import apportion, read_input, shares, spread, synthetic
from data.synthesis.stations import Rows
from data.synthesis.substations import Placed
from data.tables import FloatArray, IntArray

# Peak of a feeder [MW], by settlement (estimates).
FEEDER_MW = {"city": 4.0, "town": 4.0, "rural": 3.0}

# Route of all feeders in an area: k * sqrt(settled km2 * distribution transformers).
# A shortest tree over points spread at random has k = 0.65; streets, loops and parallel
# cables raise it (estimates).
ROUTE_FACTOR = {"city": 1.8, "town": 1.3, "rural": 1.3}

# Weight of demand against settled area when transformers are spread over municipalities.
TRANSFORMERS_BY_DEMAND = 0.6

# From the most urban (q = 0) to the most rural feeder (q = 1) of an area length grows and
# demand falls by exp(rate * q) (estimates).
LENGTH_RATE = {"city": 0.5, "town": 1.4, "rural": 1.6}
DEMAND_RATE = -0.6

# Sections: on the main chain, laterals; share of feeders whose middle switch is remote
# controlled, whose far end has a reserve, whose reserve is remote (estimates).
MAIN = {"city": 5, "town": 4, "rural": 4}
LATERALS = {"city": 0, "town": 2, "rural": 3}
REMOTE_MIDDLE = {"city": 0.7, "town": 0.5, "rural": 0.35}
RESERVE = {"city": 1.0, "town": 0.9, "rural": 0.7}
REMOTE_RESERVE = {"city": 0.5, "town": 0.35, "rural": 0.15}

# Rural feeders beyond this q have a recloser in the middle of the main chain (estimate).
RECLOSER_FROM = 0.7

BASIS = "customers, demand, distribution transformers and settled area"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederPlan:
    """Feeders of one area before their sections, arrays of shape (feeder,)."""

    area_id: str
    settlement: str
    substations: tuple[str, ...]
    q: FloatArray
    demand_share: FloatArray
    customers: IntArray
    transformers: IntArray
    length_km: FloatArray
    cable_share: FloatArray


def feeder_rows(areas: Areas, placed: list[Placed], peak_mw: dict[str, float]) -> tuple[Rows, Rows]:
    """Feeders and sections.

    Parameters
    ----------
    areas : Areas
    placed : list of Placed
        Substations with the share of each area they feed.
    peak_mw : dict
        Peak of the sectors along feeders, by area. [MW]

    Returns
    -------
    tuple of list of dict
        Rows of feeders and sections.
    """
    transformers = _transformers(areas, peak_mw)
    feeders: Rows = []
    sections: Rows = []
    for at, area in enumerate(areas.area_id.tolist()):
        plan = _plan(areas, at, placed, peak_mw[area], transformers[area])
        number: dict[str, int] = {}
        for f, substation in enumerate(plan.substations):
            number[substation] = number.get(substation, 0) + 1
            feeder = f"{substation}_{area}_{number[substation]:02d}"
            feeders.append(
                {
                    "feeder_id": feeder,
                    "substation_id": substation,
                    "area_id": area,
                    "vn_kv": 11.0 if plan.settlement == "city" else 22.0,
                    "customers": int(plan.customers[f]),
                    "demand_share": float(plan.demand_share[f]),
                    "synthetic": True,
                    **synthetic("feeders", BASIS),
                }
            )
            sections += _sections(feeder, plan, f, len(feeders))
    return feeders, sections


def _transformers(areas: Areas, peak_mw: dict[str, float]) -> dict[str, int]:
    """Distribution transformers per area from the county totals of 2001."""
    facts = {row["key"]: row["note"] for row in read_input("demand_facts")}
    judged = estimates()
    count: dict[str, int] = {}
    for key, city in (("oslo", True), ("akershus", False)):
        note = facts[f"ts_lowvoltage_capacity_{key}"]
        total = int("".join(c for c in note if c.isdigit()))
        rows = [i for i, s in enumerate(areas.settlement) if (s == "city") is city]
        names = areas.area_id[rows].tolist()
        demand = np.array([peak_mw[area] for area in names])
        settled = areas.land_area_km2[rows] * [
            float(judged[area]["settled_share"]) for area in names
        ]
        part = TRANSFORMERS_BY_DEMAND
        weights = part * demand / demand.sum() + (1 - part) * settled / settled.sum()
        count.update(zip(names, apportion(weights, total).tolist(), strict=True))
    return count


def _plan(
    areas: Areas, at: int, placed: list[Placed], peak_mw: float, transformers: int
) -> FeederPlan:
    area = str(areas.area_id[at])
    settlement = str(areas.settlement[at])
    judged = estimates()[area]
    feeding = [(p.substation_id, p.shares[area]) for p in placed if area in p.shares]
    count = max(2 * len(feeding), round(peak_mw / FEEDER_MW[settlement]))
    each = 2 + apportion([share for _, share in feeding], count - 2 * len(feeding))
    substations = tuple(
        name for (name, _), n in zip(feeding, each.tolist(), strict=True) for _ in range(n)
    )
    q = np.array([spread(f) for f in range(count)])
    weight = np.exp(DEMAND_RATE * q)
    demand = np.empty(count)
    names = np.array(substations)
    for name, share in feeding:
        own = names == name
        demand[own] = share * weight[own] / weight[own].sum()
    demand_share = shares(demand)
    settled_km2 = float(areas.land_area_km2[at]) * float(judged["settled_share"])
    route_km = ROUTE_FACTOR[settlement] * float(np.sqrt(settled_km2 * transformers))
    length = np.exp(LENGTH_RATE[settlement] * q)
    length *= route_km / length.sum()
    main = MAIN[settlement] + LATERALS[settlement]
    units = main + apportion(np.sqrt(length * demand_share), max(transformers - main * count, 0))
    if transformers < main * count:
        units = apportion(np.sqrt(length * demand_share), transformers)
    return FeederPlan(
        area_id=area,
        settlement=settlement,
        substations=substations,
        q=q,
        demand_share=demand_share,
        customers=apportion(demand_share, int(areas.customers[at])),
        transformers=units,
        length_km=length,
        cable_share=_cable_shares(q, length, float(judged["cable_share"])),
    )


def _cable_shares(q: FloatArray, length: FloatArray, wanted: float) -> FloatArray:
    """Cable share per feeder, falling with q, with the wanted mean over the length."""

    def at(level: float) -> FloatArray:
        return np.clip(1.5 * (level - q) + 0.5, 0.05, 1.0)

    low, high = -1.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        if float((at(middle) * length).sum() / length.sum()) < wanted:
            low = middle
        else:
            high = middle
    return at(high)


def _sections(feeder: str, plan: FeederPlan, f: int, serial: int) -> Rows:
    kind = plan.settlement
    main, laterals = MAIN[kind], LATERALS[kind]
    count = main + laterals
    # Section 0..main-1 is the chain; lateral j leaves chain section 1 + j.
    parents = [-1, *range(main - 1), *(1 + j for j in range(laterals))]
    vary = np.array([spread(serial * 7 + j) for j in range(count)])
    base = np.array([1.0] * main + [0.6] * laterals)
    people = base * (0.7 + 0.6 * vary)
    length = np.array([1.0] * main + [0.9] * laterals) * (1.3 - 0.6 * vary)
    length *= plan.length_km[f] / length.sum()
    cable = _cable_from_head(length, float(plan.cable_share[f]))
    customers = apportion(people, int(plan.customers[f]))
    feeder_share = shares(people, 4)
    units = apportion(people, int(plan.transformers[f]))
    forest = float(estimates()[plan.area_id]["forest_share"])
    chance = spread(serial * 3)
    reserve = "none"
    if spread(serial * 5 + 1) < RESERVE[kind]:
        reserve = "remote" if chance < REMOTE_RESERVE[kind] else "manual"
    middle = "remote" if spread(serial * 11 + 2) < REMOTE_MIDDLE[kind] else "manual"
    if kind == "rural" and plan.q[f] > RECLOSER_FROM:
        middle = "breaker"
    rows: Rows = []
    for j in range(count):
        switch = "manual"
        if j == 0:
            switch = "breaker"
        elif j == main // 2:
            switch = middle
        elif j >= main and (j - main) % 2 == 0:
            switch = "none"
        overhead = round(float(length[j] - cable[j]), 3)
        rows.append(
            {
                "section_id": f"{feeder}_{j + 1}",
                "feeder_id": feeder,
                "parent_section_id": "" if j == 0 else f"{feeder}_{parents[j] + 1}",
                "switch_kind": switch,
                "reserve": reserve if j == main - 1 else "none",
                "overhead_km": overhead,
                "cable_km": round(float(cable[j]), 3),
                "forest_share": round(min(forest * (0.7 + 0.6 * float(vary[j])), 1.0), 3),
                "transformers": int(units[j]),
                "customers": int(customers[j]),
                "feeder_share": float(feeder_share[j]),
                **synthetic("feeders", BASIS),
            }
        )
    return rows


def _cable_from_head(length: FloatArray, share: float) -> FloatArray:
    """Cable in each section when the cable comes first from the substation [km]."""
    before = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    cable: FloatArray = np.clip(share * length.sum() - before, 0.0, length)
    return cable
