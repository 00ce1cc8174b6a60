"""A run is a folder: a manifest, a status and finished parts, each written at once.

A part holds some replications of one scenario under one portfolio. It is written
under a hidden name and renamed when complete, so a kill at any instant leaves either
the whole part or none of it.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from data.problems import BeredtError, InputError, Problem
from data.region import SECTORS
from data.tables import FloatArray
from sim.outcome import METRICS, SERVICES, Outcome

SCHEMA_VERSION = 1
RUN_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_UNITS = {"unserved": "MW", "persons": "persons", "level": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What makes a run reproducible, and what its arrays mean.

    Attributes
    ----------
    scenarios, portfolios : tuple of str
        Identifiers, the baseline first among the portfolios.
    names : dict
        ``{"nb": {id: name}, "en": {id: name}}`` of scenarios and portfolios.
    annual_cost_mnok : dict
        Annualised cost of each portfolio. [MNOK/yr]
    start : dict
        Start of each scenario, ISO 8601 with offset.
    demand_mwh : dict
        Energy demanded over the scenario, per scenario and portfolio.
    files : dict
        Paths of scenarios and portfolios that are not shipped, by identifier.
    inputs : dict
        SHA-256 of every input; ``versions``: of the libraries that computed.
    """

    schema_version: int
    run_id: str
    created: str
    region_id: str
    scenarios: tuple[str, ...]
    portfolios: tuple[str, ...]
    names: dict[str, dict[str, str]]
    annual_cost_mnok: dict[str, float]
    replications: int
    batch: int
    seed: int
    hours: dict[str, int]
    start: dict[str, str]
    areas: tuple[str, ...]
    functions: tuple[str, ...]
    demand_mwh: dict[str, dict[str, float]]
    estimated_share: float
    files: dict[str, str]
    inputs: dict[str, str]
    versions: dict[str, str]
    machine: str


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file in one step, so a reader never sees half of it."""
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    hidden.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    hidden.replace(path)


def check_run_id(run_id: str) -> str:
    """Return the run id, or refuse one that could point outside the folder of runs."""
    if not run_id or not set(run_id) <= RUN_ID_CHARACTERS:
        raise InputError(
            [
                Problem(
                    "run_id",
                    "run",
                    run_id,
                    "a-z, 0-9, - and _",
                    "List the runs with `python3 run.py runs`.",
                )
            ]
        )
    return run_id


def is_alive(status: dict[str, Any]) -> bool:
    """Whether the process that wrote a status still exists."""
    pid = status.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder, opened for reading; nothing is loaded until asked for."""

    folder: Path
    manifest: Manifest

    @property
    def status(self) -> dict[str, Any]:
        """Progress as last written: state, done, total, started, message, pid.

        A run whose process has ended without saying so counts as stopped.
        """
        try:
            text = (self.folder / "status.json").read_text(encoding="utf-8")
            content: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            content = {"state": "stopped", "message": "no status was written"}
        total = self.manifest.replications * len(self.manifest.portfolios)
        content.setdefault("total", total * len(self.manifest.scenarios))
        content.setdefault("done", 0)
        if content["state"] == "running" and not is_alive(content):
            content |= {"state": "stopped", "message": "the process that computed it has ended"}
        return content

    def parts(self, scenario: str, portfolio: str) -> Iterator[tuple[range, Path]]:
        """Yield the finished parts in order, with the replications each holds."""
        folder = self.folder / "parts" / scenario / portfolio
        if not folder.is_dir():
            return
        for path in sorted(p for p in folder.iterdir() if not p.name.startswith(".")):
            first, last = path.name.split("-")
            yield range(int(first), int(last) + 1), path

    def finished(self, scenario: str, portfolio: str) -> int:
        """Count the finished replications of one scenario and portfolio."""
        return sum(len(span) for span, _ in self.parts(scenario, portfolio))

    def complete_replications(self, scenario: str) -> list[int]:
        """Replications that every portfolio has finished, so that they can be paired."""
        sets = [
            {r for span, _ in self.parts(scenario, portfolio) for r in span}
            for portfolio in self.manifest.portfolios
        ]
        return sorted(set.intersection(*sets)) if sets else []

    def _read(self, scenario: str, portfolio: str, name: str, columns: list[str]) -> pa.Table:
        paths = [path / f"{name}.parquet" for _, path in self.parts(scenario, portfolio)]
        if not paths:
            raise BeredtError(
                f"{self.folder.name}: no finished replication of {scenario} under {portfolio}. "
                f"Continue with `python3 run.py compare --resume {self.folder.name}`"
            )
        return pa.concat_tables([pq.read_table(path, columns=columns) for path in paths])

    def _stack(
        self, name: str, variables: Sequence[str], shape: tuple[int, ...], scenario: str
    ) -> dict[str, FloatArray]:
        """Variables of the complete replications, each (portfolio, replication, *shape)."""
        complete = self.complete_replications(scenario)
        out: dict[str, FloatArray] = {}
        columns = ["replication", *variables]
        rows = int(np.prod(shape))
        for at, portfolio in enumerate(self.manifest.portfolios):
            table = self._read(scenario, portfolio, name, columns)
            present = table["replication"].to_numpy()[::rows]
            keep = np.flatnonzero(np.isin(present, complete))
            keep = keep[np.argsort(present[keep])]
            for variable in variables:
                values = table[variable].to_numpy().reshape(-1, *shape)[keep]
                if at == 0:
                    out[variable] = np.empty(
                        (len(self.manifest.portfolios), *values.shape), dtype=values.dtype
                    )
                out[variable][at] = values
        return out

    def metrics(self, scenario: str) -> xr.Dataset:
        """Single figures of every complete replication: dims portfolio, replication."""
        names = [metric.name for metric in METRICS]
        stacked = self._stack("metrics", names, (1,), scenario)
        return xr.Dataset(
            {
                m.name: (
                    ("portfolio", "replication"),
                    stacked[m.name][:, :, 0],
                    {"units": m.unit, "long_name": m.name, "better": m.better},
                )
                for m in METRICS
            },
            coords=self._coords(scenario),
        )

    def areas(self, scenario: str) -> xr.Dataset:
        """Read sums per area: ENS, KILE and person-hours; dims portfolio, replication, area."""
        names = [
            "ens_mwh",
            "kile_mnok",
            *(f"person_h_{s}" for s in SERVICES),
            "peak_persons_electricity",
        ]
        stacked = self._stack("areas", names, (len(self.manifest.areas),), scenario)
        units = {m.name: m.unit for m in METRICS}
        return xr.Dataset(
            {
                name: (
                    ("portfolio", "replication", "area"),
                    stacked[name],
                    {"units": units[name], "long_name": name},
                )
                for name in names
            },
            coords=self._coords(scenario) | {"area": list(self.manifest.areas)},
        )

    def curves(self, scenario: str) -> xr.Dataset:
        """Region-wide hourly curves; dims portfolio, replication, time.

        ``unserved`` [MW], ``persons_<service>`` [persons], ``level_<function>`` and
        ``level_supply`` (share of demand served) [1].
        """
        names = self.curve_names()
        stacked = self._stack("curves", names, (self.manifest.hours[scenario],), scenario)
        return xr.Dataset(
            {
                name: (
                    ("portfolio", "replication", "time"),
                    stacked[name],
                    {"units": _UNITS[name.split("_")[0]], "long_name": name},
                )
                for name in names
            },
            coords=self._coords(scenario) | {"time": self.time(scenario)},
        )

    def series(self, scenario: str, variables: Sequence[str]) -> xr.Dataset:
        """Hourly values per area; dims portfolio, replication, time, area.

        Names: ``unserved_<sector>``, ``persons_<service>``, ``level_<function>``.
        """
        shape = (self.manifest.hours[scenario], len(self.manifest.areas))
        stacked = self._stack("series", list(variables), shape, scenario)
        return xr.Dataset(
            {
                name: (
                    ("portfolio", "replication", "time", "area"),
                    stacked[name],
                    {"units": _UNITS[name.split("_")[0]], "long_name": name},
                )
                for name in variables
            },
            coords=self._coords(scenario)
            | {"time": self.time(scenario), "area": list(self.manifest.areas)},
        )

    def events(self, scenario: str, portfolio: str, replication: int) -> pa.Table:
        """Event log of one replication: t_h, what, asset_id, area_id, cause."""
        for span, path in self.parts(scenario, portfolio):
            if replication in span:
                return pq.read_table(
                    path / "events.parquet", filters=[("replication", "=", replication)]
                )
        raise BeredtError(f"{self.folder.name}: replication {replication} is not finished")

    def curve_names(self) -> list[str]:
        """Names of the region-wide curves."""
        return [
            "unserved",
            "level_supply",
            *(f"persons_{service}" for service in SERVICES),
            *(f"level_{function}" for function in self.manifest.functions),
        ]

    def time(self, scenario: str) -> Any:  # noqa: ANN401 -- numpy datetime64 array
        """Start of each hour in UTC, datetime64."""
        start = np.datetime64(_to_utc(self.manifest.start[scenario]), "ns")
        return start + np.arange(self.manifest.hours[scenario]) * np.timedelta64(1, "h")

    def _coords(self, scenario: str) -> dict[str, Any]:
        return {
            "portfolio": list(self.manifest.portfolios),
            "replication": self.complete_replications(scenario),
        }


def _to_utc(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(UTC).replace(tzinfo=None).isoformat()


def create_run(folder: Path, manifest: Manifest) -> Run:
    """Make the folder of a new run with its manifest.

    Raises
    ------
    InputError
        If the folder exists or cannot be written.
    """
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise InputError(
            [
                Problem(
                    "run_exists",
                    str(folder),
                    "an existing folder",
                    "a new folder",
                    f"Continue it with --resume {folder.name} or choose another name.",
                )
            ]
        ) from error
    except OSError as error:
        raise InputError(
            [
                Problem(
                    "not_writable",
                    str(folder),
                    error.strerror,
                    "a writable folder",
                    "Choose another place with --runs FOLDER.",
                )
            ]
        ) from error
    write_json(folder / "manifest.json", _as_json(manifest))
    return Run(folder, manifest)


def open_run(folder: Path) -> Run:
    """Open a run folder.

    Raises
    ------
    InputError
        If there is no manifest, it cannot be read, or its schema is another one.
    """
    path = folder / "manifest.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("schema_version") != SCHEMA_VERSION:
            raise InputError(
                [
                    Problem(
                        "run_schema",
                        str(path),
                        content.get("schema_version"),
                        f"schema version {SCHEMA_VERSION}",
                        "Run the comparison again with this version.",
                    )
                ]
            )
        for name in ("scenarios", "portfolios", "areas", "functions"):
            content[name] = tuple(content[name])
        return Run(folder, Manifest(**content))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            [
                Problem(
                    "run_manifest",
                    str(path),
                    type(error).__name__,
                    "the manifest of a run",
                    "List the runs with `python3 run.py runs`.",
                )
            ]
        ) from error


def list_runs(runs: Path) -> list[Run]:
    """Readable runs in a folder of runs, newest first; others are left out."""
    if not runs.is_dir():
        return []
    found = []
    for folder in runs.iterdir():
        if (folder / "manifest.json").is_file():
            try:
                found.append(open_run(folder))
            except InputError:
                continue
    return sorted(found, key=lambda run: (run.manifest.created, run.folder.name), reverse=True)


def write_part(
    run: Path,
    *,
    scenario: str,
    portfolio: str,
    outcomes: Sequence[Outcome],
    demand_mw: FloatArray,
    population: FloatArray,
    functions: Sequence[str],
    area_ids: Sequence[str],
) -> Path:
    """Write consecutive replications as one part, complete or not at all.

    Parameters
    ----------
    demand_mw : ndarray, shape (time, area, sector)
        Demand without the crisis. [MW]
    population : ndarray, shape (area,)
        [persons]
    """
    folder = run / "parts" / scenario / portfolio
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{outcomes[0].replication:06d}-{outcomes[-1].replication:06d}"
    hidden = folder / f".{name}.{uuid.uuid4().hex}"
    hidden.mkdir()
    try:
        tables = {
            "metrics": _metrics_table(outcomes),
            "areas": _areas_table(outcomes, area_ids),
            "curves": _curves_table(outcomes, demand_mw, population, functions),
            "series": _series_table(outcomes, functions, area_ids),
            "events": _events_table(outcomes),
        }
        for table_name, table in tables.items():
            path = hidden / f"{table_name}.parquet"
            floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
            pq.write_table(
                table,
                path,
                compression="zstd",
                compression_level=1,
                use_dictionary=[n for n in table.column_names if n not in floats],
                use_byte_stream_split=floats,
            )
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
        target = folder / name
        if target.exists():
            shutil.rmtree(hidden)
            return target
        hidden.replace(target)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise
    return target


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}


def _metrics_table(outcomes: Sequence[Outcome]) -> pa.Table:
    columns: dict[str, Any] = {
        "replication": pa.array([o.replication for o in outcomes], pa.int32())
    }
    for metric in METRICS:
        columns[metric.name] = pa.array([o.metrics[metric.name] for o in outcomes], pa.float64())
    columns["balance_residual"] = pa.array([o.balance_residual for o in outcomes], pa.float64())
    return pa.table(columns)


def _areas_table(outcomes: Sequence[Outcome], area_ids: Sequence[str]) -> pa.Table:
    n_area = len(area_ids)
    columns: dict[str, Any] = {
        "replication": np.repeat(np.array([o.replication for o in outcomes], np.int32), n_area),
        "area_id": pa.array(list(area_ids) * len(outcomes)),
        "ens_mwh": np.concatenate([o.unserved_mw.sum(axis=(0, 2)) for o in outcomes]),
        "kile_mnok": np.concatenate([o.area_kile_mnok for o in outcomes]),
    }
    for at, service in enumerate(SERVICES):
        columns[f"person_h_{service}"] = np.concatenate(
            [o.persons_without[:, :, at].sum(axis=0) for o in outcomes]
        )
    columns["peak_persons_electricity"] = np.concatenate(
        [o.persons_without[:, :, 0].max(axis=0) for o in outcomes]
    )
    return pa.table(columns)


def _curves_table(
    outcomes: Sequence[Outcome],
    demand_mw: FloatArray,
    population: FloatArray,
    functions: Sequence[str],
) -> pa.Table:
    hours = demand_mw.shape[0]
    demand = demand_mw.sum(axis=(1, 2))
    unserved = [o.unserved_mw.sum(axis=(1, 2)) for o in outcomes]
    columns: dict[str, Any] = {
        "replication": np.repeat(np.array([o.replication for o in outcomes], np.int32), hours),
        "t_h": np.tile(np.arange(hours, dtype=np.int32), len(outcomes)),
        "unserved": np.concatenate(unserved).astype(np.float32),
        "level_supply": np.concatenate([1.0 - u / demand for u in unserved]).astype(np.float32),
    }
    for at, service in enumerate(SERVICES):
        columns[f"persons_{service}"] = np.concatenate(
            [o.persons_without[:, :, at].sum(axis=1) for o in outcomes]
        ).astype(np.float32)
    weight = population / population.sum()
    for at, function in enumerate(functions):
        columns[f"level_{function}"] = np.concatenate(
            [o.function_level[:, :, at] @ weight for o in outcomes]
        ).astype(np.float32)
    return pa.table(columns)


def _series_table(
    outcomes: Sequence[Outcome], functions: Sequence[str], area_ids: Sequence[str]
) -> pa.Table:
    hours, n_area = outcomes[0].unserved_mw.shape[:2]
    columns: dict[str, Any] = {
        "replication": np.repeat(
            np.array([o.replication for o in outcomes], np.int32), hours * n_area
        ),
        "t_h": np.tile(np.repeat(np.arange(hours, dtype=np.int32), n_area), len(outcomes)),
        "area_id": pa.DictionaryArray.from_arrays(
            np.tile(np.arange(n_area, dtype=np.int32), hours * len(outcomes)), list(area_ids)
        ),
    }
    groups = (
        ("unserved", SECTORS, [o.unserved_mw for o in outcomes]),
        ("persons", SERVICES, [o.persons_without for o in outcomes]),
        ("level", tuple(functions), [o.function_level for o in outcomes]),
    )
    for prefix, names, arrays in groups:
        stacked = np.stack(arrays).astype(np.float32)
        for at, name in enumerate(names):
            columns[f"{prefix}_{name}"] = np.ascontiguousarray(stacked[..., at]).ravel()
    return pa.table(columns)


def _events_table(outcomes: Sequence[Outcome]) -> pa.Table:
    rows = [(o.replication, e) for o in outcomes for e in o.events]
    return pa.table(
        {
            "replication": pa.array([r for r, _ in rows], pa.int32()),
            "t_h": pa.array([e.t_h for _, e in rows], pa.float64()),
            "what": pa.array([e.what for _, e in rows], pa.string()),
            "asset_id": pa.array([e.asset_id for _, e in rows], pa.string()),
            "area_id": pa.array([e.area_id for _, e in rows], pa.string()),
            "cause": pa.array([e.cause for _, e in rows], pa.string()),
        }
    )
