"""A user's grid takes the place of part of a region: the buses it names, and what joins them.

A net bus with the name of a region bus *is* that bus. The net describes completely what
lies between the buses it holds: region lines and transformers with both ends among them
give way to the net's, the others stay. Demand stays the region's own.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from data.problems import InputError, Problem
from data.quality import estimated_share
from data.read import load_region
from data.region import Region
from data.tables import QUALITIES
from grid.exchange.labels import element_name, in_service, label, numbers, opened_ends, rows_of
from grid.exchange.region_branches import (
    Branch,
    branches_of,
    cannot_hold,
    line_cells,
    same,
    trafo_cells,
)
from grid.exchange.region_buses import (
    SAME_KV,
    RegionWork,
    bus_ids,
    bus_text,
    feeder_kv,
    put_buses,
)
from grid.exchange.table_rows import read_rows
from grid.exchange.understood import report_row

if TYPE_CHECKING:
    from pandapower import pandapowerNet


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionImport:
    """What changed in a region.

    Attributes
    ----------
    folder : Path
    files : tuple of str
        Tables that were rewritten; every other file is untouched.
    added, changed, removed, kept : dict of str to tuple of str
        Identifiers by table; ``kept`` are rows the net describes as they already were.
    notes : tuple of str
        What was not taken over, and which figures stand in for missing ones.
    region : Region
        As it reads now.
    estimated_share : float
        Share of its rows marked estimated, each table counting the same.
    """

    folder: Path
    files: tuple[str, ...]
    added: dict[str, tuple[str, ...]]
    changed: dict[str, tuple[str, ...]]
    removed: dict[str, tuple[str, ...]]
    kept: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]
    region: Region = field(repr=False)
    estimated_share: float

    def rows(self) -> Iterator[dict[str, Any]]:
        """Tell what changed as rows of the same keys as those of ``Understood``, for JSON."""
        for what in ("added", "changed", "removed", "kept"):
            for table, keys in getattr(self, what).items():
                for key in keys:
                    yield report_row(f"region {what}", table, name=key)
        for note in self.notes:
            yield report_row("region note", "region", text=note)


def into_region(
    net: "pandapowerNet", name: str, folder: Path, quality: str = "estimated"
) -> RegionImport:
    """Put a grid in the place of the part of a region it describes.

    Nothing is written unless the region reads and fits together afterwards.

    Parameters
    ----------
    net : pandapowerNet
        Checked and completed (``understood``); not changed.
    name : str
        Stands as source in the rows it gives.
    folder : Path
        A region's folder.
    quality : {"measured", "published", "estimated"}
        Of the net's figures.

    Returns
    -------
    RegionImport

    Raises
    ------
    InputError
        Naming everything the region's tables cannot hold, and everything that would be
        wrong in the region afterwards.
    """
    if quality not in QUALITIES:
        raise InputError([Problem("not_allowed", "--quality", quality, " | ".join(QUALITIES))])
    folder = Path(folder)
    region = load_region(folder)
    names = ("buses", "lines", "trafos", "substations", "supplies", "generation")
    work = RegionWork(
        region=region,
        tables={each: read_rows(folder / f"{each}.csv") for each in names},
        source=f"{name} (imported grid)",
        quality=quality,
    )
    work.problems += cannot_hold(net)
    bus_id = bus_ids(net, work)
    if work.problems:
        raise InputError(work.problems)
    put_buses(net, bus_id, work)
    branches = list(branches_of(net, bus_id, work.notes))
    _put_branches("lines", [each for each in branches if each.table == "line"], bus_id, work)
    _put_branches("trafos", [each for each in branches if each.table == "trafo"], bus_id, work)
    _repoint_substations(net, bus_id, work)
    _repoint_sources(net, bus_id, work)
    _tell_what_is_not_used(net, work)
    if work.problems:
        raise InputError(work.problems)
    after = _write(folder, work)
    account = {
        what: {table: tuple(keys) for table, keys in tables.items()}
        for what, tables in work.account.items()
    }
    files = tuple(f"{each}.csv" for each, rows in work.tables.items() if rows.is_changed)
    return RegionImport(
        folder=folder,
        files=files,
        notes=tuple(work.notes),
        region=after,
        estimated_share=estimated_share(after),
        **account,
    )


def _put_branches(
    name: str, wanted: list[Branch], bus_id: dict[int, str], work: RegionWork
) -> None:
    """Exchange the region's rows between the net's buses for the net's branches."""
    table, other = work.tables[name], work.tables["trafos" if name == "lines" else "lines"]
    ends = ("from_bus_id", "to_bus_id") if name == "lines" else ("hv_bus_id", "lv_bus_id")
    covered = set(bus_id.values())
    between = [
        key for key, cells in table.cells.items() if {cells[each] for each in ends} <= covered
    ]
    keys = {each.key for each in wanted}
    for key in between:
        if key not in keys:
            table.drop(key)
            work.count("removed", name, key)
    for branch in wanted:
        taken = branch.key in other.cells or (
            branch.key in table.cells and branch.key not in between
        )
        if taken:
            work.problems.append(
                Problem(
                    "name_taken",
                    branch.place,
                    branch.key,
                    "a name the region does not use elsewhere",
                    "Rename it, or hold both its ends in the net.",
                )
            )
            continue
        is_there = branch.key in table.cells
        before = table.cells[branch.key] if is_there else None
        if before is not None and same(before, branch):
            work.count("kept", name, branch.key)
            continue
        cells = line_cells(branch, before, work.region, work.tables["buses"].cells, work.notes) if (
            name == "lines"
        ) else trafo_cells(branch)  # fmt: skip
        table.put(branch.key, cells | work.provenance())
        work.count("changed" if is_there else "added", name, branch.key)


def _repoint_substations(net: "pandapowerNet", bus_id: dict[int, str], work: RegionWork) -> None:
    if "substation_id" not in net.bus:
        return
    table = work.tables["substations"]
    for bus, key in bus_id.items():
        substation = bus_text(net, bus, "substation_id")
        if not substation:
            continue
        if substation not in table.cells:
            place = f"{label(net, 'bus', bus)} substation_id"
            allowed = "a substation_id of substations.csv"
            work.problems.append(Problem("unknown_id", place, substation, allowed))
            continue
        kv = float(net.bus.at[bus, "vn_kv"])
        side = "mv_bus_id" if kv == feeder_kv(work, substation) else "hv_bus_id"
        if table.cells[substation][side] != key:
            table.change(substation, **{side: key}, **work.provenance())
            work.count("changed", "substations", substation)


def _repoint_sources(net: "pandapowerNet", bus_id: dict[int, str], work: RegionWork) -> None:
    """Move or resize supplies and plants that sources of the net are named after."""
    unused: list[str] = []
    for kind in ("ext_grid", "gen", "sgen"):
        if not rows_of(net, kind):
            continue
        use, limit = in_service(net, kind), numbers(net, kind, "max_p_mw")
        for at in np.flatnonzero(use):
            row = net[kind].index[at]
            name, bus = element_name(net, kind, row), int(net[kind].at[row, "bus"])
            name_of = next(
                (each for each in ("supplies", "generation") if name in work.tables[each].cells), ""
            )
            if not name_of or bus not in bus_id:
                unused.append(label(net, kind, row))
                continue
            table = work.tables[name_of]
            cells = {"bus_id": bus_id[bus]}
            if np.isfinite(limit[at]) and not _close(limit[at], table.cells[name]["p_max_mw"]):
                cells["p_max_mw"] = f"{limit[at]:.10g}"
            if any(table.cells[name][column] != value for column, value in cells.items()):
                table.change(name, **cells, **work.provenance())
                work.count("changed", name_of, name)
    if unused:
        work.notes.append(
            "Not taken over, for they are named as no supply or plant of the region: "
            f"{', '.join(unused)}."
        )


def _close(value: float, cell: str) -> bool:
    return bool(np.isclose(value, float(cell), rtol=SAME_KV))


def _tell_what_is_not_used(net: "pandapowerNet", work: RegionWork) -> None:
    drawing = [
        f"{int(in_service(net, table).sum())} {table}"
        for table in ("load", "asymmetric_load", "motor", "ward", "storage")
        if rows_of(net, table)
    ]
    if drawing:
        work.notes.append(
            f"Not taken over: {', '.join(drawing)}. The region's own demand model gives what is "
            "drawn at its substations."
        )
    for table in ("line", "trafo"):
        if rows_of(net, table):
            cut = {row for kind, row, _ in opened_ends(net) if kind == table}
            out = [
                element_name(net, table, row)
                for row, use in zip(net[table].index, in_service(net, table), strict=True)
                if not use or row in cut
            ]
            if out:
                work.notes.append(
                    f"Out of service or open, and so not in the region: {', '.join(out)}."
                )


def _write(folder: Path, work: RegionWork) -> Region:
    """Try the changed tables in a copy; then put them in place, each in one step."""
    changed = {name: rows for name, rows in work.tables.items() if rows.is_changed}
    with TemporaryDirectory() as scratch:
        trial = Path(scratch) / folder.resolve().name
        shutil.copytree(folder, trial)
        for name, rows in changed.items():
            (trial / f"{name}.csv").write_text(rows.text, encoding="utf-8", newline="")
        region = load_region(trial)
    for rows in changed.values():
        partial = rows.path.with_name(rows.path.name + ".part")
        partial.write_text(rows.text, encoding="utf-8", newline="")
        partial.replace(rows.path)
    return region
