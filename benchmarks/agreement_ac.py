"""The AC engine beside pandapower's, net by net: ``python -m benchmarks.agreement_ac [NET...]``."""

import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.agreement import stored_nets
from data.problems import InputError
from data.tables import FloatArray
from grid.ac_flow import AcBatch, ac_hours
from grid.ac_network import AcModel, ac_model

if TYPE_CHECKING:
    from pandapower import pandapowerNet

VM_PU = 1e-6
VA_DEGREE = 1e-4
LOADING_PERCENT = 1e-3
"""Largest differences of voltage magnitude, angle (1.7e-6 rad) and loading."""

LOADED = {
    ("line", ""): "res_line",
    ("trafo", ""): "res_trafo",
}
"""Where pandapower keeps the loading of a branch by table and side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcAgreement:
    """Largest differences of one net, or why there is no comparison."""

    name: str
    buses: int = 0
    branches: int = 0
    vm_pu: float = float("nan")
    va_degree: float = float("nan")
    loading_percent: float = float("nan")
    verdict: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the net agrees, is refused by name, or converges for neither."""
        return self.verdict != "DIFFERS"


def ac_agreement(name: str, net: "pandapowerNet") -> AcAgreement:
    """Solve one net by the AC engine and by ``runpp`` with its default options."""
    import pandapower as pp

    try:
        model = ac_model(net)
    except InputError as error:
        return AcAgreement(name=name, verdict=f"refused: {error.problems[0]}")
    batch = ac_hours(model, model.s_mva[None])
    size = {"name": name, "buses": len(model.kind), "branches": len(model.from_bus)}
    try:
        pp.runpp(net)
    except pp.LoadflowNotConverged:
        verdict = "only ours converges" if batch.converged[0] else "neither converges"
        return AcAgreement(**size, verdict=verdict)
    if not batch.converged[0]:
        return AcAgreement(**size, verdict="DIFFERS")
    vm, va = voltage_differences(net, model, batch, 0)
    loading = loading_difference(net, model, batch.loading_percent[0])
    agrees = vm < VM_PU and va < VA_DEGREE and loading < LOADING_PERCENT
    return AcAgreement(
        **size,
        vm_pu=vm,
        va_degree=va,
        loading_percent=loading,
        verdict="agrees" if agrees else "DIFFERS",
    )


def voltage_differences(
    solved: "pandapowerNet", model: AcModel, batch: AcBatch, state: int
) -> tuple[float, float]:
    """Largest differences of magnitude and angle; infinite when other buses are dark."""
    at = [model.bus_of[index] for index in solved.bus.index]
    result = solved.res_bus.loc[solved.bus.index]
    vm, va = batch.vm_pu[state, at], batch.va_degree[state, at]
    if (np.isnan(vm) != result["vm_pu"].isna().to_numpy()).any():
        return np.inf, np.inf
    turn = va - result["va_degree"].to_numpy()
    turn -= 360.0 * np.round(turn / 360.0)
    off = np.abs(vm - result["vm_pu"].to_numpy())
    return float(np.nanmax(off, initial=0.0)), float(np.nanmax(np.abs(turn), initial=0.0))


def loading_difference(solved: "pandapowerNet", model: AcModel, loading: FloatArray) -> float:
    """Largest difference of loading relative to 1 % or the loading, whichever is more."""
    worst = 0.0
    for (table, side), results in LOADED.items():
        here = (model.branch_table == table) & (model.branch_side == side)
        here &= np.isfinite(loading)
        if here.any():
            expected = solved[results]["loading_percent"].loc[model.branch_row[here]].to_numpy()
            off = np.abs(loading[here] - expected) / np.maximum(1.0, 0.01 * expected)
            worst = max(worst, float(np.nanmax(off, initial=0.0)))
    return worst


def main(names: list[str]) -> int:
    """Print the table; 1 when some net neither agrees nor is refused."""
    warnings.simplefilter("ignore")
    bad = 0
    sys.stdout.write(
        f"{'net':40} {'buses':>6} {'branches':>8} {'|dvm| pu':>9} {'|dva| deg':>9} "
        f"{'|dload| %':>9}  verdict\n"
    )
    for name, make in stored_nets():
        if names and name not in names:
            continue
        each = ac_agreement(name, make())
        bad += not each.is_good
        sys.stdout.write(
            f"{name:40} {each.buses:6} {each.branches:8} {each.vm_pu:9.1e} "
            f"{each.va_degree:9.1e} {each.loading_percent:9.1e}  {each.verdict}\n"
        )
        sys.stdout.flush()
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
