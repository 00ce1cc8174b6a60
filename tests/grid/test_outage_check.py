import numpy as np
import pytest

from data.problems import InputError
from data.read import load_region
from grid.arrays import region_arrays
from grid.outage_check import check_outage


@pytest.fixture(scope="module")
def region():
    return load_region()


@pytest.fixture(scope="module")
def arrays(region):
    return region_arrays(region)


def test_the_intact_winter_peak_is_served_within_limits_in_dc_and_ac(region, arrays):
    check = check_outage(region, arrays, [])
    assert check.unserved_mw == pytest.approx(0.0, abs=1e-6)
    assert check.dark_bus_ids == ()
    assert check.tripped == ()
    assert check.loading_percent < 100.0
    assert check.ac.converged


def test_a_substation_without_transformers_loses_exactly_its_demand(region, arrays):
    bus = str(region.substations.mv_bus_id[0])
    out = region.trafos.trafo_id[region.trafos.lv_bus_id == bus].tolist()
    intact, check = check_outage(region, arrays, []), check_outage(region, arrays, out)
    assert check.dark_bus_ids == (bus,)
    assert 0.0 < check.unserved_mw < 0.05 * intact.demand_mw
    assert check.ac.converged


def test_every_unknown_branch_is_named(region, arrays):
    with pytest.raises(InputError) as refused:
        check_outage(region, arrays, ["nowhere", str(arrays.branch_ids[0]), "nothing"])
    assert [problem.found for problem in refused.value.problems] == ["nowhere", "nothing"]


def test_a_dark_part_with_lines_in_service_leaves_finite_figures(region, arrays):
    out = ["l16_1", "l17_1", "l18_1", "l18_2", "l19_1", "l19_2", "l35_1", "l36_1"]
    check = check_outage(region, arrays, out)
    assert "sogn_300" in check.dark_bus_ids
    assert check.unserved_mw > 500.0
    assert 0.0 < check.ac.loading_percent < 150.0
    assert np.isfinite(check.ac.deviation_mw)
