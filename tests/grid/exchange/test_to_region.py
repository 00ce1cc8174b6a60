"""A user's grid in a region: what it describes changes, everything else stays to the byte."""

import json
from pathlib import Path

import pandapower as pp
import pytest
from pandapower.toolbox import select_subnet

from data.problems import InputError
from data.read import load_region
from data.write import new_region
from grid.exchange.completed import completed
from grid.exchange.to_region import into_region
from grid.net import build_net, save_net, winter_peak_mw


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("net") / "region.json"
    region = load_region()
    save_net(build_net(region, winter_peak_mw(region).sum(axis=1)), path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_region(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def whole(saved: Path) -> pp.pandapowerNet:
    return pp.from_json(str(saved))


def put(net, folder, **options):
    return into_region(completed(net)[0], "own.json", folder, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def part_of(net, names) -> pp.pandapowerNet:
    """Only these buses, and what lies between them."""
    return select_subnet(net, net.bus.index[net.bus.name.isin(names)])


def test_the_regions_own_grid_changes_nothing(whole, folder):
    before = contents(folder)
    done = put(whole, folder)
    assert contents(folder) == before
    assert done.files == ()
    assert len(done.kept["lines"]) == len(load_region(folder).lines)


def test_one_rating_and_one_parallel_line_are_the_only_difference(whole, folder):
    before = contents(folder)
    whole.line.loc[5, "max_i_ka"] *= 1.5
    row = whole.line.loc[7]
    pp.create_line_from_parameters(
        whole, row.from_bus, row.to_bus, row.length_km, row.r_ohm_per_km, row.x_ohm_per_km,
        row.c_nf_per_km, row.max_i_ka, name="second circuit", type="ol",
    )  # fmt: skip
    done = put(whole, folder, quality="measured")
    after = contents(folder)
    assert done.files == ("lines.csv",)
    assert {name for name in before if before[name] != after[name]} == {"lines.csv"}
    old, new = (each["lines.csv"].decode().splitlines() for each in (before, after))
    changed = [number for number, line in enumerate(old) if line != new[number]]
    assert len(changed) == 1
    assert len(new) == len(old) + 1
    was, now = load_region().lines, load_region(folder).lines
    assert now.rating_mva[5] == pytest.approx(1.5 * was.rating_mva[5])
    assert now.quality[5] == "measured"
    assert "own.json" in now.source[5]
    assert now.forest_share[5] == was.forest_share[5]
    assert now.line_id[-1] == "second circuit"
    assert now.x_ohm_per_km[-1] == pytest.approx(was.x_ohm_per_km[7])
    assert now.from_bus_id[-1] == was.from_bus_id[7]


def test_the_net_describes_completely_what_lies_between_its_buses(whole, folder):
    region = load_region(folder)
    lines = region.lines
    ends = {str(lines.from_bus_id[0]), str(lines.to_bus_id[0])}
    part = part_of(whole, ends)
    between = [
        str(key)
        for key, a, b in zip(lines.line_id, lines.from_bus_id, lines.to_bus_id, strict=True)
        if {str(a), str(b)} <= ends
    ]
    part.line.drop(index=part.line.index[1:], inplace=True)
    part.line["name"] = "the only one"
    done = put(part, folder)
    assert set(done.removed["lines"]) == set(between)
    assert done.added["lines"] == ("the only one",)
    now = load_region(folder)
    assert len(now.lines) == len(lines) - len(between) + 1
    assert len(now.trafos) == len(region.trafos)


def test_a_new_bus_is_placed_and_joined(whole, folder):
    names = ["smestad_300", "hamang_300"]
    part = part_of(whole, names)
    new = pp.create_bus(part, 300.0, name="new_station")
    far = pp.create_bus(part, 300.0, name="with_place", geodata=(10.75, 59.92))
    at = part.bus.index[part.bus.name == "smestad_300"][0]
    for begin, end, name in ((at, new, "to_new"), (new, far, "to_far")):
        pp.create_line_from_parameters(
            part, begin, end, length_km=4.0, r_ohm_per_km=0.03, x_ohm_per_km=0.3, c_nf_per_km=12.0,
            max_i_ka=1.5, name=name, type="cs", parallel=2 if name == "to_new" else 1,
        )  # fmt: skip
    done = put(part, folder)
    now = load_region(folder)
    rows = {str(key): row for row, key in enumerate(now.buses.bus_id)}
    assert now.buses.kind[rows["new_station"]] == "transmission"
    # Longitude and latitude were turned into the region's metres: central Oslo.
    assert 590_000 < now.buses.x_m[rows["with_place"]] < 605_000
    assert 6_635_000 < now.buses.y_m[rows["with_place"]] < 6_650_000
    assert any("new_station" in note and "mean" in note for note in done.notes)
    assert set(done.added["lines"]) == {"to_new", "to_new#2", "to_far"}
    kinds = dict(zip(now.lines.line_id.tolist(), now.lines.kind.tolist(), strict=True))
    assert kinds["to_new#2"] == "cable"


def test_a_substation_moves_to_the_bus_that_names_it(whole, folder):
    region = load_region(folder)
    row = 0
    hv, mv = str(region.substations.hv_bus_id[row]), str(region.substations.mv_bus_id[row])
    part = part_of(whole, [hv, mv])
    key = str(region.substations.substation_id[row])
    new = pp.create_bus(part, float(part.bus.vn_kv.min()), name="new_mv")
    part.bus["substation_id"] = None
    part.bus.loc[new, "substation_id"] = key
    top = part.bus.index[part.bus.name == hv][0]
    pp.create_transformer_from_parameters(
        part, top, new, sn_mva=40.0, vn_hv_kv=part.bus.vn_kv[top], vn_lv_kv=part.bus.vn_kv[new],
        vk_percent=12.0, vkr_percent=0.4, pfe_kw=0.0, i0_percent=0.0, name="t_new",
    )  # fmt: skip
    done = put(part, folder)
    now = load_region(folder)
    assert now.substations.mv_bus_id[row] == "new_mv"
    assert now.substations.hv_bus_id[row] == hv
    assert done.changed["substations"] == (key,)
    assert set(done.files) == {"buses.csv", "trafos.csv", "substations.csv"}


def test_supplies_follow_the_sources_named_after_them(whole, folder):
    names = load_region(folder).supplies.supply_id.tolist()
    row = whole.gen.index[whole.gen.name.isin(names)][0]
    whole.gen.loc[row, "max_p_mw"] = 123.0
    pp.create_sgen(whole, 0, p_mw=5.0, name="unknown plant")
    done = put(whole, folder)
    now = load_region(folder).supplies
    at = now.supply_id.tolist().index(whole.gen.name[row])
    assert now.p_max_mw[at] == 123.0
    assert done.files == ("supplies.csv",)
    assert any("unknown plant" in note for note in done.notes)


def break_voltage(net):
    net.bus.loc[0, "vn_kv"] = 66.0


def add_shunt(net):
    pp.create_shunt(net, 0, q_mvar=-10.0, name="bank")


def add_shift(net):
    net.trafo.loc[3, "shift_degree"] = 7.0


def add_trafo3w(net):
    pp.create_transformer3w_from_parameters(
        net, 0, 1, 2, 420.0, 300.0, 132.0, 100.0, 100.0, 50.0, 10.0, 10.0, 10.0, 0.3, 0.3, 0.3,
        0.0, 0.0, name="three",
    )  # fmt: skip


def rename_all(net):
    net.bus["name"] = [f"x{row}" for row in net.bus.index]


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (break_voltage, "voltage_differs", "bus 0"),
        (add_shunt, "not_in_region", "shunt 0 (bank)"),
        (add_shift, "not_in_region", "trafo 3"),
        (add_trafo3w, "not_in_region", "trafo3w 0 (three)"),
        (rename_all, "no_common_bus", "net.bus"),
    ],
)
def test_what_the_region_cannot_hold_is_refused_by_name(whole, folder, change, code, named):
    before = contents(folder)
    change(whole)
    with pytest.raises(InputError) as error:
        put(whole, folder)
    assert any(each.code == code and named in each.place for each in error.value.problems)
    assert contents(folder) == before


def test_nothing_is_written_when_the_region_would_not_hold_together(whole, folder):
    before = contents(folder)
    end = load_region(folder).substations.mv_bus_id[0]
    bus = whole.bus.index[whole.bus.name == end][0]
    whole.trafo.drop(index=whole.trafo.index[whole.trafo.lv_bus == bus], inplace=True)
    with pytest.raises(InputError, match="disconnected_bus"):
        put(whole, folder)
    assert contents(folder) == before
    assert json.dumps(sorted(before)) == json.dumps(sorted(contents(folder)))


def test_an_unknown_quality_is_refused(whole, folder):
    with pytest.raises(InputError, match="estimated"):
        put(whole, folder, quality="sure")
