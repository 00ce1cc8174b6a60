"""Small radial systems, written down or drawn at random."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from data.read import load_region
from grid.reliability.radial import Branches, Loads, RadialSystem, Ties, radial_system
from grid.reliability.read import read_feeders
from grid.reliability.study import Study, feeder_study

settings.register_profile("same every time", derandomize=True, deadline=None)
settings.load_profile("same every time")

REFERENCE = Path(__file__).parents[2] / "reference"
DEVICES = ("none", "disconnector", "breaker", "fuse")


@pytest.fixture(scope="session")
def region():
    return load_region()


@pytest.fixture(scope="session")
def study(region):
    """Return the study of a folder of tables."""

    def of(folder: Path) -> Study:
        return feeder_study(read_feeders(folder), region)

    return of


def tables(folder: Path, **texts: str) -> Path:
    """Write feeder tables; a breaker, a line and a household unless said otherwise."""
    standard = {
        "busbars": "node\nB\n",
        "sections": "section_id,from_node,to_node,device,kind,length_km\n"
        "s1,B,n1,breaker,overhead,1\n",
        "load_points": "load_point_id,node,customers,mean_mw,kile_group\nL,n1,10,0.02,household\n",
    }
    folder.mkdir(exist_ok=True)
    for name, text in (standard | texts).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def system_of(rows, *, ties=(), peaks=None, priorities=None, cv=0.0) -> RadialSystem:
    """System from (name, parent, device, p_stuck, switching_h, rate, repair_h); a load at each.

    Ties are (end, other end or None, capacity_mw, p_available, switching_h).
    """
    names = [row[0] for row in rows]
    device = np.array([row[2] for row in rows])
    parent = np.array([names.index(row[1]) if row[1] else -1 for row in rows])
    figures = np.array([row[3:] for row in rows], dtype=float)
    depth = np.zeros(len(rows))
    for at in range(len(rows)):
        above = at
        while parent[above] >= 0:
            above = parent[above]
            depth[at] += 1
    branches = Branches(
        name=np.array(names),
        parent=parent,
        has_device=device != "none",
        is_protective=np.isin(device, ("breaker", "fuse")),
        p_stuck=np.where(np.isin(device, ("breaker", "fuse")), figures[:, 0], 0.0),
        switching_h=figures[:, 1],
        failure_rate_per_yr=figures[:, 2],
        repair_h=figures[:, 3],
    )
    count = len(rows)
    loads = Loads(
        name=np.char.add("L", branches.name),
        branch=np.arange(count),
        customers=np.arange(1.0, count + 1.0),
        mean_mw=np.full(count, 0.5),
        peak_mw=np.ones(count) if peaks is None else np.array(peaks, dtype=float),
        priority=np.ones(count, dtype=int) if priorities is None else np.array(priorities),
        distance_km=depth,
        kile_group=np.arange(count) % 6,
        kile_reference_kw=np.full(count, 700.0),
    )
    return radial_system(
        branches,
        loads,
        Ties(
            name=np.array([f"t{at}" for at in range(len(ties))], dtype=str),
            branch=np.array([names.index(tie[0]) for tie in ties], dtype=int),
            other=np.array([names.index(tie[1]) if tie[1] else -1 for tie in ties], dtype=int),
            capacity_mw=np.array([tie[2] for tie in ties], dtype=float),
            p_available=np.array([tie[3] for tie in ties], dtype=float),
            switching_h=np.array([tie[4] for tie in ties], dtype=float),
        ),
        repair_cv=cv,
    )


def random_rows(seed, count=9, *, times=(0.5, 1.0, 2.0), stuck=(0.0, 0.2), rate=0.3):
    """Rows of a random tree under one busbar."""
    rng = np.random.default_rng(seed)
    rows = [("b0", None, "breaker", 0.0, float(rng.choice(times)), 0.0, 1.0)]
    for at in range(1, count):
        above = f"b{rng.integers(0, at)}"
        device = "breaker" if above == "b0" else str(rng.choice(DEVICES))
        p, hours = float(rng.choice(stuck)), float(rng.choice(times))
        rows.append((f"b{at}", above, device, p, hours, rate * rng.random(), rng.uniform(0.4, 6.0)))
    return rows


def random_ties(seed, rows, count=3, *, times=(0.5, 1.0, 2.0), sure=False, room=False):
    """Ties between random branches and to supplies outside."""
    rng = np.random.default_rng(seed + 1_000_000)
    found = []
    for _ in range(count):
        one, other = rng.choice(len(rows), 2, replace=False)
        found.append(
            (
                rows[one][0],
                rows[other][0] if rng.random() < 0.5 else None,
                np.inf if room or rng.random() < 0.3 else float(rng.integers(1, 5)),
                1.0 if sure else float(rng.choice([0.6, 1.0])),
                float(rng.choice(times)),
            )
        )
    return found
