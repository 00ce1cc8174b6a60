"""What an import reports is complete: counts, defaults element by element, notes, warnings."""

import math

import numpy as np
import pandapower as pp
import pytest

from grid.exchange.completed import completed
from grid.exchange.imported import ImportedNet
from grid.exchange.net_check import inspect_net
from grid.exchange.understood import understood


def report_of(net):
    return understood(ImportedNet(net=net, name="small", file_format="test", notes=("a note",)))


def test_counts_are_by_kind_and_voltage(net):
    _, report = report_of(net)
    counts = {(each.table, each.vn_kv): (each.in_service, each.out_of_service)
              for each in report.counts}  # fmt: skip
    assert counts["bus", "132"] == (3, 0)
    assert counts["bus", "22"] == (2, 0)
    assert counts["trafo", "132/22"] == (2, 0)
    assert counts["switch", "22"] == (0, 1)
    assert report.demand_mw == pytest.approx(30.0)
    assert report.generation_mw == pytest.approx(3.0)
    assert report.customers == 9002
    assert report.with_place == 5
    assert report.defaults == ()


def bare(net):
    net.load.drop(columns=["customers", "shed_class", "kile_group"], inplace=True)
    net.load["name"] = None
    net.line.loc[1, "max_i_ka"] = np.nan
    net.bus["geo"] = None


def test_every_default_names_every_element_it_concerns(net):
    bare(net)
    _, report = report_of(net)
    found = {each.code: each for each in report.defaults}
    assert set(found) == {
        "no_name", "no_rating", "no_customers", "no_shed_class", "no_kile_group", "no_geodata",
    }  # fmt: skip
    assert found["no_rating"].elements == ("line 1 (l_we)",)
    assert len(found["no_geodata"].elements) == 5
    assert math.isnan(report.customers)
    rows = list(report.rows())
    assert all(set(row) == set(rows[0]) for row in rows)
    assert sum(row["kind"] == "default" for row in rows) == 2 + 1 + 2 + 2 + 2 + 5
    assert [row["text"] for row in rows if row["kind"] == "note"] == ["a note"]


def test_the_completed_net_has_our_columns_and_the_same_flows(net):
    bare(net)
    filled, _ = completed(net)
    assert filled.load.shed_class.tolist() == [1, 1]
    assert filled.load.kile_group.tolist() == ["industry", "industry"]
    assert filled.load.customers.isna().all()
    assert filled.load.name.tolist() == ["load 0", "load 1"]
    assert "shed_class" not in net.load
    pp.runpp(net, numba=False)
    pp.runpp(filled, numba=False)
    assert filled.res_line.p_from_mw.to_numpy() == pytest.approx(net.res_line.p_from_mw.to_numpy())
    again, defaults = completed(filled)
    assert pp.toolbox.dataframes_equal(again.load, filled.load)
    assert inspect_net(filled).errors == ()
    assert {each.code for each in defaults} == {"no_rating", "no_customers", "no_geodata"}


def test_a_grid_with_errors_is_reported_as_it_came(net):
    net.load.loc[0, "bus"] = 99
    same, report = report_of(net)
    assert same is net
    assert [each.code for each in report.errors] == ["unknown_bus"]
    assert any(row["kind"] == "error" and "load 0" in row["name"] for row in report.rows())
