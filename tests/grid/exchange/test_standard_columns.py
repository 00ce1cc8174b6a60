"""Tables as other programs leave them: columns missing, numbers and truth values as text."""

import copy

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest

from data.problems import InputError
from grid.exchange.formats import read_grid
from grid.exchange.net_check import check_net, inspect_net
from grid.exchange.own_grid import own_net
from tests.grid.exchange.conftest import small_net
from tests.grid.exchange.test_formats import write_excel

LEFT_OUT = [
    ("line", "in_service"), ("line", "max_i_ka"), ("line", "df"), ("line", "parallel"),
    ("line", "g_us_per_km"), ("bus", "in_service"), ("load", "scaling"), ("load", "q_mvar"),
    ("trafo", "pfe_kw"), ("trafo", "tap_pos"), ("trafo", "shift_degree"), ("switch", "closed"),
    ("sgen", "scaling"), ("ext_grid", "va_degree"),
]  # fmt: skip


def saved(net, path):
    if path.suffix == ".json":
        pp.to_json(net, str(path))
    else:
        write_excel(net, path)
    return path


@pytest.mark.parametrize("suffix", [".json", ".xlsx"])
def test_columns_with_a_usual_value_may_be_missing(tmp_path, suffix):
    net = small_net()
    net.switch["closed"] = True
    wanted = copy.deepcopy(net)
    wanted.line["max_i_ka"] = np.nan
    pp.runpp(wanted, numba=False)
    for table, column in LEFT_OUT:
        if column != "q_mvar":
            net[table] = net[table].drop(columns=column)
    imported = read_grid(saved(net, tmp_path / f"own{suffix}"))
    assert inspect_net(imported.net).errors == ()
    assert any("net.line" in note and "in_service True" in note for note in imported.notes)
    pp.runpp(imported.net, numba=False)
    assert imported.net.res_bus.vm_pu.to_numpy() == pytest.approx(wanted.res_bus.vm_pu.to_numpy())


@pytest.mark.parametrize(
    ("table", "column"),
    [("line", "x_ohm_per_km"), ("line", "from_bus"), ("trafo", "sn_mva"), ("load", "p_mw"),
     ("switch", "et"), ("ext_grid", "vm_pu"), ("bus", "vn_kv")],
)  # fmt: skip
def test_a_column_nobody_can_guess_is_asked_for(tmp_path, table, column):
    net = small_net()
    net[table] = net[table].drop(columns=column)
    with pytest.raises(InputError, match=rf"net\.{table}.*{column}.*missing_column"):
        own_net(str(saved(net, tmp_path / "own.json")))


def test_a_column_of_nearly_the_name_is_pointed_at(tmp_path):
    net = small_net()
    net["line"] = net.line.rename(columns={"x_ohm_per_km": "x_ohm_pr_km"})
    with pytest.raises(InputError, match="Is it x_ohm_pr_km"):
        own_net(str(saved(net, tmp_path / "own.json")))


def test_numbers_and_truth_values_written_as_text_are_read(tmp_path):
    net = small_net()
    net.line.loc[1, "in_service"] = False
    wanted = copy.deepcopy(net)
    net.line["in_service"] = net.line["in_service"].astype(str)
    net.line["length_km"] = net.line["length_km"].astype(str)
    net.load["bus"] = net.load["bus"].astype(float)
    back, _ = own_net(str(saved(net, tmp_path / "own.json")))
    assert back.line["in_service"].tolist() == wanted.line["in_service"].tolist()
    assert back.line["length_km"].tolist() == wanted.line["length_km"].tolist()
    assert back.load["bus"].tolist() == wanted.load["bus"].tolist()


def test_an_empty_cell_in_service_is_told(tmp_path):
    net = small_net()
    net.line["in_service"] = [True, None, True]
    imported = read_grid(saved(net, tmp_path / "own.json"))
    assert imported.net.line["in_service"].tolist() == [True, False, True]
    assert any("in_service" in note and "False" in note for note in imported.notes)


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("line", "length_km", "12,5", "With a decimal point: 12.5"),
        ("line", "in_service", "maybe", "True or False"),
        ("bus", "vn_kv", "high", "a number"),
        ("trafo", "tap_neutral", "middle", "a number"),
        ("line", "df", "full", "a number"),
    ],
)
def test_what_has_no_meaning_is_named_by_its_cell(tmp_path, table, column, value, said):
    net = small_net()
    net[table][column] = net[table][column].astype(object)
    net[table].at[0, column] = value
    with pytest.raises(InputError) as caught:
        own_net(str(saved(net, tmp_path / "own.json")))
    (problem,) = caught.value.problems
    assert problem.place.startswith(f"{table} 0")
    assert problem.place.endswith(column)
    assert problem.found == value
    assert said in str(problem)


def test_empty_losses_of_a_transformer_are_none(tmp_path):
    net = small_net()
    net.trafo.loc[0, "pfe_kw"] = np.nan
    imported = read_grid(saved(net, tmp_path / "own.json"))
    assert inspect_net(imported.net).errors == ()
    assert any("pfe_kw" in note for note in imported.notes)


def test_a_negative_rating_is_one_problem_and_not_a_wrong_unit_of_the_loads():
    net = pn.create_cigre_network_mv()
    net.line.loc[2, "max_i_ka"] = -0.3
    assert [each.code for each in check_net(net)] == ["negative_rating"]


def test_a_voltage_in_volt_is_not_told_again_at_every_branch_of_its_bus():
    net = pn.create_cigre_network_mv()
    net.bus.loc[3, "vn_kv"] *= 1000.0
    (problem,) = check_net(net)
    assert "20 kV" in problem.remedy


def test_a_rating_divided_by_1000_twice_is_told_where_it_stands():
    net = pn.create_cigre_network_mv()
    net.line["max_i_ka"] /= 1000.0
    problems = check_net(net)
    assert {each.code for each in problems} == {"unit_off"}
    assert all("max_i_ka" in each.place and "0.1" in each.remedy for each in problems)


def test_without_a_reference_nothing_else_is_suspected():
    net = pn.create_cigre_network_mv(with_der="pv_wind")
    net.ext_grid.drop(0, inplace=True)
    assert [each.code for each in check_net(net)] == ["no_reference"]
