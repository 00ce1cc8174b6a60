"""MATPOWER cases come over without loss: the same power flow as MATPOWER's own equations."""

from pathlib import Path

import numpy as np
import pandapower as pp
import pytest
from pandapower.converter.matpower import to_mpc
from pandapower.networks import case33bw
from scipy.io import savemat

from data.problems import InputError
from grid.exchange.formats import read_grid
from tests.grid.exchange.conftest import small_net

# Everything a converter may get wrong: a transformer given from its low side with a tap and
# a shift, line charging of transformers, a nominal ratio between voltages, the first of two
# generators of a bus out of service, a type 4 bus, a negative load, a rating of 0, several
# rows on one line and commas.
CASE = """function mpc = tricky
%TRICKY  a case with 100 % of the traps
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [
 1 3 0 0 0 0 1 1.0 2 138 1 1.1 0.9; 2 2 20 10 0 0 1 1 0 138 1 1.1 0.9;
 3 1 90 30 0 19 1 1 0 345 1 1.1 0.9;
 4, 1, 40, 5, 0, 0, 1, 1, 0, 345, 1, 1.1, .9
 5 1 -5 0 1 0 1 1 0 13.8 1 1.1 0.9   % feeds in
 7 4 5 0 1 0 1 1 0 13.8 1 1.1 0.9
];
mpc.gen = [
 1 0 0 300 -300 1.03 100 1 Inf 0;
 2 40 0 30 -30 1.01 100 0 100 0;
 2 60 0 30 -30 1.02 100 1 100 0;
 4 10 2 30 -30 1.02 100 1 100 0;
];
mpc.branch = [
 1 2 0.01 0.05 0.02 100 0 0 0 0 1 -360 360;
 1 3 0.002 0.04 0.03 0 0 0 0.96 5 1 -360 360;
 2 4 0.002 0.05 0 120 0 0 0 0 1 -360 360;
 3 4 0.004 0.06 0.3 0 0 0 0 0 1 -360 360;
 3 4 0.004 0.06 0.3 120 0 0 0 0 0 -360 360;
 4 5 0.004 0.08 -0.1 120 0 0 1.02 -30 1 -360 360;
 3 4 0.004 0.16 0 120 0 0 1.02 0 1 -360 360;
];
mpc.gencost = [
 2 0 0 3 0.1 20 0;
 2 0 0 3 0.1 21 0;
 2 0 0 3 0.1 22 0;
 2 0 0 2 23 7;
];
mpc.bus_name = {'One'; 'Two'; 'Three'; 'O''Four'; 'Five'; 'Seven'};
"""
DISTRIBUTION = """function mpc = feeder
mpc.version = '2';
mpc.baseMVA = 10;
mpc.bus = [
 1 3 0 0 0 0 1 1 0 12.66 1 1 1;
 2 1 100 60 0 0 1 1 0 12.66 1 1.1 .9;
];
mpc.gen = [1 0 0 10 -10 1 100 1 10 0];
mpc.branch = [1 2 0.0922 0.0470 0 0 0 0 0 0 1 -360 360];
[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD, QD, GS, BS, BUS_AREA, VM, ...
    VA, BASE_KV, ZONE, VMAX, VMIN, LAM_P, LAM_Q, MU_VMAX, MU_VMIN] = idx_bus;
Vbase = mpc.bus(1, BASE_KV) * 1e3;      %% in Volts
Sbase = mpc.baseMVA * 1e6;              %% in VA
mpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) / (Vbase^2 / Sbase);
mpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) / 1e3;
"""


def tables(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bus, gen and branch of the case above, read by the simplest possible means."""
    found = []
    for name in ("bus", "gen", "branch"):
        body = text.partition(f"mpc.{name} = [")[2].partition("]")[0]
        rows = [r.split("%")[0] for line in body.splitlines() for r in line.split(";")]
        found.append(np.array([[float(w) for w in r.replace(",", " ").split()] for r in rows if
                               r.strip()]))  # fmt: skip
    return tuple(found)


def solve_matpower(bus, gen, branch, base_mva) -> np.ndarray:
    """Newton on the admittances of MATPOWER's manual, eq. 3.1 to 3.13; voltages by bus."""
    bus = bus[bus[:, 1] != 4]
    at = {number: row for row, number in enumerate(bus[:, 0])}
    count = len(bus)
    y = np.diag((bus[:, 4] + 1j * bus[:, 5]) / base_mva)
    for row in branch[branch[:, 10] > 0]:
        f, t = at[row[0]], at[row[1]]
        series = 1.0 / (row[2] + 1j * row[3])
        tap = (row[8] or 1.0) * np.exp(1j * np.deg2rad(row[9]))
        y[t, t] += series + 0.5j * row[4]
        y[f, f] += (series + 0.5j * row[4]) / abs(tap) ** 2
        y[f, t] -= series / np.conj(tap)
        y[t, f] -= series / tap
    s = -(bus[:, 2] + 1j * bus[:, 3]) / base_mva
    v = np.ones(count, dtype=complex)
    held = set()
    for row in gen[gen[:, 7] > 0]:
        s[at[row[0]]] += (row[1] + 1j * row[2]) / base_mva
        if bus[at[row[0]], 1] in (2, 3):
            v[at[row[0]]] = row[5]
            held.add(at[row[0]])
    reference = [k for k in range(count) if bus[k, 1] == 3]
    for k in reference:
        v[k] *= np.exp(1j * np.deg2rad(bus[k, 8]))
    pq = [k for k in range(count) if k not in held]
    free = [k for k in range(count) if k not in reference]
    for _ in range(30):
        error = v * np.conj(y @ v) - s
        wrong = np.concatenate([error[free].real, error[pq].imag])
        if np.abs(wrong).max() < 1e-11:
            return v
        unit = np.diag(v / np.abs(v))
        by_angle = 1j * np.diag(v) @ np.conj(np.diag(y @ v) - y @ np.diag(v))
        by_size = np.diag(v) @ np.conj(y @ unit) + np.diag(np.conj(y @ v)) @ unit
        jacobian = np.block(
            [
                [by_angle[np.ix_(free, free)].real, by_size[np.ix_(free, pq)].real],
                [by_angle[np.ix_(pq, free)].imag, by_size[np.ix_(pq, pq)].imag],
            ]
        )
        step = np.linalg.solve(jacobian, -wrong)
        angle, size = np.angle(v), np.abs(v)
        angle[free] += step[: len(free)]
        size[pq] += step[len(free) :]
        v = size * np.exp(1j * angle)
    raise AssertionError("no convergence")


def write(folder: Path, text: str, name: str = "tricky.m") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_power_flow_is_matpowers(tmp_path):
    net = read_grid(write(tmp_path, CASE)).net
    pp.runpp(net, tolerance_mva=1e-9, numba=False)
    v = solve_matpower(*tables(CASE), 100.0)
    assert net.res_bus.vm_pu.to_numpy()[:5] == pytest.approx(np.abs(v), abs=1e-9)
    assert net.res_bus.va_degree.to_numpy()[:5] == pytest.approx(np.rad2deg(np.angle(v)), abs=1e-7)


def test_what_is_what_is_understood(tmp_path):
    imported = read_grid(write(tmp_path, CASE))
    net = imported.net
    assert net.bus.name.tolist() == ["One", "Two", "Three", "O'Four", "Five", "Seven"]
    assert net.bus.in_service.tolist() == [True] * 5 + [False]
    # Five branches join two voltages, or have a ratio or a shift of their own.
    assert sorted(net.trafo.name) == ["2-4", "3-1", "3-4 (3)", "4-5"]
    assert sorted(net.line.name) == ["1-2", "3-4", "3-4 (2)"]
    assert net.line.in_service.sum() == 2
    unlimited = net.line.set_index("name").max_i_ka.isna()
    assert unlimited["3-4"]
    assert not unlimited["1-2"]
    assert len(net.poly_cost) == 4
    assert set(net.poly_cost.cp1_eur_per_mw) == {20.0, 21.0, 22.0, 23.0}
    assert any("line charging" in note for note in imported.notes)


def test_text_and_binary_give_the_same_grid(tmp_path):
    bus, gen, branch = tables(CASE)
    path = tmp_path / "tricky.mat"
    savemat(path, {"mpc": {"version": "2", "baseMVA": 100.0, "bus": bus, "gen": gen,
                           "branch": branch}})  # fmt: skip
    nets = [read_grid(each).net for each in (path, write(tmp_path, CASE))]
    for net in nets:
        pp.runpp(net, tolerance_mva=1e-9, numba=False)
    assert nets[0].res_bus.vm_pu.to_numpy()[:5] == pytest.approx(
        nets[1].res_bus.vm_pu.to_numpy()[:5], abs=1e-10
    )


def test_a_pandapower_net_survives_the_way_over_matpower(tmp_path):
    net = small_net()
    path = tmp_path / "small.mat"
    to_mpc(net, str(path), init="flat")
    back = read_grid(path).net
    for each in (net, back):
        pp.runpp(each, trafo_model="pi", numba=False)
    assert back.res_bus.vm_pu.to_numpy() == pytest.approx(net.res_bus.vm_pu.to_numpy(), abs=1e-6)
    assert sorted(back.res_line.p_from_mw.abs()) == pytest.approx(
        sorted(net.res_line.p_from_mw.abs()), abs=1e-4
    )


def test_ohm_and_kw_are_converted_as_the_file_says(tmp_path):
    imported = read_grid(write(tmp_path, DISTRIBUTION))
    net = imported.net
    assert net.load.p_mw.tolist() == pytest.approx([0.1])
    assert net.line.r_ohm_per_km.tolist() == pytest.approx([0.0922])
    assert len(imported.notes) == 2


def test_an_hvdc_line_comes_along(tmp_path):
    dc = "mpc.dcline = [\n 1 4 1 10 8.9 0 0 1.01 1.0 1 10 0 0 0 0 1 0.01;\n];\n"
    net = read_grid(write(tmp_path, CASE + dc)).net
    pp.rundcpp(net, numba=False)
    assert net.res_dcline.p_to_mw.tolist() == pytest.approx([-8.9])


def refused(path: Path) -> list[str]:
    with pytest.raises(InputError) as error:
        read_grid(path)
    return [str(each) for each in error.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("mpc.branch = [", "mpc.other = [", "no mpc.branch"),
        ("mpc.baseMVA = 100;", "", "mpc.baseMVA above 0"),
        ("1 2 0.01 0.05", "1 99 0.01 0.05", "mpc.branch row 1: found 'bus 99'"),
        ("2 4 0.002 0.05", "2 4 0.002 0.05 1", "line 21"),
        ("3 1 90 30", "3 1 ninety 30", "'ninety', allowed a number"),
        (" 5 1 -5 0 1", " 4 1 -5 0 1", "each bus number once"),
        ("];\nmpc.bus_name", "", "never closed"),
        ("mpc.bus_name", "mpc.bus(:, PD) = 2 * mpc.bus(:, PD);\nmpc.bus_name", "savecase"),
        ("mpc.bus_name", "mpc = scale_load(2, mpc);\nmpc.bus_name", "savecase"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, old, new, told):
    assert old in CASE
    problems = refused(write(tmp_path, CASE.replace(old, new, 1)))
    assert any(told in each for each in problems), problems


@pytest.mark.parametrize("number", ["0", "-3", "2.5", "1e12", "NaN"])
def test_a_bus_number_that_is_none_is_told_with_its_row(tmp_path, number):
    text = CASE.replace("mpc.bus = [", f"mpc.bus = [ {number} 1 5 0 0 0 1 1 0 138 1 1.1 0.9;", 1)
    found = refused(write(tmp_path, text))
    assert any("mpc.bus row 1: " in each and "whole number from 1" in each for each in found)


def test_all_problems_of_a_case_are_told_at_once(tmp_path):
    text = CASE.replace("3 1 90 30", "3 1 ninety 30").replace("0.06 0.3 120", "0.06 x 120")
    problems = refused(write(tmp_path, text))
    assert sum("not_a_number" in each for each in problems) == 2


def test_the_33_bus_feeder_in_ohm_and_kw_has_its_published_losses(tmp_path):
    # Baran and Wu 1989: 202.7 kW of losses before reconfiguration, 0.913 pu at the far end.
    net = case33bw()
    bus = "\n".join(
        f"{n + 1} {3 if n == 0 else 1} {p * 1e3} {q * 1e3} 0 0 1 1 0 12.66 1 1.1 0.9;"
        for n, (p, q) in enumerate(zip(*_loads(net), strict=True))
    )
    branch = "\n".join(
        f"{a + 1} {b + 1} {r} {x} 0 0 0 0 0 0 {int(on)} -360 360;"
        for a, b, r, x, on in net.line[
            ["from_bus", "to_bus", "r_ohm_per_km", "x_ohm_per_km", "in_service"]
        ].itertuples(index=False)
    )
    head, _, tail = DISTRIBUTION.partition("mpc.bus = [")
    tail = tail.partition("];")[2]
    text = f"{head}mpc.bus = [\n{bus}\n];{tail}"
    first, _, rest = text.partition("mpc.branch = [")
    text = f"{first}mpc.branch = [\n{branch}\n];{rest.partition('];')[2]}"
    back = read_grid(write(tmp_path, text)).net
    pp.runpp(back, numba=False)
    assert 1e3 * back.res_line.pl_mw.sum() == pytest.approx(202.7, abs=0.05)
    assert back.res_bus.vm_pu.min() == pytest.approx(0.9131, abs=1e-4)
    assert back.res_bus.vm_pu.idxmin() == 17


def _loads(net):
    p, q = np.zeros(33), np.zeros(33)
    p[net.load.bus], q[net.load.bus] = net.load.p_mw, net.load.q_mvar
    return p, q
