"""Least-cost dispatch under branch limits: DC optimal power flow, solved by HiGHS."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from highspy import HessianFormat, Highs, HighsHessian, HighsLp, HighsModelStatus, kHighsInf
from scipy.sparse import block_array, coo_array, csc_array, csr_array, diags_array

from data.problems import BeredtError, InputError, Problem
from data.tables import FloatArray, IntArray, StrArray
from grid.exchange.imported import told
from grid.exchange.labels import references
from grid.net_rows import Converted, branch_rows, convert, no_reference, refused

if TYPE_CHECKING:
    from pandapower import pandapowerNet

PRICE_TOL = 1e-6
"""A limit whose price is below this binds by chance only. [per MW]"""

STRAIGHT = 2
"""Most powers of the output a cost curve may have."""

NOT_MOVED = {"dcline": "power through a DC link is not part of the optimum"}
"""What an optimum adds to the tables no model takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimalFlow:
    """The cheapest dispatch that keeps every limit; costs in the net's currency.

    Attributes
    ----------
    cost_per_h : float
        Of all generators, constant parts included. [1/h]
    generator_table : ndarray of str, shape (generator,)
        ext_grid, gen, or a controllable sgen, load or storage.
    generator_row : ndarray of int, shape (generator,)
        Index in that table.
    p_mw : ndarray, shape (generator,)
        Fed in; negative for a load that is served. [MW]
    p_min_mw, p_max_mw : ndarray, shape (generator,)
        Limits. [MW]
    marginal_per_mwh : ndarray, shape (generator,)
        Slope of the cost at the dispatch. [1/MWh]
    bus_row : ndarray of int, shape (bus,)
        Index of each bus in the net.
    price_per_mwh : ndarray, shape (bus,)
        What one more megawatt of demand costs there; NaN at buses out of service.
        [1/MWh]
    branch_table, branch_row : ndarray, shape (branch,)
        Where each branch stands in the net.
    flow_mw : ndarray, shape (branch,)
        Into the from end. [MW]
    limit_mw : ndarray, shape (branch,)
        Infinite when none is stated. [MW]
    limit_price_per_mwh : ndarray, shape (branch,)
        What one more megawatt of rating would save; above 0 only where the limit
        binds. [1/MWh]
    """

    cost_per_h: float
    generator_table: StrArray
    generator_row: IntArray
    p_mw: FloatArray
    p_min_mw: FloatArray
    p_max_mw: FloatArray
    marginal_per_mwh: FloatArray
    bus_row: IntArray
    price_per_mwh: FloatArray
    branch_table: StrArray
    branch_row: IntArray
    flow_mw: FloatArray
    limit_mw: FloatArray
    limit_price_per_mwh: FloatArray

    @property
    def binding(self) -> IntArray:
        """Positions of the branches whose limits cost something, dearest first."""
        price = self.limit_price_per_mwh
        order = np.argsort(-price, kind="stable")
        return order[price[order] > PRICE_TOL]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Costs:
    """Costs of all generators: ``constant + linear p + quadratic p^2`` and lower bounds.

    Each segment says that its generator's cost above the polynomial is at least
    ``slope p + offset``; segments of a generator together are its convex curve.
    """

    constant: FloatArray
    linear: FloatArray
    quadratic: FloatArray
    segment_of: IntArray
    slope: FloatArray
    offset: FloatArray


def dc_optimal_flow(net: "pandapowerNet") -> OptimalFlow:
    """Dispatch the generators of a net at least cost under the branches' limits.

    A DC power flow without losses or voltages (AC optimal power flow is not offered).
    Elements, limits and costs are taken as pandapower's own optimal power flow takes
    them: ext_grids, gens, and sgens, loads and storage marked controllable, between
    ``min_p_mw`` and ``max_p_mw``; ``poly_cost`` up to the square, or ``pwl_cost`` that
    is convex; lines and transformers up to ``max_loading_percent``.

    Parameters
    ----------
    net : pandapowerNet
        With limits and costs of the generators.

    Returns
    -------
    OptimalFlow

    Raises
    ------
    InputError
        If the net holds what cannot be honoured, or costs are not convex.
    BeredtError
        If no dispatch keeps all limits, or the solver fails.

    References
    ----------
    .. [1] R. D. Zimmerman, C. E. Murillo-Sanchez and R. J. Thomas, MATPOWER:
       steady-state operations, planning and analysis tools for power systems research
       and education, IEEE Trans. Power Systems 26 (2011) 12-19, section IV.
    """
    converted = _converted(net)
    ppci = converted.ppci
    return _named(converted, _optimum(ppci, _costs(converted.net, ppci)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Optimum:
    """Solution in pandapower's order of generators, buses and branches in service."""

    cost: float
    p: FloatArray
    p_min: FloatArray
    p_max: FloatArray
    marginal: FloatArray
    price: FloatArray
    flow: FloatArray
    limit: FloatArray
    limit_price: FloatArray


def _optimum(ppci: dict[str, Any], costs: _Costs) -> _Optimum:
    """Minimise the cost over outputs, angles, and costs above the polynomials.

    Rows: each bus gives what its generators feed in less its demand; limited branches;
    segments of cost curves.
    """
    from pandapower.pypower import idx_brch, idx_bus, idx_gen
    from pandapower.pypower.makeBdc import makeBdc

    bus, gen, branch = ppci["bus"], ppci["gen"], ppci["branch"]
    base = float(ppci["baseMVA"])
    buses, gens, segments = len(bus), len(gen), len(costs.slope)
    nodal, flows, bus_shift, branch_shift, *_ = makeBdc(bus, branch)
    shift_mw = np.real(branch_shift) * base
    need = np.real(bus[:, idx_bus.PD] + bus[:, idx_bus.GS] + bus_shift * base)
    rate = np.real(branch[:, idx_brch.RATE_A])
    limit = np.where(rate > 0, rate, np.inf)
    limited = np.flatnonzero(np.isfinite(limit))
    p_min, p_max = np.real(gen[:, idx_gen.PMIN]), np.real(gen[:, idx_gen.PMAX])
    at = np.real(gen[:, idx_gen.GEN_BUS]).astype(np.int64)
    curved, column = np.unique(costs.segment_of, return_inverse=True)
    order = np.arange(segments)
    feeds = coo_array((np.ones(gens), (at, np.arange(gens))), shape=(buses, gens))
    slopes = coo_array((-costs.slope, (order, costs.segment_of)), shape=(segments, gens))
    picks = coo_array((np.ones(segments), (order, column)), shape=(segments, len(curved)))
    rows = block_array(
        [
            [feeds, -csr_array(nodal) * base, None],
            [None, csr_array(flows)[limited] * base, None],
            [slopes, None, picks],
        ],
        format="csc",
    )
    is_fixed = np.real(bus[:, idx_bus.BUS_TYPE]) == idx_bus.REF
    angle = np.deg2rad(np.real(bus[:, idx_bus.VA]))
    free = np.full(len(curved), kHighsInf)
    room = limit[limited]
    value, price = _solved(
        cost=np.concatenate([costs.linear, np.zeros(buses), np.ones(len(curved))]),
        curvature=np.concatenate([2.0 * costs.quadratic, np.zeros(buses + len(curved))]),
        lower=np.concatenate([p_min, np.where(is_fixed, angle, -kHighsInf), -free]),
        upper=np.concatenate([p_max, np.where(is_fixed, angle, kHighsInf), free]),
        rows=rows,
        row_lower=np.concatenate([need, -room - shift_mw[limited], costs.offset]),
        row_upper=np.concatenate([need, room - shift_mw[limited], np.full(segments, kHighsInf)]),
    )
    p = value[:gens]
    marginal = costs.linear + 2.0 * costs.quadratic * p
    curve = costs.slope * p[costs.segment_of] + costs.offset
    for generator in curved:
        mine = np.flatnonzero(costs.segment_of == generator)
        marginal[generator] += costs.slope[mine[np.argmax(curve[mine])]]
    limit_price = np.zeros(len(branch))
    limit_price[limited] = np.abs(price[buses : buses + len(limited)])
    polynomial = costs.constant + costs.linear * p + costs.quadratic * p**2
    return _Optimum(
        cost=float(polynomial.sum() + value[gens + buses :].sum()),
        p=p,
        p_min=p_min,
        p_max=p_max,
        marginal=marginal,
        price=price[:buses],
        flow=np.real(flows @ value[gens : gens + buses]) * base + shift_mw,
        limit=limit,
        limit_price=limit_price,
    )


def _solved(
    *,
    cost: FloatArray,
    curvature: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    rows: csc_array,
    row_lower: FloatArray,
    row_upper: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Values of the columns and duals of the rows of a convex quadratic programme."""
    highs = Highs()  # type: ignore[no-untyped-call]  # highspy's stub
    highs.setOptionValue("output_flag", False)
    lp = HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(row_lower)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_, lp.row_upper_ = row_lower, row_upper
    lp.a_matrix_.start_ = rows.indptr
    lp.a_matrix_.index_ = rows.indices
    lp.a_matrix_.value_ = rows.data
    highs.passModel(lp)
    if curvature.any():
        square = csc_array(diags_array(curvature))
        hessian = HighsHessian()
        hessian.dim_ = len(cost)
        hessian.format_ = HessianFormat.kTriangular
        hessian.start_, hessian.index_, hessian.value_ = (
            square.indptr,
            square.indices,
            square.data,
        )
        highs.passHessian(hessian)
    highs.run()
    status = highs.getModelStatus()
    if status in {HighsModelStatus.kInfeasible, HighsModelStatus.kUnboundedOrInfeasible}:
        raise BeredtError(
            "no dispatch keeps all limits: demand is above what the generators may give, or"
            " above what the branches may carry"
        )
    if status != HighsModelStatus.kOptimal:
        raise BeredtError(f"the optimal power flow was not solved: {status.name}")
    solution = highs.getSolution()
    return np.array(solution.col_value), np.array(solution.row_dual)


def _converted(net: "pandapowerNet") -> Converted:
    """Pandapower's arrays for an optimum."""
    problems = refused(net, NOT_MOVED)
    if not len(net.poly_cost) and not len(net.pwl_cost):
        problems.append(
            Problem(
                "no_costs",
                "net: poly_cost, pwl_cost",
                "no rows",
                "what each generator costs",
                "Add them with pandapower's create_poly_cost or create_pwl_cost.",
            )
        )
    if not references(net):
        problems.append(no_reference())
    if problems:
        raise InputError(problems)
    try:
        # It warns of voltage limits, which have no part in a DC optimum.
        with told([]):
            return convert(net, _optimum_options)
    except (UserWarning, ValueError, KeyError) as error:
        problem = Problem(
            "no_optimum_of_this_net",
            "net",
            str(error),
            "a reference, limits of every generator, and costs of one kind",
        )
        raise InputError([problem]) from error


def _optimum_options(net: "pandapowerNet") -> None:
    """Choose what ``pandapower.rundcopp`` does by default."""
    from pandapower.auxiliary import _init_rundcopp_options

    _init_rundcopp_options(
        net, check_connectivity=True, switch_rx_ratio=2, delta=0.0, trafo3w_losses="hv"
    )


def _costs(net: "pandapowerNet", ppci: dict[str, Any]) -> _Costs:
    """Cost curves from pandapower's cost table."""
    from pandapower.pypower.idx_cost import COST, MODEL, NCOST, PW_LINEAR

    gens = len(ppci["gen"])
    table, row = _generator_places(net, gens)
    constant, linear, quadratic = np.zeros(gens), np.zeros(gens), np.zeros(gens)
    segment_of: list[int] = []
    slope: list[float] = []
    offset: list[float] = []
    problems = []
    for k, given in enumerate(np.real(ppci["gencost"][:gens])):
        place, count = f"cost of {table[k]} {row[k]}", int(given[NCOST])
        if given[MODEL] == PW_LINEAR:
            x, y = given[COST : COST + 2 * count : 2], given[COST + 1 : COST + 2 * count : 2]
            steps = np.diff(y) / np.diff(x)
            if (np.diff(steps) < -PRICE_TOL).any():
                problems.append(
                    Problem("cost_not_convex", place, steps.tolist(), "slopes that never fall")
                )
            segment_of += [k] * len(steps)
            slope += steps.tolist()
            offset += (y[:-1] - steps * x[:-1]).tolist()
            continue
        powers = given[COST : COST + count][::-1]
        if np.any(powers[STRAIGHT + 1 :]) or (count > STRAIGHT and powers[STRAIGHT] < 0):
            problems.append(
                Problem("cost_not_convex", place, powers.tolist(), "a + b p + c p^2, c >= 0")
            )
            continue
        for part, power in zip((constant, linear, quadratic), powers, strict=False):
            part[k] = power
    if problems:
        raise InputError(problems)
    return _Costs(
        constant=constant,
        linear=linear,
        quadratic=quadratic,
        segment_of=np.array(segment_of, dtype=np.int64),
        slope=np.array(slope),
        offset=np.array(offset),
    )


def _generator_places(net: "pandapowerNet", count: int) -> tuple[StrArray, IntArray]:
    """Table and index of each row of pandapower's generator array."""
    table, row = np.full(count, "", dtype="<U8"), np.full(count, -1, dtype=np.int64)
    for kind in net._gen_order:
        name = kind.removesuffix("_controllable")
        lookup = net._pd2ppc_lookups[kind]
        for index in net[name].index:
            at = int(lookup[index]) if index < len(lookup) else -1
            if 0 <= at < count and net[name].at[index, "in_service"]:
                table[at], row[at] = name, index
    return table, row


def _named(converted: Converted, found: _Optimum) -> OptimalFlow:
    """Put the solution beside the names in the net."""
    net = converted.net
    lookup = net._pd2ppc_lookups["bus"][net.bus.index.to_numpy()]
    live = lookup < len(found.price)
    price = np.where(live, found.price[np.where(live, lookup, 0)], np.nan)
    branches = branch_rows(converted).taken(converted.ppci["internal"]["branch_is"])
    generator_table, generator_row = _generator_places(net, len(found.p))
    return OptimalFlow(
        cost_per_h=found.cost,
        generator_table=generator_table,
        generator_row=generator_row,
        p_mw=found.p,
        p_min_mw=found.p_min,
        p_max_mw=found.p_max,
        marginal_per_mwh=found.marginal,
        bus_row=net.bus.index.to_numpy(dtype=np.int64),
        price_per_mwh=price,
        branch_table=branches.table,
        branch_row=branches.row,
        flow_mw=found.flow,
        limit_mw=found.limit,
        limit_price_per_mwh=found.limit_price,
    )
