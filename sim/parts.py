"""Finished replications on disk: a part is written complete or not at all.

A part holds some replications of one scenario under one portfolio. It is written
under a hidden name and renamed when complete, so a kill at any instant leaves either
the whole part or none of it.
"""

import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.region import SECTORS
from data.tables import FloatArray
from sim.failures import Failure
from sim.outcome import METRICS, SERVICES, Outcome


def write_part(
    run: Path,
    *,
    scenario: str,
    portfolio: str,
    replications: range,
    outcomes: Sequence[Outcome],
    failures: Sequence[Failure] = (),
    demand_mw: FloatArray,
    population: FloatArray,
    functions: Sequence[str],
    area_ids: Sequence[str],
) -> Path:
    """Write consecutive replications as one part, complete or not at all.

    Parameters
    ----------
    replications : range
        What the part covers: each has an outcome or a failure.
    outcomes : sequence of Outcome
    failures : sequence of Failure
        Written beside the outcomes, as ``failures.parquet``, when there are any.
    demand_mw : ndarray, shape (time, area, sector)
        Demand without the crisis. [MW]
    population : ndarray, shape (area,)
        [persons]
    """
    folder = run / "parts" / scenario / portfolio
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{replications[0]:06d}-{replications[-1]:06d}"
    hidden = folder / f".{name}.{uuid.uuid4().hex}"
    hidden.mkdir()
    try:
        tables: dict[str, pa.Table] = {}
        if outcomes:
            tables = {
                "metrics": _metrics_table(outcomes),
                "areas": _areas_table(outcomes, area_ids),
                "curves": _curves_table(outcomes, demand_mw, population, functions),
                "series": _series_table(outcomes, functions, area_ids),
                "events": _events_table(outcomes),
                "states": _states_table(outcomes),
                "stocks": _stocks_table(outcomes),
            }
        if failures:
            tables["failures"] = pa.Table.from_pylist([asdict(each) for each in failures])
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
        try:
            hidden.replace(target)
        except OSError:
            # Another process has finished the same part, with the same content.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return target


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
    """Events as they were noted; ``because`` is the position within the replication."""
    types = (
        ("t_h", pa.float64()),
        ("what", pa.string()),
        ("asset_id", pa.string()),
        ("area_id", pa.string()),
        ("because", pa.int32()),
        ("cause", pa.string()),
        ("level", pa.float32()),
    )
    return _rows_table([(o.replication, o.events) for o in outcomes], types)


def _states_table(outcomes: Sequence[Outcome]) -> pa.Table:
    types = (
        ("asset_id", pa.string()),
        ("kind", pa.string()),
        ("area_id", pa.string()),
        ("level", pa.float32()),
        ("from_h", pa.float64()),
        ("to_h", pa.float64()),
        ("event", pa.int32()),
    )
    return _rows_table([(o.replication, o.states) for o in outcomes], types)


def _stocks_table(outcomes: Sequence[Outcome]) -> pa.Table:
    types = (
        ("stock_id", pa.string()),
        ("kind", pa.string()),
        ("area_id", pa.string()),
        ("from_h", pa.float64()),
        ("to_h", pa.float64()),
        ("from_level", pa.float32()),
        ("to_level", pa.float32()),
        ("empty_in_h", pa.float64()),
    )
    return _rows_table([(o.replication, o.stocks) for o in outcomes], types)


def _rows_table(
    rows: Sequence[tuple[int, Sequence[tuple[Any, ...]]]], types: Sequence[tuple[str, Any]]
) -> pa.Table:
    """Rows of each replication under one another, columns in the order of the tuples."""
    replication = np.repeat(
        np.array([number for number, _ in rows], np.int32), [len(own) for _, own in rows]
    )
    columns = list(zip(*(row for _, own in rows for row in own), strict=True))
    columns = columns or [()] * len(types)
    return pa.table(
        {"replication": replication}
        | {
            name: pa.array(column, kind)
            for (name, kind), column in zip(types, columns, strict=True)
        }
    )
