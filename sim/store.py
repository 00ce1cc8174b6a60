"""Runs opened for reading: Parquet parts as xarray, nothing loaded until asked for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from data.problems import BeredtError, InputError, Problem
from data.tables import FloatArray
from sim.event_log import Event
from sim.outcome import METRICS, SERVICES
from sim.run_folder import SCHEMA_VERSION, Manifest, RunFolder, resume_command
from sim.state_log import State, StockPiece
from sim.timeline import RecordedCourse

_UNITS = {"unserved": "MW", "persons": "persons", "level": "1"}


@dataclass(frozen=True, slots=True)
class Run(RunFolder):
    """One run folder with its results.

    Only replications that every portfolio has finished are shown, so that they pair.
    """

    def _read(self, scenario: str, portfolio: str, name: str, columns: list[str]) -> pa.Table:
        # A part in which every replication failed holds no tables but that of failures.
        paths = [path / f"{name}.parquet" for _, path in self.parts(scenario, portfolio)]
        paths = [path for path in paths if path.is_file()]
        if not paths:
            raise BeredtError(
                f"{self.folder.name}: no finished replication of {scenario} under {portfolio}. "
                f"Continue with `{resume_command(self.folder)}`"
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

    def balance_residual(self, scenario: str) -> float:
        """Largest energy balance residual of any complete replication, share of demand."""
        stacked = self._stack("metrics", ["balance_residual"], (1,), scenario)
        return float(stacked["balance_residual"].max())

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

    def course(self, scenario: str, portfolio: str, replication: int) -> RecordedCourse:
        """Events, states and stocks of one replication.

        Raises
        ------
        BeredtError
            If the replication failed or is not finished.
        """
        failed = {each.replication: each for each in self.failures(scenario, portfolio)}
        if replication in failed:
            raise BeredtError(f"{self.folder.name}: no result. {failed[replication]}")
        for span, path in self.parts(scenario, portfolio):
            if replication in span:
                return RecordedCourse(
                    events=tuple(_tuples(path / "events.parquet", replication, Event)),
                    states=tuple(_tuples(path / "states.parquet", replication, State)),
                    stocks=tuple(_tuples(path / "stocks.parquet", replication, StockPiece)),
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


Row = TypeVar("Row", bound=tuple[Any, ...])


def _tuples(path: Path, replication: int, kind: type[Row]) -> list[Row]:
    """Rows of one replication as the named tuples they were."""
    table = pq.read_table(path, filters=[("replication", "=", replication)])
    columns = [column.to_pylist() for column in table.drop_columns("replication").columns]
    return [kind(*values) for values in zip(*columns, strict=True)]


def _to_utc(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(UTC).replace(tzinfo=None).isoformat()


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
                    "List the runs with `python3 run.py runs list`.",
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
