"""MATPOWER cases (format version 2) as ``.m`` text or ``.mat`` -> pandapower net."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.problems import InputError, Problem
from data.tables import FloatArray
from grid.exchange.imported import ImportedNet, told
from grid.exchange.matpower_text import BASE_KV, BR_R, BR_X, TABLES, Case, parse_case

if TYPE_CHECKING:
    from pandapower import pandapowerNet

# Columns counted from 0.
BUS_I, BUS_TYPE = 0, 1
GEN_BUS, VG, GEN_STATUS = 0, 5, 7
F_BUS, T_BUS, BR_B, RATE_A, TAP, SHIFT = 0, 1, 4, 5, 8, 9
DC_STATUS, DC_PF, DC_VF, DC_VT, DC_LOSS0, DC_LOSS1 = 2, 3, 7, 8, 15, 16

REFERENCE, ISOLATED = 3, 4
ANGMIN, ANGMAX = 11, 12

HIGHEST_BUS = 10_000_000
"""MATPOWER asks for positive bus numbers; pandapower keeps a table as long as the highest."""

NO_BASE_KV = 100.0
"""Nominal voltage where the case gives 0: every per-unit value stays as it is. [kV]"""

NEARLY_1 = float(np.nextafter(1.0, 2.0))

F_HZ = 50.0
"""Only turns susceptance into capacitance and back, so the flows do not depend on it. [Hz]"""


def read_matpower_text(path: Path, text: str) -> ImportedNet:
    """Read a MATPOWER case written as MATLAB text.

    Parameters
    ----------
    path : Path
        Used in messages.
    text : str
        Content of the file.

    Returns
    -------
    ImportedNet

    Raises
    ------
    InputError
        With every line, table and reference that cannot be used.
    """
    problems: list[Problem] = []
    case = parse_case(path.name, text, problems)
    return _net_of(path, case, "MATPOWER case (.m)", problems)


def read_matpower_binary(path: Path) -> ImportedNet:
    """Read a MATPOWER case saved by MATLAB or Octave as ``.mat`` (up to version 7).

    Parameters
    ----------
    path : Path

    Returns
    -------
    ImportedNet

    Raises
    ------
    InputError
        If it is no such file, or holds no case.
    """
    from scipy.io import loadmat

    allowed = "a .mat file of version 7 or older with a struct of bus, gen, branch and baseMVA"
    try:
        content = loadmat(str(path), squeeze_me=True, struct_as_record=False)
    except Exception as error:
        remedy = "Save it in MATLAB with: save('case.mat', 'mpc', '-v7')."
        problem = Problem("not_mat", path.name, str(error)[:200], allowed, remedy)
        raise InputError([problem]) from error
    holders: list[dict[str, Any]] = [{k: v for k, v in content.items() if not k.startswith("__")}]
    holders += [
        {name: getattr(value, name) for name in value._fieldnames}
        for value in content.values()
        if hasattr(value, "_fieldnames")
    ]
    found = next((each for each in holders if "bus" in each and "branch" in each), None)
    if found is None:
        names = ", ".join(holders[0]) or "nothing"
        raise InputError([Problem("no_case", path.name, names, allowed)])
    problems: list[Problem] = []
    case = Case()
    for name in (*TABLES, "gencost", "dcline"):
        if name in found:
            try:
                table = np.atleast_2d(np.asarray(found[name], dtype=np.float64))
            except (TypeError, ValueError):
                place = f"{path.name}: mpc.{name}"
                problems.append(Problem("not_a_number", place, "text", "a table of numbers"))
                continue
            if table.size:
                case.tables[name] = table
    for name in ("bus_name", "branch_name", "gen_name"):
        if name in found:
            case.names[name] = [str(each).strip() for each in np.atleast_1d(found[name])]
    try:
        case.base_mva = float(found.get("baseMVA", 0.0))
    except (TypeError, ValueError):
        case.base_mva = 0.0
    return _net_of(path, case, "MATPOWER case (.mat)", problems)


def _net_of(path: Path, case: Case, file_format: str, problems: list[Problem]) -> ImportedNet:
    problems = [*problems, *_case_problems(path.name, case, problems)]
    if problems:
        raise InputError(problems)
    notes = list(case.notes)
    names = _adjust(case, notes)
    net = _convert(path.name, case, notes)
    _name(net, names)
    return ImportedNet(net=net, name=path.stem, file_format=file_format, notes=tuple(notes))


def _case_problems(file: str, case: Case, earlier: list[Problem]) -> list[Problem]:
    found: list[Problem] = []
    told_of = " ".join(each.place for each in earlier)
    remedy = "MATPOWER's case format, version 2, has all of them."
    for name, least in TABLES.items():
        table = case.tables.get(name)
        if table is None:
            if f"mpc.{name}" not in told_of and not earlier:
                allowed = "mpc.baseMVA, mpc.bus, mpc.gen and mpc.branch"
                found.append(Problem("missing_table", file, f"no mpc.{name}", allowed, remedy))
        elif table.shape[1] < least:
            allowed = f"at least {least} columns"
            found.append(
                Problem("cell_count", f"{file}: mpc.{name}", f"{table.shape[1]} columns", allowed)
            )
    if not case.base_mva > 0 or not np.isfinite(case.base_mva):
        found.append(
            Problem("missing_base", file, f"baseMVA {case.base_mva:g}", "mpc.baseMVA above 0")
        )
    if found or len(case.tables.keys() & TABLES.keys()) < len(TABLES):
        return found
    numbers = case.tables["bus"][:, BUS_I]
    whole = (numbers == np.floor(numbers)) & (numbers >= 1) & (numbers <= HIGHEST_BUS)
    found += [
        Problem("not_a_bus_number", f"{file}: mpc.bus row {row + 1}", f"bus {numbers[row]:g}",
                f"a whole number from 1 to {HIGHEST_BUS}",
                "Give the bus another number, in mpc.gen and mpc.branch too.")
        for row in np.flatnonzero(~whole)
    ]  # fmt: skip
    kinds = case.tables["bus"][:, BUS_TYPE]
    if REFERENCE not in kinds:
        found.append(
            Problem("no_reference", f"{file}: mpc.bus", "no bus of type 3",
                    "one reference bus with a generator", "Give the bus that balances type 3.")
        )  # fmt: skip
    found += [
        Problem("not_allowed", f"{file}: mpc.bus row {row + 1}", f"type {kinds[row]:g}",
                "1 (load), 2 (generator), 3 (reference) or 4 (isolated)")
        for row in np.flatnonzero(~np.isin(kinds, (1, 2, REFERENCE, ISOLATED)))
    ]  # fmt: skip
    ratio = case.tables["branch"][:, TAP]
    found += [
        Problem("out_of_range", f"{file}: mpc.branch row {row + 1}", f"ratio {ratio[row]:g}",
                "above 0, or 0 for a line")
        for row in np.flatnonzero(~(ratio >= 0))
    ]  # fmt: skip
    values, counts = np.unique(numbers, return_counts=True)
    found += [
        Problem("duplicate_name", f"{file}: mpc.bus", f"{value:g}", "each bus number once",
                "Give one of them another number.")
        for value in values[counts > 1]
    ]  # fmt: skip
    for name, ends in (("gen", (GEN_BUS,)), ("branch", (F_BUS, T_BUS)), ("dcline", (0, 1))):
        if name in case.tables:
            for end in ends:
                column = case.tables[name][:, end]
                found += [
                    Problem("unknown_bus", f"{file}: mpc.{name} row {row + 1}",
                            f"bus {column[row]:g}", "a bus number of mpc.bus")
                    for row in np.flatnonzero(~np.isin(column, numbers))
                ]  # fmt: skip
    return found


def _adjust(case: Case, notes: list[str]) -> dict[str, list[str]]:
    """Bring the tables to a form ``from_ppc`` converts without loss; return the names.

    * A transformer whose first bus has the lower voltage is turned round: seen from the
      other side the ideal ratio is 1/tap and the impedance behind it z tap^2 (the pi model
      of the manual's eq. 3.1-3.3), for pandapower keeps the tap on the high side.
    * Generators in service come first on each bus and all hold the voltage of the last
      one in service, as MATPOWER does.
    """
    bus, gen, branch = (case.tables[name] for name in TABLES)
    unknown = bus[:, BASE_KV] <= 0
    if unknown.any():
        bus[unknown, BASE_KV] = NO_BASE_KV
        notes.append(
            f"{int(unknown.sum())} buses have no nominal voltage (baseKV 0): {NO_BASE_KV:g} kV is "
            "used, which leaves every per-unit value as it is; ampere and ohm mean nothing."
        )
    volts = dict(zip(bus[:, BUS_I], bus[:, BASE_KV], strict=True))
    kv = np.array([[volts[a], volts[b]] for a, b in branch[:, [F_BUS, T_BUS]]])
    ratio = np.where(branch[:, TAP] == 0, 1.0, branch[:, TAP])
    turn = (kv[:, 0] < kv[:, 1]) & ((ratio != 1.0) | (branch[:, SHIFT] != 0))
    branch[turn, F_BUS], branch[turn, T_BUS] = branch[turn, T_BUS], branch[turn, F_BUS]
    branch[turn, BR_R] *= ratio[turn] ** 2
    branch[turn, BR_X] *= ratio[turn] ** 2
    branch[turn, BR_B] /= ratio[turn] ** 2
    branch[turn, SHIFT] *= -1
    ratio = np.where(turn, 1.0 / ratio, ratio)
    # Between two voltages stands a transformer: the next number above 1 tells from_ppc so.
    branch[:, TAP] = np.where((kv[:, 0] != kv[:, 1]) & (ratio == 1.0), NEARLY_1, ratio)
    dead = np.isin(gen[:, GEN_BUS], bus[bus[:, BUS_TYPE] == ISOLATED, BUS_I])
    if dead.any():
        notes.append(f"{int(dead.sum())} generators on isolated buses (type 4) are left out.")
    order = np.argsort(gen[:, GEN_STATUS] <= 0, kind="stable")
    gen_names = case.names.get("gen_name", [])
    if len(gen_names) == len(gen):
        case.names["gen_name"] = [gen_names[row] for row in order]
    if "gencost" in case.tables:
        cost, count = case.tables["gencost"], len(gen)
        if len(cost) in (count, 2 * count):
            blocks = [cost[start + order] for start in range(0, len(cost), count)]
            case.tables["gencost"] = np.concatenate(blocks)
    gen = gen[order]
    running = gen[:, GEN_STATUS] > 0
    last = dict(zip(gen[running, GEN_BUS], gen[running, VG], strict=True))
    gen[:, VG] = [last.get(at, vm) for at, vm in zip(gen[:, GEN_BUS], gen[:, VG], strict=True)]
    case.tables["gen"] = gen
    bus_names = case.names.get("bus_name", [])
    if len(bus_names) != len(bus) or len(set(bus_names)) != len(bus):
        bus_names = [f"{number:g}" for number in bus[:, BUS_I]]
    branch_names = case.names.get("branch_name", [])
    if len(branch_names) != len(branch) or len(set(branch_names)) != len(branch):
        branch_names = _circuit_names(branch)
    return {"bus": bus_names, "branch": branch_names, "gen": case.names.get("gen_name", [])}


def _circuit_names(branch: FloatArray) -> list[str]:
    """Name branches by their ends; parallel circuits get a number."""
    seen: dict[str, int] = {}
    names = []
    for a, b in branch[:, [F_BUS, T_BUS]]:
        name = f"{a:g}-{b:g}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _convert(file: str, case: Case, notes: list[str]) -> "pandapowerNet":
    import pandapower as pp
    from pandapower.converter.pypower import from_ppc

    ppc: dict[str, Any] = {"baseMVA": case.base_mva, "version": "2"}
    ppc |= {name: case.tables[name].copy() for name in TABLES}
    for name, ends in (("bus", (BUS_I,)), ("gen", (GEN_BUS,)), ("branch", (F_BUS, T_BUS))):
        for end in ends:
            ppc[name][:, end] -= 1
    is_trafo = (ppc["branch"][:, TAP] != 1.0) | (ppc["branch"][:, SHIFT] != 0)
    charging = np.where(is_trafo, ppc["branch"][:, BR_B], 0.0)
    ppc["branch"][is_trafo, BR_B] = 0.0
    wide = ppc["branch"].shape[1]
    if wide < ANGMAX + 1:
        limits = np.tile([-360.0, 360.0], (len(ppc["branch"]), 1))
        ppc["branch"] = np.hstack([ppc["branch"][:, :ANGMIN], limits])
    if "gencost" in case.tables:
        ppc["gencost"] = case.tables["gencost"].copy()
    with told(notes):
        try:
            net = from_ppc(ppc, f_hz=F_HZ, check_costs=False)
        except Exception as error:
            if "gencost" not in ppc:
                problem = Problem("not_converted", file, str(error)[:300], "a MATPOWER case")
                raise InputError([problem]) from error
            del ppc["gencost"]
            notes.append(f"The cost table is left out: {error}".strip())
            net = from_ppc(ppc, f_hz=F_HZ)
    lookup = net._from_ppc_lookups["branch"]
    unlimited = case.tables["branch"][:, RATE_A] == 0
    rows = lookup["element"][(lookup["element_type"] == "line") & unlimited].to_numpy(dtype=int)
    net.line.loc[rows, "max_i_ka"] = np.nan
    nominal = net.trafo["tap_step_percent"] < 1e-10  # noqa: PLR2004 -- from NEARLY_1
    net.trafo.loc[nominal, ["tap_step_percent", "tap_pos"]] = 0.0
    _add_charging(net, case, charging)
    if charging.any():
        notes.append(
            f"{int((charging != 0).sum())} transformers have line charging, which a pandapower "
            "transformer cannot have: it stands as shunts at both ends and stays when they go out."
        )
    for row in case.tables.get("dcline", np.empty((0, DC_LOSS1 + 1))):
        pp.create_dcline(
            net, int(row[0]) - 1, int(row[1]) - 1, p_mw=row[DC_PF], loss_mw=row[DC_LOSS0],
            loss_percent=100.0 * row[DC_LOSS1], vm_from_pu=row[DC_VF], vm_to_pu=row[DC_VT],
            in_service=bool(row[DC_STATUS] > 0), name=f"HVDC {row[0]:g}-{row[1]:g}",
        )  # fmt: skip
    return net


def _add_charging(net: "pandapowerNet", case: Case, charging_pu: FloatArray) -> None:
    """Put half a transformer's charging at each end, seen through its ratio."""
    import pandapower as pp

    branch = case.tables["branch"]
    for row in np.flatnonzero(charging_pu):
        half = -0.5 * charging_pu[row] * case.base_mva
        sides = ((F_BUS, branch[row, TAP] ** 2), (T_BUS, 1.0))
        for end, square in sides:
            if branch[row, 10] > 0:
                pp.create_shunt(
                    net, int(branch[row, end]) - 1, q_mvar=half / square, p_mw=0.0,
                    name=f"charging of branch {row + 1} at {branch[row, end]:g}",
                )  # fmt: skip


def _name(net: "pandapowerNet", names: dict[str, list[str]]) -> None:
    net.bus["name"] = names["bus"]
    lookup = net._from_ppc_lookups["branch"]
    for row, (table, element) in enumerate(
        zip(lookup["element_type"], lookup["element"], strict=True)
    ):
        net[table].loc[element, "name"] = names["branch"][row]
    generators = net._from_ppc_lookups["gen"]
    for row, (table, element) in enumerate(
        zip(generators["element_type"], generators["element"], strict=True)
    ):
        if table:
            given = names["gen"][row] if len(names["gen"]) == len(generators) else ""
            at = net.bus.at[net[table].at[element, "bus"], "name"]
            net[table].loc[element, "name"] = given or f"gen {row + 1} at {at}"
    for table in ("load", "shunt", "sgen"):
        rows = net[table].index[net[table]["name"].isna()]
        at = net.bus.loc[net[table].loc[rows, "bus"], "name"]
        net[table].loc[rows, "name"] = [f"{table} at {name}" for name in at]
