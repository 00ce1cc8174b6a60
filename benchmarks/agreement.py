"""The array form beside pandapower's DC power flow: ``python -m benchmarks.agreement``."""

import copy
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from data.problems import InputError
from data.tables import FloatArray
from grid.arrays import UNLIMITED_MW, GridArrays
from grid.dc_flow import DcGrid
from grid.dispatch import dispatch
from grid.net_arrays import NetArrays, net_arrays

if TYPE_CHECKING:
    from pandapower import pandapowerNet

TOLERANCE_MW = 1e-6

SIMBENCH_CODES = (
    "1-EHV-mixed--0-sw",
    "1-EHVHV-mixed-1-0-sw",
    "1-HV-mixed--0-sw",
    "1-HV-urban--0-sw",
    "1-HVMV-mixed-1.105-0-sw",
    "1-HVMV-urban-2.203-0-sw",
    "1-MV-rural--0-sw",
    "1-MV-semiurb--0-sw",
    "1-MV-urban--0-sw",
    "1-MV-comm--0-sw",
    "1-MVLV-rural-1.108-0-sw",
    "1-MVLV-urban-5.303-0-sw",
    "1-LV-rural1--0-sw",
    "1-LV-semiurb4--0-sw",
    "1-LV-urban6--0-sw",
    "1-EHV-mixed--2-no_sw",
    "1-HV-mixed--1-no_sw",
    "1-MV-rural--2-no_sw",
)
"""At least one of every kind of SimBench grid, mixed voltage levels included."""

RESULTS = {
    ("line", ""): ("res_line", "p_from_mw", 1.0),
    ("trafo", ""): ("res_trafo", "p_hv_mw", 1.0),
    ("trafo3w", "hv"): ("res_trafo3w", "p_hv_mw", 1.0),
    ("trafo3w", "mv"): ("res_trafo3w", "p_mv_mw", -1.0),
    ("trafo3w", "lv"): ("res_trafo3w", "p_lv_mw", -1.0),
    ("impedance", ""): ("res_impedance", "p_from_mw", 1.0),
    ("switch", ""): ("res_switch", "p_from_mw", 1.0),
}
"""Where pandapower keeps the flow of a branch by table and side, and its sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Largest difference of one net, or why it is refused."""

    name: str
    buses: int = 0
    branches: int = 0
    flow_mw: float = float("nan")
    reference_mw: float = float("nan")
    refused: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the net agrees, or is refused by name."""
        agrees = self.flow_mw < TOLERANCE_MW and self.reference_mw < TOLERANCE_MW
        return bool(self.refused) or agrees


def agreement(name: str, net: "pandapowerNet") -> Agreement:
    """Solve one net by its arrays and by ``rundcpp``.

    ``rundcpp`` leaves asymmetric loads out; it gets them as loads.
    """
    import pandapower as pp

    try:
        model = net_arrays(net)
    except InputError as error:
        return Agreement(name=name, refused=str(error.problems[0]))
    peer = copy.deepcopy(net)
    for kind, create in (
        ("asymmetric_load", pp.create_load),
        ("asymmetric_sgen", pp.create_sgen),
    ):
        for each in peer[kind][peer[kind]["in_service"]].itertuples():
            p_mw = (each.p_a_mw + each.p_b_mw + each.p_c_mw) * each.scaling
            create(peer, each.bus, p_mw=p_mw)
    pp.rundcpp(peer)
    arrays = unlimited(model.arrays)
    topology = DcGrid(arrays).topology(np.ones(len(arrays.branch_ids), dtype=bool))
    plan = dispatch(topology, model.demand_mw[None])
    injection = np.bincount(arrays.source_bus, plan.source_p_mw[0], len(arrays.bus_ids))
    flow = topology.flow_mw((injection - model.demand_mw)[None])[0]
    expected = peer_flow_mw(peer, model)
    known = model.branch_table != "xward"
    given = [
        peer[f"res_{table}"].at[row, "p_mw"]
        for table, row in zip(
            model.reference_table.tolist(), model.reference_row.tolist(), strict=True
        )
    ]
    return Agreement(
        name=name,
        buses=len(arrays.bus_ids),
        branches=len(arrays.branch_ids),
        flow_mw=float(np.abs(flow - expected)[known].max(initial=0.0)),
        reference_mw=float(np.abs(model.reference_p_mw(flow) - given).max()),
    )


def unlimited(arrays: GridArrays) -> GridArrays:
    """Arrays without limits, as ``rundcpp`` knows none."""
    infinite = np.full(len(arrays.branch_ids), np.inf)
    sharing = ~arrays.source_fixed
    return replace(
        arrays,
        rating_mw=infinite,
        short_term_mw=infinite,
        trip_mw=infinite,
        source_p_max_mw=np.where(sharing, UNLIMITED_MW, arrays.source_p_max_mw),
        source_p_min_mw=np.where(sharing, -UNLIMITED_MW, arrays.source_p_min_mw),
    )


def peer_flow_mw(solved: "pandapowerNet", model: NetArrays) -> FloatArray:
    """Flow of each branch as pandapower has it, NaN where it keeps none. [MW]."""
    flow = np.full(len(model.branch_row), np.nan)
    for (table, side), (results, column, sign) in RESULTS.items():
        here = (model.branch_table == table) & (model.branch_side == side)
        if here.any():
            flow[here] = sign * solved[results][column].loc[model.branch_row[here]]
    return flow


def stored_nets() -> Iterator[tuple[str, Callable[[], "pandapowerNet"]]]:
    """Every net pandapower ships that needs no argument, and a spread of SimBench."""
    import pandapower.networks as pn
    import simbench

    for name, make in sorted(vars(pn).items()):
        if not inspect.isfunction(make) or name in {"create_empty_network", "pp_elements"}:
            continue
        given = inspect.signature(make).parameters.values()
        if all(each.default is not each.empty for each in given if each.kind.value < 2):  # noqa: PLR2004
            yield name, make
    for code in SIMBENCH_CODES:
        yield code, lambda code=code: simbench.get_simbench_net(code)


def main(names: list[str]) -> int:
    """Print the table; 1 when some net neither agrees nor is refused."""
    warnings.simplefilter("ignore")
    bad = 0
    sys.stdout.write(f"{'net':40} {'buses':>6} {'branches':>8} {'max |dP| MW':>12}  verdict\n")
    for name, make in stored_nets():
        if names and name not in names:
            continue
        each = agreement(name, make())
        bad += not each.is_good
        verdict = f"refused: {each.refused}" if each.refused else "agrees"
        if not each.is_good:
            verdict = "DIFFERS"
        worst = max(each.flow_mw, each.reference_mw)
        sys.stdout.write(f"{name:40} {each.buses:6} {each.branches:8} {worst:12.1e}  {verdict}\n")
        sys.stdout.flush()
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
