"""Radial feeders: two-step interruption, and the textbook's load-point indices."""

import numpy as np
import pytest

from data.grid_tables import Sections
from grid.feeders import feeder_arrays, isolation_is_remote, supplied_sections
from grid.load_points import load_point_indices

FEEDER = np.array(["f"])


def sections_of(*rows) -> Sections:
    """Sections from (id, parent, switch_kind, reserve)."""
    count = len(rows)
    section_id, parent, switch, reserve = (np.array(column) for column in zip(*rows, strict=True))
    return Sections(
        section_id=section_id,
        feeder_id=np.repeat("f", count),
        parent_section_id=parent,
        switch_kind=switch,
        reserve=reserve,
        overhead_km=np.zeros(count),
        cable_km=np.zeros(count),
        forest_share=np.zeros(count),
        transformers=np.zeros(count, dtype=int),
        customers=np.ones(count, dtype=int),
        feeder_share=np.full(count, 1.0 / count),
        source=np.repeat("textbook", count),
        quality=np.repeat("published", count),
        origin=np.repeat("S", count),
    )


def textbook(*, fuses: bool, disconnects: bool, transfer: bool):
    """Main sections 1-4 in a row; laterals A-D at the end of each."""
    main = "manual" if disconnects else "none"
    lateral = "breaker" if fuses else "none"
    return feeder_arrays(
        FEEDER,
        sections_of(
            ("1", "", "breaker", "none"),
            ("2", "1", main, "none"),
            ("3", "2", main, "none"),
            ("4", "3", main, "manual" if transfer else "none"),
            ("A", "1", lateral, "none"),
            ("B", "2", lateral, "none"),
            ("C", "3", lateral, "none"),
            ("D", "4", lateral, "none"),
        ),
    )


VARIANTS = {
    "breaker only": ((False, False, False), [2.2] * 4, [6.0] * 4, 84.0),
    "fuses": ((True, False, False), [1.0, 1.4, 1.2, 1.0], [3.6, 4.4, 4.0, 3.6], 54.8),
    "disconnects": ((True, True, False), [1.0, 1.4, 1.2, 1.0], [1.5, 2.65, 3.3, 3.6], 35.2),
    "transfer": ((True, True, True), [1.0, 1.4, 1.2, 1.0], [1.5, 2.65 - 0.7, 2.25, 1.5], 25.05),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_load_point_indices_of_the_textbook_feeder(variant):
    """Billinton and Allan, Reliability Evaluation of Power Systems, 1996, chapter 7."""
    (fuses, disconnects, transfer), failures, hours, ens_mwh = VARIANTS[variant]
    points = load_point_indices(
        textbook(fuses=fuses, disconnects=disconnects, transfer=transfer),
        failure_rate_per_yr=np.array([0.2, 0.1, 0.3, 0.2, 0.2, 0.6, 0.4, 0.2]),
        repair_h=np.repeat([4.0, 2.0], 4),
        switching_h=np.full(8, 0.5),
    )
    assert points.failure_rate_per_yr[4:] == pytest.approx(failures)
    assert points.outage_h_per_yr[4:] == pytest.approx(hours)
    assert points.outage_h_per_yr[4:] @ [5.0, 4.0, 3.0, 2.0] == pytest.approx(ens_mwh)


def test_own_faults_interrupt_nobody_else():
    points = load_point_indices(
        textbook(fuses=True, disconnects=True, transfer=True),
        failure_rate_per_yr=np.zeros(8),
        repair_h=np.zeros(8),
        switching_h=np.zeros(8),
        own_failure_rate_per_yr=np.array([0.0] * 7 + [0.1]),
        own_repair_h=np.full(8, 200.0),
    )
    assert points.failure_rate_per_yr.tolist() == [0.0] * 7 + [0.1]
    assert points.outage_h_per_yr[7] == pytest.approx(20.0)


def names(arrays, mask):
    letters = "1234ABCD"
    return "".join(
        letters[row] for row, on in zip(arrays.feeders[0].sections, mask, strict=True) if on
    )


@pytest.mark.parametrize(
    ("faulted", "isolated", "reserve_alive", "head_alive", "supplied"),
    [
        ((), (), False, True, "1234ABCD"),
        ((), (), False, False, ""),
        ((), (), True, False, "1234ABCD"),
        ((1,), (), True, True, ""),
        ((), (1,), True, True, "1" + "34" + "ACD"),
        ((), (1,), False, True, "1A"),
        ((5,), (), True, True, "1234ACD"),
        ((), (0,), True, True, "234BCD"),
        ((), (0, 2), True, True, "4D"),
        ((2,), (1,), True, True, ""),
        ((), (3,), True, True, "123ABC"),
    ],
)
def test_supplied_sections(faulted, isolated, reserve_alive, head_alive, supplied):
    arrays = textbook(fuses=True, disconnects=True, transfer=True)
    mask = supplied_sections(
        arrays, 0, faulted, isolated, reserve_alive=reserve_alive, head_alive=head_alive
    )
    assert names(arrays, mask) == supplied


def test_isolation_is_remote_only_when_every_switch_around_the_zone_is():
    arrays = feeder_arrays(
        FEEDER,
        sections_of(
            ("1", "", "breaker", "none"),
            ("2", "1", "remote", "none"),
            ("3", "2", "manual", "none"),
            ("4", "3", "remote", "remote"),
            ("5", "4", "none", "none"),
        ),
    )
    assert [isolation_is_remote(arrays, row) for row in range(5)] == [
        True,
        False,
        False,
        True,
        True,
    ]


def test_order_of_the_rows_does_not_matter():
    rows = [
        ("1", "", "breaker", "none"),
        ("2", "1", "manual", "none"),
        ("3", "2", "none", "manual"),
    ]
    forward, backward = (feeder_arrays(FEEDER, sections_of(*each)) for each in (rows, rows[::-1]))
    one = supplied_sections(forward, 0, (), (0,), reserve_alive=True)
    other = supplied_sections(backward, 0, (), (2,), reserve_alive=True)
    assert one.tolist() == other.tolist() == [False, True, True]
    assert backward.feeders[0].sections == (2, 1, 0)


def test_a_loop_is_refused():
    rows = [("1", "", "breaker", "none"), ("2", "3", "manual", "none"), ("3", "2", "none", "none")]
    with pytest.raises(ValueError, match="loop"):
        feeder_arrays(FEEDER, sections_of(*rows))
