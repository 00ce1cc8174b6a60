"""What customers are worth when somebody has to be disconnected."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.demand import mean_mw
from data.kile_costs import region_cost_functions
from data.read import load_region
from data.region import KILE_GROUPS, SECTORS
from data.tables import positions
from grid.shed_value import (
    PRIORITY_STEP,
    VALUE_STEP,
    by_priority,
    hour_value_nok_per_mw,
    loads_kile_value,
    region_kile_value,
    region_shed_cost,
)


@pytest.fixture(scope="module")
def region():
    return load_region()


@pytest.fixture(scope="module")
def costs(region):
    return region_cost_functions(region)


def loads(costs, groups, *, shed_class=None, mw=None):
    count = len(groups)
    return loads_kile_value(
        costs,
        buses=2,
        load_bus=np.zeros(count, dtype=int),
        load_mw=np.ones(count) if mw is None else np.array(mw),
        shed_class=np.full(count, 2) if shed_class is None else np.array(shed_class),
        kile_group=np.array(groups),
    )


def test_one_hour_costs_what_the_regulation_says(costs):
    """Household 8.8 + 14.7, industry 38.2 + 95.2 NOK/kW in prices of 2017."""
    value = dict(zip(KILE_GROUPS, hour_value_nok_per_mw(costs), strict=True))
    price = 133.6 / 105.5
    assert value["household"] == pytest.approx(price * 23_500.0, rel=1e-6)
    assert value["industry"] == pytest.approx(price * 132_600.0, rel=1e-2)


def test_loads_at_a_bus_are_valued_by_their_mix(costs):
    value = dict(zip(KILE_GROUPS, hour_value_nok_per_mw(costs), strict=True))
    mixed = loads(costs, ["household", "commercial"], mw=[3.0, 1.0])
    assert mixed[0, 2] == pytest.approx(0.75 * value["household"] + 0.25 * value["commercial"])
    unknown = loads(costs, [""], shed_class=[1])
    assert unknown[0, 1] == pytest.approx(value["industry"])
    assert unknown[1] == pytest.approx(
        [value[name] for name in ("electric_process_industry", "industry", "household", "public")]
    )


@pytest.mark.parametrize(
    ("groups", "shed_class", "message"),
    [(["shop"], [1], "shop"), (["public"], [4], "shed_class"), (["public"], [-1], "shed_class")],
)
def test_groups_and_classes_that_do_not_exist_are_refused(costs, groups, shed_class, message):
    with pytest.raises(ValueError, match=message):
        loads(costs, groups, shed_class=shed_class)


@given(st.integers(0, 2**32 - 1))
def test_a_class_always_costs_more_than_the_one_before_and_keeps_its_own_order(seed):
    rng = np.random.default_rng(seed)
    value = rng.uniform(1e4, 3e5, (6, 4))
    cost = by_priority(value)
    assert (cost[:, 1:].min(axis=0) >= PRIORITY_STEP * cost[:, :-1].max(axis=0) * 0.999).all()
    for each in range(4):
        order = np.argsort(value[:, each])
        assert (np.diff(cost[order, each]) >= -1e-6).all()
        ratio = cost[:, each] / value[:, each]
        assert ratio.max() / ratio.min() <= VALUE_STEP * 1.001


def test_customers_of_about_the_same_value_are_equals():
    value = np.array([[1e5, 1e5], [1.01e5, 1e5], [1.5e5, 1e5]])
    cost = by_priority(value)
    assert cost[0, 0] == cost[1, 0] < cost[2, 0]
    with pytest.raises(ValueError, match="above 0"):
        by_priority(np.zeros((1, 2)))


def test_the_region_values_every_bus_by_who_is_there(region, costs):
    value = region_kile_value(region)
    assert value.shape == (len(region.buses), 4)
    # Class 0 is district heat alone, so its value is that of its one KILE group.
    group = dict(zip(KILE_GROUPS, hour_value_nok_per_mw(costs), strict=True))
    assert value[:, 0] == pytest.approx(group["electric_process_industry"])
    # Households and commerce share class 2: somewhere between the two at every bus.
    assert (value[:, 2] >= group["household"] - 1e-6).all()
    assert (value[:, 2] <= group["commercial"] + 1e-6).all()
    # The substation with most commerce per household is dearer than the one with least.
    share = mean_mw(region)[:, positions(np.array(SECTORS), np.array(["commercial"]))[0]]
    share = share / mean_mw(region)[:, 0]
    where = dict(
        zip(region.substations.area_id.tolist(), region.substations.mv_bus_id.tolist(), strict=True)
    )
    named = [area for area in region.areas.area_id[np.argsort(share)].tolist() if area in where]
    at = positions(region.buses.bus_id, np.array([where[named[0]], where[named[-1]]]))
    assert value[at[1], 2] > 1.2 * value[at[0], 2]
    cost = region_shed_cost(region)
    assert (cost[:, 3].min() >= PRIORITY_STEP * cost[:, 2].max() * 0.999).all()
