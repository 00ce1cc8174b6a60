import numpy as np
import pytest

from sim.response.repair_times import TRANSMISSION_KV, RepairTimes


def row_of(region, component):
    return int(np.flatnonzero(region.reliability.component == component)[0])


def is_lognormal(hours, mean, cv):
    """Within four standard errors of its mean and of the spread of its logarithm."""
    sigma = np.sqrt(np.log1p(cv**2))
    assert abs(hours.mean() - mean) < 4.0 * mean * cv / np.sqrt(len(hours))
    assert abs(np.log(hours).std() - sigma) < 4.0 * sigma / np.sqrt(2 * len(hours))


@pytest.mark.parametrize("component", ["overhead_mv", "cable_mv"])
def test_repair_times_are_lognormal_with_the_tables_mean(calm, region, component):
    case, _ = calm
    overhead = region.sections.overhead_km > 0.0
    rows = np.flatnonzero(overhead if component == "overhead_mv" else ~overhead)[:1000]
    drawn = [RepairTimes(case, 3, k) for k in range(4)]
    hours = np.array([each.section(int(row)).hours for each in drawn for row in rows])
    at = row_of(region, component)
    is_lognormal(hours, region.reliability.repair_mean_h[at], region.reliability.repair_cv[at])


def test_clearing_a_road_is_drawn_for_each_way(calm, region):
    case, _ = calm
    times = RepairTimes(case, 3, 0)
    hours = np.array([times.road(way, 3000) for way in range(0, 3000, 3)])
    at = row_of(region, "road_clearing")
    is_lognormal(hours, region.reliability.repair_mean_h[at], region.reliability.repair_cv[at])
    assert len(set(hours.tolist())) == len(hours)


def test_lines_are_mended_by_line_crews_and_cables_by_jointers(calm, region):
    times = RepairTimes(calm[0], 1, 0)
    overhead = region.sections.overhead_km > 0.0
    line, cable = int(np.flatnonzero(overhead)[0]), int(np.flatnonzero(~overhead)[0])
    assert times.section(line).skill == "distribution"
    assert times.section(cable).skill == "cable"
    assert times.substation(0).skill == "transmission"


def test_high_voltage_cables_take_a_part_and_overhead_lines_none(calm, region):
    times = RepairTimes(calm[0], 1, 0)
    overhead = region.lines.kind == "overhead"
    assert {times.line(int(row)).part for row in np.flatnonzero(overhead)} == {""}
    parts = {times.line(int(row)).part for row in np.flatnonzero(~overhead)}
    assert parts
    assert parts <= set(region.spares.part.tolist())


def test_a_transformer_takes_the_spare_of_its_voltage_and_keeps_its_rating(calm, region):
    times = RepairTimes(calm[0], 1, 0)
    vn_kv = dict(zip(region.buses.bus_id.tolist(), region.buses.vn_kv.tolist(), strict=True))
    seen = set()
    for row, bus in enumerate(region.trafos.hv_bus_id.tolist()):
        repair = times.trafo(row)
        large = vn_kv[bus] >= TRANSMISSION_KV
        assert repair.part == ("transformer_300_420" if large else "transformer_132")
        assert repair.rating_mva == region.trafos.rating_mva[row]
        seen.add(repair.part)
    assert len(seen) == 2


def test_an_asset_takes_as_long_whatever_the_portfolio(storm_cases):
    """A failure that stays takes the same time where measures have appended or hardened."""
    plain, changed = (
        RepairTimes(storm_cases[name][0], 1, 2) for name in ("basis", "lokal-beredskap")
    )
    for row in range(0, 400, 7):
        assert plain.section(row) == changed.section(row)
    assert plain.substation(3) == changed.substation(3)
    assert plain.line(5) == changed.line(5)
    assert plain.trafo(2) == changed.trafo(2)


def test_replications_and_seeds_differ(calm):
    case, _ = calm
    first, second, third = RepairTimes(case, 1, 0), RepairTimes(case, 1, 1), RepairTimes(case, 2, 0)
    assert len({each.section(0).hours for each in (first, second, third)}) == 3
