"""Load shedding by priority where limits are broken: a linear programme solved by HiGHS."""

import numpy as np
from highspy import Highs

from data.problems import BeredtError
from data.tables import FloatArray
from grid.bad_states import branch_names
from grid.dc_flow import Topology
from grid.dispatch import P_TOL_MW, Dispatch
from grid.shedding_programme import Shedding, SheddingProgramme

OPTIONS = (
    ("output_flag", False),
    ("threads", 1),
    ("presolve", "off"),
    # Measured on 200 and 286 buses: a start from the hour before is quicker without scaling
    # and with Devex pricing than with HiGHS' own choice.
    ("simplex_scale_strategy", 0),
    ("simplex_dual_edge_weight_strategy", 1),
)


class LoadShedder:
    """One HiGHS model per process, filled anew for each topology.

    In each hour the programme minimises ``sum(cost * shed) + small * redispatch``
    subject to the balance of every island and ``|flow| <= rating``. The flows are
    written with the topology's sensitivities (PTDF), and only branches that come to
    their limit get a row: those above it in the unshed state, then those the solution
    pushes above it, until there are none. Bounds alone differ from hour to hour.

    Parameters
    ----------
    shed_cost : ndarray, shape (bus, class)
        Cost of shedding for an hour, rising with priority. [NOK/MW]

    References
    ----------
    .. [1] B. Stott, J. Jardim, O. Alsac, DC power flow revisited, IEEE Trans. Power
       Systems 24(3), 2009 (linear network model with sensitivities).
    """

    def __init__(self, shed_cost: FloatArray) -> None:
        if shed_cost.ndim != 2 or not ((shed_cost > 0) & np.isfinite(shed_cost)).all():  # noqa: PLR2004 -- two dims
            raise ValueError("shed_cost: a positive cost for each bus and class is needed")
        self._scale_nok = float(shed_cost.min())
        self._cost = shed_cost / self._scale_nok
        self._highs = Highs()  # type: ignore[no-untyped-call]  # highspy's stub
        for option, value in OPTIONS:
            self._highs.setOptionValue(option, value)

    def solve(self, topology: Topology, demand_mw: FloatArray, wanted: Dispatch) -> Shedding:
        """Shed as little as possible, the cheapest classes first.

        Parameters
        ----------
        topology : Topology
            The grid as it stands.
        demand_mw : ndarray, shape (time, bus, class)
            Demand of the hours where a limit is broken, 0 at dark buses. [MW]
        wanted : Dispatch
            What the sources would give in these hours if there were no branch limits.

        Returns
        -------
        Shedding

        Raises
        ------
        BeredtError
            If no shedding keeps the limits (phase shifters alone can break them), or
            the flows are no numbers; branches and islands are named.
        """
        arrays = topology.arrays
        model = SheddingProgramme(topology, demand_mw, wanted, self._cost, self._highs)
        flow = topology.flow_mw(model.base_injection_mw)
        if not np.isfinite(flow).all():
            raise BeredtError(
                f"the flows of {branch_names(arrays, ~np.isfinite(flow))} are no numbers"
            )
        limit = arrays.rating_mw + P_TOL_MW
        model.add_rows(np.flatnonzero((np.abs(flow) > limit).any(axis=0)), flow)
        for hour in range(len(demand_mw)):
            while True:
                model.solve(hour)
                over = np.abs(topology.flow_mw(model.injection_mw(hour))[0]) > limit
                over[model.rows] = False
                if not over.any():
                    break
                model.add_rows(np.flatnonzero(over), flow)
            model.narrow(hour)
        return model.shedding(self._scale_nok)
