"""The grid as plain arrays, derived once; everything the solver needs and nothing more."""

from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from data.region import Region
from data.tables import BoolArray, FloatArray, IntArray, StrArray, Table, columns, positions

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
    from grid.net_arrays import net_arrays

    arrays = net_arrays(build_net(region, np.zeros(len(region.buses)))).arrays
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
