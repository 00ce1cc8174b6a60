import numpy as np
import pytest

from data.kile_costs import (
    correction_factor,
    corrections,
    cost_functions,
    cost_nok_per_kw,
    kile_nok,
)
from data.region import KILE_GROUPS, Kile, KileCorrections

HOUSEHOLD = KILE_GROUPS.index("household")
INDUSTRY = KILE_GROUPS.index("industry")

# From, to, constant, slope, shift: level 2017 of the regulation's section 9-2.
HOUSEHOLD_2017 = (
    (0.0, 0.0167, 8.8, 0.0, 0.0),
    (0.0167, 2.0, 8.8, 14.7, 0.0),
    (2.0, 6.0, 38.4, 21.9, 2.0),
    (6.0, np.nan, 126.0, 13.0, 6.0),
)


def kile_table(pieces=HOUSEHOLD_2017):
    rows = [("household", *piece) for piece in pieces]
    rows += [(group, 0.0, np.nan, 10.0, 2.0, 0.0) for group in KILE_GROUPS if group != "household"]
    groups, from_h, to_h, constant, slope, shift = (np.array(c) for c in zip(*rows, strict=True))
    n = len(rows)
    return Kile(
        customer_group=groups,
        from_h=from_h,
        to_h=to_h,
        constant_nok_per_kw=constant,
        slope_nok_per_kw_h=slope,
        shift_h=shift,
        price_year=np.full(n, 2017),
        source=np.full(n, "test"),
        quality=np.full(n, "published"),
        origin=np.full(n, "S"),
    )


def correction_table(skip=None):
    spans = [("month", 1, 12, 1.0), ("weekday", 1, 5, 1.0), ("weekday", 6, 7, 1.15)]
    spans += [("hour", 0, 6, 0.65), ("hour", 6, 24, 1.05)]
    rows = [(*span, group) for span in spans for group in KILE_GROUPS if span[0] != skip]
    kind, first, last, factor, group = (np.array(c) for c in zip(*rows, strict=True))
    n = len(rows)
    return KileCorrections(
        factor_kind=kind,
        first=first,
        last=last,
        customer_group=group,
        factor=factor,
        source=np.full(n, "test"),
        quality=np.full(n, "published"),
        origin=np.full(n, "S"),
    )


@pytest.mark.parametrize(
    ("duration_h", "nok_per_kw"),
    [
        (0.0, 0.0),
        (0.01, 8.8),
        (1.0, 8.8 + 14.7),
        (2.0, 38.4),
        (5.0, 38.4 + 3 * 21.9),
        (30.0, 126.0 + 24 * 13.0),
    ],
)
def test_cost_of_each_piece_of_the_household_function(duration_h, nok_per_kw):
    cost = cost_nok_per_kw(
        cost_functions(kile_table()), np.array([HOUSEHOLD]), np.array([duration_h])
    )
    assert cost == pytest.approx([nok_per_kw])


def test_order_of_the_rows_does_not_matter():
    turned = cost_functions(kile_table(HOUSEHOLD_2017[::-1]))
    straight = cost_functions(kile_table())
    duration_h = np.linspace(0.0, 50.0, 101)
    group = np.full(101, HOUSEHOLD)
    assert cost_nok_per_kw(turned, group, duration_h) == pytest.approx(
        cost_nok_per_kw(straight, group, duration_h)
    )


def test_cost_scales_with_prices_power_and_corrections():
    costs = cost_functions(kile_table(), price_factor=1.25)
    nok = kile_nok(
        costs,
        np.array([HOUSEHOLD, INDUSTRY]),
        np.array([1.0, 3.0]),
        np.array([100.0, 2.0]),
        np.array([0.5, 1.0]),
    )
    assert nok == pytest.approx([1.25 * 23.5 * 100.0 * 0.5, 1.25 * 16.0 * 2.0])


def test_factors_of_month_weekday_and_hour_are_multiplied():
    table = corrections(correction_table())
    group = np.full(4, HOUSEHOLD)
    factor = correction_factor(
        table, group, np.full(4, 12), np.array([5, 6, 7, 1]), np.array([5, 5, 6, 23])
    )
    assert factor == pytest.approx([0.65, 1.15 * 0.65, 1.15 * 1.05, 1.05])


@pytest.mark.parametrize("kind", ["month", "weekday", "hour"])
def test_a_gap_in_the_corrections_is_refused(kind):
    with pytest.raises(ValueError, match=kind):
        corrections(correction_table(skip=kind))


def test_a_group_without_costs_is_refused():
    with pytest.raises(ValueError, match="household"):
        cost_functions(kile_table(pieces=HOUSEHOLD_2017[1:]))


@pytest.mark.parametrize("duration_h", [-1.0, np.nan, np.inf])
def test_a_duration_without_meaning_is_refused(duration_h):
    with pytest.raises(ValueError, match="duration_h"):
        cost_nok_per_kw(cost_functions(kile_table()), np.array([HOUSEHOLD]), np.array([duration_h]))
