"""Feeders of RBTS bus 2, six variants of protection and switching.

Allan, Billinton, Sjarief, Goel, So, A reliability test system for educational purposes -
basic distribution system data and results, IEEE Trans. Power Systems 6 (1991) 813-820;
second results: https://github.com/JorgenBratvold/Extended-RELRAD.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from data.grid_tables import Sections
from grid.feeders import FeederArrays, feeder_arrays
from grid.load_points import load_point_indices

FOLDER = Path(__file__).parent / "rbts_bus2"
LINE_FAILURES_PER_KM_YR, LINE_REPAIR_H, SWITCHING_H = 0.065, 5.0, 1.0
TRANSFORMER_FAILURES_PER_YR = 0.015
TIES = {"a4", "b2", "c4", "d4"}

# Fuses on laterals, disconnects in the main, supply over ties, hours without transformer.
CASES = {
    "A": (True, True, True, 200.0),
    "B": (False, False, False, 200.0),
    "C": (True, False, False, 200.0),
    "D": (False, True, True, 200.0),
    "E": (True, True, True, 10.0),
    "F": (False, True, False, 200.0),
}


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def feeders(*, fuses, disconnects, ties) -> FeederArrays:
    table = rows("sections.csv")
    count = len(table)
    ending = {row["to"]: row["section"] for row in table}

    def switch(row):
        if row["kind"] == "lateral":
            return "breaker" if fuses else "none"
        if row["disconnect_at_upstream_end"] == "breaker":
            return "breaker"
        return "manual" if disconnects else "none"

    sections = Sections(
        section_id=np.array([row["section"] for row in table]),
        feeder_id=np.array([row["feeder"] for row in table]),
        parent_section_id=np.array([ending.get(row["from"], "") for row in table]),
        switch_kind=np.array([switch(row) for row in table]),
        reserve=np.array(["manual" if ties and row["to"] in TIES else "none" for row in table]),
        overhead_km=np.array([float(row["length_km"]) for row in table]),
        cable_km=np.zeros(count),
        forest_share=np.zeros(count),
        transformers=np.zeros(count, dtype=int),
        customers=np.zeros(count, dtype=int),
        feeder_share=np.zeros(count),
        source=np.repeat("RBTS", count),
        quality=np.repeat("published", count),
        origin=np.repeat("S", count),
    )
    return feeder_arrays(np.array(["1", "2", "3", "4"]), sections)


@pytest.mark.parametrize("case", CASES)
def test_published_indices_are_reproduced(case):
    fuses, disconnects, ties, transformer_h = CASES[case]
    length_km = np.array([float(row["length_km"]) for row in rows("sections.csv")])
    points = rows("load_points.csv")
    lateral = np.array([int(row["lateral_section"]) - 1 for row in points])
    has_transformer = np.array([row["has_distribution_transformer"] == "yes" for row in points])
    transformer = np.zeros(len(length_km))
    transformer[lateral[has_transformer]] = TRANSFORMER_FAILURES_PER_YR
    line = LINE_FAILURES_PER_KM_YR * length_km
    result = load_point_indices(
        feeders(fuses=fuses, disconnects=disconnects, ties=ties),
        failure_rate_per_yr=line + transformer,
        repair_h=(line * LINE_REPAIR_H + transformer * transformer_h) / (line + transformer),
        switching_h=np.full(len(length_km), SWITCHING_H),
    )
    expected = [row for row in rows("expected_load_points.csv") if row["case"] == case]
    failures = np.array([float(row["failures_per_year"]) for row in expected])
    hours = np.array([float(row["annual_outage_h"]) for row in expected])
    assert result.failure_rate_per_yr[lateral] == pytest.approx(failures, rel=1e-6)
    assert result.outage_h_per_yr[lateral] == pytest.approx(hours, rel=1e-6)
    system = next(row for row in rows("expected_system.csv") if row["case"] == case)
    load_mw = np.array([float(row["average_load_mw"]) for row in points])
    ens_mwh = load_mw @ result.outage_h_per_yr[lateral]
    assert ens_mwh == pytest.approx(float(system["ens_mwh_per_year"]), rel=1e-6)
