"""MATPOWER cases through the product's import, AC power flow and DC optimum."""

from pathlib import Path

import numpy as np

from data.problems import InputError, Problem
from grid.ac_flow import ac_hours
from grid.ac_network import ac_model
from grid.exchange.formats import read_net
from grid.optimal_flow import dc_optimal_flow


def power_flow_case(folder: Path) -> dict[str, float]:
    """Solve every MATPOWER case of a folder.

    Parameters
    ----------
    folder : Path
        With one ``<case>.m`` for each.

    Returns
    -------
    dict of str to float
        ``<case>/load_mw``, ``<case>/losses_mw`` [MW], ``<case>/lowest_voltage_pu``,
        ``<case>/highest_voltage_pu`` [pu], and ``<case>/dc_opf_cost_per_h`` where the
        case states costs. NaN where the power flow does not converge.

    Raises
    ------
    InputError
        If there is no case, or one cannot be read or honoured.
    """
    files = sorted(folder.glob("*.m"))
    if not files:
        raise InputError([Problem("missing_file", str(folder), "nothing", "MATPOWER cases (.m)")])
    result: dict[str, float] = {}
    for file in files:
        net = read_net(file)
        model = ac_model(net)
        batch = ac_hours(model, model.s_mva[None])
        live = ~batch.dark[0]
        result[f"{file.stem}/load_mw"] = float(net.load["p_mw"].sum())
        result[f"{file.stem}/losses_mw"] = float(batch.losses_mw[0])
        result[f"{file.stem}/lowest_voltage_pu"] = float(np.min(batch.vm_pu[0, live]))
        result[f"{file.stem}/highest_voltage_pu"] = float(np.max(batch.vm_pu[0, live]))
        if len(net.poly_cost) or len(net.pwl_cost):
            result[f"{file.stem}/dc_opf_cost_per_h"] = dc_optimal_flow(net).cost_per_h
    return result
