"""The grid as plain arrays, derived once; everything the solver needs and nothing more."""

from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import numpy as np

from data.region import Region
from data.tables import BoolArray, FloatArray, IntArray, StrArray, Table, columns, positions

if TYPE_CHECKING:
    from pandapower import pandapowerNet

FORMAT = "grid arrays 2"
"""Changed whenever the meaning of a stored array changes, so that old files are not read."""

UNLIMITED_MW = 1e6
"""Stands for a source without a stated limit: far above any demand, small enough to add."""

SHORT_TERM_LOADING = 1.2
"""Short-term rating of a branch that states none, times its rating. Estimate."""

TRIP_LOADING = 1.5
"""Loading at which protection trips a branch that states none. Estimate."""

LOADING_CONSTANTS = ("short_term_loading", "trip_loading")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridArrays:
    """Meshed grid in compact form; buses, branches and sources by position.

    Attributes
    ----------
    base_mva : float
        Base of the per-unit values. [MVA]
    bus_ids, branch_ids, source_ids : ndarray of str
        Identifiers, in the order of every array with that dimension. Branches are
        lines and transformers; a three-winding transformer is three branches.
    from_bus, to_bus : ndarray of int, shape (branch,)
        Positions of the ends; a positive flow runs from ``from_bus`` to ``to_bus``.
    susceptance_pu : ndarray, shape (branch,)
        ``1 / (x * tap)``. [pu]
    shift_rad : ndarray, shape (branch,)
        Phase shift. [rad]
    rating_mw : ndarray, shape (branch,)
        Largest flow in either direction, infinite when none is stated. The rating in
        MVA is taken as MW, as DC power flow has no reactive power. [MW]
    short_term_mw, trip_mw : ndarray, shape (branch,)
        What it may carry for a short time, and above which protection takes it out
        before anybody can act; at least the rating and the short-term rating. [MW]
    source_bus : ndarray of int, shape (source,)
        Position of the bus the source feeds.
    source_p_min_mw, source_p_max_mw : ndarray, shape (source,)
        Limits; a negative lower limit lets a supply take power out. [MW]
    source_p_set_mw : ndarray, shape (source,)
        What a must-run source gives when the island can use it; unused for others. [MW]
    source_share : ndarray, shape (source,)
        Participation in what the must-run sources leave. [1]
    source_fixed : ndarray of bool, shape (source,)
        Must run at ``source_p_set_mw`` while the island can use it.
    source_grid_forming : ndarray of bool, shape (source,)
        Whether the source can hold an island up on its own.
    """

    base_mva: float
    bus_ids: StrArray
    branch_ids: StrArray
    from_bus: IntArray
    to_bus: IntArray
    susceptance_pu: FloatArray
    shift_rad: FloatArray
    rating_mw: FloatArray
    short_term_mw: FloatArray
    trip_mw: FloatArray
    source_ids: StrArray
    source_bus: IntArray
    source_p_min_mw: FloatArray
    source_p_max_mw: FloatArray
    source_p_set_mw: FloatArray
    source_share: FloatArray
    source_fixed: BoolArray
    source_grid_forming: BoolArray

    def __post_init__(self) -> None:
        bus, branch, source = len(self.bus_ids), len(self.branch_ids), len(self.source_ids)
        for name, ends, count in (
            ("from_bus", self.from_bus, branch),
            ("to_bus", self.to_bus, branch),
            ("source_bus", self.source_bus, source),
        ):
            if ends.shape != (count,) or (count and not (0 <= ends.min() <= ends.max() < bus)):
                raise ValueError(f"{name}: a position of a bus for each of {count} is needed")
        if (self.susceptance_pu == 0).any() or not np.isfinite(self.susceptance_pu).all():
            raise ValueError("susceptance_pu: must be finite and not 0")
        if (self.rating_mw <= 0).any() or np.isnan(self.rating_mw).any():
            raise ValueError("rating_mw: must be above 0")
        if not (self.rating_mw <= self.short_term_mw).all():
            raise ValueError("short_term_mw: must be at least the rating")
        if not (self.short_term_mw <= self.trip_mw).all():
            raise ValueError("trip_mw: must be at least the short-term rating")
        if not np.isfinite(self.source_p_max_mw).all() or (self.source_p_max_mw < 0).any():
            raise ValueError("source_p_max_mw: must be finite and not negative")
        if not np.isfinite(self.source_p_min_mw).all() or (self.source_p_min_mw > 0).any():
            raise ValueError("source_p_min_mw: must be finite and not positive")
        if (self.source_share < 0).any():
            raise ValueError("source_share: must not be negative")

    @property
    def susceptance_mw(self) -> FloatArray:
        """Flow per radian of angle difference, shape (branch,). [MW/rad]."""
        return self.susceptance_pu * self.base_mva


def region_arrays(region: Region, cache: Path | None = None) -> GridArrays:
    """Arrays of a region's meshed grid; lines, then transformers, in table order.

    The branch data is taken from pandapower's own model of the net, so that both give
    the same flows. With a ``cache`` folder the arrays are kept there under a hash of
    the grid tables, and pandapower is imported only when they are not there yet.

    Parameters
    ----------
    region : Region
        Its buses, lines, transformers, supplies and generation are used.
    cache : Path, optional
        Folder for the stored arrays; created when missing.

    Returns
    -------
    GridArrays
        ``bus_ids`` equals ``region.buses.bus_id``.
    """
    if cache is None:
        return _region_arrays(region)
    path = cache / f"grid-{_grid_hash(region)[:24]}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _write(_region_arrays(region), path)
    return _read(path)


def _region_arrays(region: Region) -> GridArrays:
    from grid.net import build_net

    net = build_net(region, np.zeros(len(region.buses)))
    arrays = net_arrays(net)
    branch_ids = np.concatenate([region.lines.line_id, region.trafos.trafo_id])
    if (arrays.bus_ids != region.buses.bus_id).any() or (arrays.branch_ids != branch_ids).any():
        raise ValueError("pandapower's model does not hold the region's buses and branches")
    supplies, plants = region.supplies, region.generation
    available_mw = plants.p_max_mw * plants.winter_availability
    p_max_mw = np.concatenate([supplies.p_max_mw, available_mw])
    rating_mw = np.concatenate([region.lines.rating_mva, region.trafos.rating_mva])
    short_term, trip = (region.constants[key] for key in LOADING_CONSTANTS)
    return GridArrays(
        base_mva=arrays.base_mva,
        bus_ids=arrays.bus_ids,
        branch_ids=arrays.branch_ids,
        from_bus=arrays.from_bus,
        to_bus=arrays.to_bus,
        susceptance_pu=arrays.susceptance_pu,
        shift_rad=arrays.shift_rad,
        rating_mw=rating_mw,
        short_term_mw=rating_mw * short_term,
        trip_mw=rating_mw * trip,
        source_ids=np.concatenate([supplies.supply_id, plants.plant_id]),
        source_bus=positions(region.buses.bus_id, np.concatenate([supplies.bus_id, plants.bus_id])),
        source_p_min_mw=np.concatenate([-supplies.p_max_mw, np.zeros(len(plants))]),
        source_p_max_mw=p_max_mw,
        source_p_set_mw=p_max_mw,
        source_share=np.concatenate([supplies.share, np.zeros(len(plants))]),
        source_fixed=np.arange(len(supplies) + len(plants)) >= len(supplies),
        source_grid_forming=np.concatenate(
            [np.ones(len(supplies), dtype=np.bool_), plants.grid_forming]
        ),
    )


def net_arrays(net: "pandapowerNet") -> GridArrays:
    """Arrays of any pandapower net with the flows of ``pandapower.rundcpp``.

    The ext_grid takes up what the generators leave; generators and static generators
    are must-run at their set power. Elements out of service are left out.

    Parameters
    ----------
    net : pandapowerNet
        Bus-bus switches may join buses: such a group is one bus, named by its first.

    Returns
    -------
    GridArrays

    Raises
    ------
    ValueError
        If not exactly one ext_grid is in service, or a generator takes power out.
    """
    import pandapower as pp
    from pandapower.pypower import idx_brch, idx_bus
    from pandapower.pypower.makeBdc import calc_b_from_branch

    pp.rundcpp(net, numba=False)
    model, lookup = net._ppc, net._pd2ppc_lookups
    bus, branch = model["bus"], model["branch"]
    in_use = np.flatnonzero(branch[:, idx_brch.BR_STATUS] == 1)
    ratings, names = _ratings_and_names(net, lookup["branch"], len(branch))
    bus_lookup = lookup["bus"]
    bus_ids = np.array([f"aux {row}" for row in range(len(bus))], dtype=object)
    for row in net.bus.index[::-1]:
        bus_ids[bus_lookup[row]] = str(net.bus.at[row, "name"] or row)
    feeding = _sources(net)
    if sum(share > 0 for *_, share in feeding) != 1:
        raise ValueError("exactly one ext_grid in service is needed")
    if any(p < 0 for _, _, p, _ in feeding):
        raise ValueError("a generator with negative power belongs among the loads")
    source_bus = bus_lookup[np.array([at for _, at, _, _ in feeding])]
    p_mw = np.array([p for _, _, p, _ in feeding])
    share = np.array([each for *_, each in feeding])
    alive = bus[:, idx_bus.BUS_TYPE] != idx_bus.NONE
    if not alive.all():
        bus_ids[~alive] = [f"{each} (out of service)" for each in bus_ids[~alive]]
    return GridArrays(
        base_mva=float(model["baseMVA"]),
        bus_ids=bus_ids.astype(np.str_),
        branch_ids=names[in_use].astype(np.str_),
        from_bus=branch[in_use, idx_brch.F_BUS].real.astype(np.int64),
        to_bus=branch[in_use, idx_brch.T_BUS].real.astype(np.int64),
        susceptance_pu=calc_b_from_branch(branch, len(branch))[in_use].real.astype(np.float64),
        shift_rad=np.deg2rad(branch[in_use, idx_brch.SHIFT].real.astype(np.float64)),
        rating_mw=ratings[in_use],
        short_term_mw=ratings[in_use] * SHORT_TERM_LOADING,
        trip_mw=ratings[in_use] * TRIP_LOADING,
        source_ids=np.array([name for name, *_ in feeding], dtype=np.str_),
        source_bus=source_bus.astype(np.int64),
        source_p_min_mw=np.where(share > 0, -UNLIMITED_MW, 0.0),
        source_p_max_mw=np.where(share > 0, UNLIMITED_MW, p_mw),
        source_p_set_mw=p_mw,
        source_share=share,
        source_fixed=share == 0,
        source_grid_forming=np.ones(len(feeding), dtype=np.bool_),
    )


def net_demand_mw(net: "pandapowerNet") -> FloatArray:
    """Consumption at each bus of ``net_arrays(net)``, shunts' losses included.

    Parameters
    ----------
    net : pandapowerNet
        A net that ``net_arrays`` was just derived from.

    Returns
    -------
    ndarray, shape (bus,)
        [MW]
    """
    from pandapower.pypower import idx_bus

    bus = net._ppc["bus"]
    demand = bus[:, idx_bus.PD].real + bus[:, idx_bus.GS].real
    sgen = net.sgen[net.sgen["in_service"]]
    at = net._pd2ppc_lookups["bus"][sgen["bus"].to_numpy(dtype=int)]
    np.add.at(demand, at, (sgen["p_mw"] * sgen["scaling"]).to_numpy(dtype=float))
    return np.asarray(demand, dtype=np.float64)


def _sources(net: "pandapowerNet") -> list[tuple[str, int, float, float]]:
    """Name, bus, set power and share of each element that feeds in."""
    found: list[tuple[str, int, float, float]] = []
    for kind in ("ext_grid", "gen", "sgen"):
        table = net[kind][net[kind]["in_service"]]
        for row in table.index:
            balances = kind == "ext_grid" or (kind == "gen" and bool(table.at[row, "slack"]))
            p_mw = 0.0 if kind == "ext_grid" else float(table.at[row, "p_mw"])
            if kind == "sgen" or (kind == "gen" and not balances):
                p_mw *= float(table.at[row, "scaling"])
            name = str(table.at[row, "name"] or f"{kind} {row}")
            found.append((name, int(table.at[row, "bus"]), p_mw, float(balances)))
    return found


def _ratings_and_names(
    net: "pandapowerNet", spans: dict[str, tuple[int, int]], count: int
) -> tuple[FloatArray, StrArray]:
    """Rating [MW] and name of each row of pandapower's branch array."""
    rating = np.full(count, np.inf)
    names = np.array([f"branch {row}" for row in range(count)], dtype=object)
    for kind, (first, last) in spans.items():
        if kind not in ("line", "trafo", "trafo3w"):
            continue
        table = net[kind]
        given = [str(name or f"{kind} {row}") for row, name in table["name"].items()]
        if kind == "trafo3w":
            per_side = [[f"{name} {side}" for name in given] for side in ("hv", "mv", "lv")]
            names[first:last] = [name for side in per_side for name in side]
            rating[first:last] = np.concatenate(
                [table[f"sn_{side}_mva"].to_numpy(dtype=float) for side in ("hv", "mv", "lv")]
            )
            continue
        names[first:last] = given
        units = (table["parallel"] * table["df"]).to_numpy(dtype=float)
        if kind == "trafo":
            rating[first:last] = table["sn_mva"].to_numpy(dtype=float) * units
        else:
            volts = net.bus.loc[table["from_bus"], "vn_kv"].to_numpy(dtype=float)
            current = table["max_i_ka"].to_numpy(dtype=float)
            limit = np.sqrt(3.0) * volts * current * units
            rating[first:last] = np.where(limit > 0, limit, np.inf)
    return np.where(np.isnan(rating), np.inf, rating), names


def _grid_hash(region: Region) -> str:
    """SHA-256 of everything in the region that the arrays depend on."""
    tables: tuple[Table, ...] = (
        region.buses,
        region.lines,
        region.trafos,
        region.supplies,
        region.generation,
    )
    digest = sha256(FORMAT.encode())
    digest.update(repr([region.constants[key] for key in LOADING_CONSTANTS]).encode())
    for table in tables:
        for name, _ in columns(type(table)):
            values = getattr(table, name)
            digest.update(f"{type(table).__name__}.{name}{values.dtype}{values.shape}".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _write(arrays: GridArrays, path: Path) -> None:
    """Store the arrays in one step, so that no reader meets half a file."""
    content = {each.name: getattr(arrays, each.name) for each in fields(arrays)}
    with NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        np.savez(file, **content)
    Path(file.name).replace(path)


def _read(path: Path) -> GridArrays:
    with np.load(path, allow_pickle=False) as content:
        values = {each.name: content[each.name] for each in fields(GridArrays)}
    values["base_mva"] = float(values["base_mva"])
    return GridArrays(**values)
