"""Radial feeders: who is dark before and after switching."""

import numpy as np
import pytest

from data.grid_tables import Sections
from grid.feeders import feeder_arrays, isolation_is_remote, supplied_sections

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
