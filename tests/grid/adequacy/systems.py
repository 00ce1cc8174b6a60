"""Small adequacy systems for tests."""

from itertools import product

import numpy as np

from grid.adequacy.system import (
    AdequacySystem,
    Links,
    Outages,
    Stores,
    Units,
    no_links,
    no_stores,
    repairable,
)


def make_units(capacity_mw, mttf_h=900.0, mttr_h=100.0, *, area=None, outages=None, hours=1):
    count = len(capacity_mw)
    if outages is None:
        outages = repairable(np.full(count, mttf_h), np.full(count, mttr_h))
    return Units(
        unit_id=np.array([f"u{k}" for k in range(count)], dtype=np.str_),
        area=np.zeros(count, dtype=np.int64) if area is None else np.array(area, dtype=np.int64),
        capacity_mw=np.array(capacity_mw, dtype=float),
        hourly_row=np.full(count, -1, dtype=np.int64),
        hourly_mw=np.zeros((0, hours)),
        outages=outages,
    )


def make_link(capacity_mw, *, outages=None, ends=((0, 1),)):
    count = len(ends)
    capacity = np.full(count, float(capacity_mw))
    if outages is None:
        outages = repairable(np.full(count, np.inf), np.ones(count))
    return Links(
        link_id=np.array([f"k{n}" for n in range(count)]),
        from_area=np.array([end[0] for end in ends], dtype=np.int64),
        to_area=np.array([end[1] for end in ends], dtype=np.int64),
        capacity_mw=capacity,
        back_mw=capacity,
        outages=outages,
    )


def make_stores(power_mw, energy_mwh, *, area=0, efficiency=0.9, share=1.0):
    return Stores(
        storage_id=np.array(["s"]),
        area=np.array([area], dtype=np.int64),
        power_mw=np.array([float(power_mw)]),
        energy_mwh=np.array([float(energy_mwh)]),
        efficiency=np.array([efficiency]),
        initial_share=np.array([share]),
    )


def make_system(load_mw, units, *, links=None, stores=None):
    load = np.array(load_mw, dtype=float)
    load = load[:, None] if load.ndim == 1 else load
    return AdequacySystem(
        area_ids=np.array([f"a{k}" for k in range(load.shape[1])]),
        load_mw=load,
        certain_mw=np.zeros_like(load),
        units=units,
        links=links or no_links(),
        stores=stores or no_stores(),
    )


def join(*parts: Outages) -> Outages:
    names = ("probability", "failure_rate_per_h", "repair_rate_per_h", "is_hourly")
    return Outages(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def enumerate_one_area(capacity_mw, probability, load_mw):
    """LOLP and mean shortfall at one load by going through every state of the units."""
    lolp = shortfall = 0.0
    for up in product((True, False), repeat=len(capacity_mw)):
        weight = np.prod([1 - q if u else q for u, q in zip(up, probability, strict=True)])
        available = sum(c for u, c in zip(up, capacity_mw, strict=True) if u)
        if available < load_mw - 1e-6:
            lolp += weight
            shortfall += weight * (load_mw - available)
    return lolp, shortfall
