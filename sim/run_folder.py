"""A run is a folder: a manifest, a status, and finished parts."""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data.problems import InputError, Problem
from sim.failures import Failure

RUNS = Path(__file__).parent.parent / "runs"
"""Where runs are kept unless another folder is named."""

SCHEMA_VERSION = 2
RUN_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


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


FAILURES = "failures.parquet"
LOG = "failures.log"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file in one step, so a reader never sees half of it."""
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    hidden.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    hidden.replace(path)


def resume_command(folder: Path) -> str:
    """Spell out the command that continues a run, with its folder of runs if not the usual."""
    option = "" if folder.parent.resolve() == RUNS else f" --runs {folder.parent}"
    return f"python3 run.py compare --resume {folder.name}{option}"


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
                    "List the runs with `python3 run.py runs list`.",
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
class RunFolder:
    """One run folder: what was asked, and how far it has come."""

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
            content = {}
        if not isinstance(content, dict) or not isinstance(content.get("state"), str):
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

    def clear_half_written(self) -> None:
        """Remove parts whose writer was killed; only for the process that owns the run."""
        for path in (self.folder / "parts").glob("*/*/.*"):
            shutil.rmtree(path, ignore_errors=True)

    def finished(self, scenario: str, portfolio: str) -> int:
        """Count the finished replications of one case, those without a result among them."""
        return sum(len(span) for span, _ in self.parts(scenario, portfolio))

    def failures(self, scenario: str, portfolio: str) -> list[Failure]:
        """Finished replications that gave no result, in order."""
        return [
            Failure(**row)
            for _, path in self.parts(scenario, portfolio)
            if (path / FAILURES).is_file()
            for row in pq.read_table(path / FAILURES).to_pylist()
        ]

    def left_out(self, scenario: str) -> list[int]:
        """Replications without a result under one portfolio at least.

        They are left out under every portfolio, or the portfolios would not be compared
        under the same courses.
        """
        portfolios = self.manifest.portfolios
        return sorted({f.replication for p in portfolios for f in self.failures(scenario, p)})

    def complete_replications(self, scenario: str) -> list[int]:
        """Replications with a result under every portfolio, so that they can be paired."""
        sets = [
            {r for span, _ in self.parts(scenario, portfolio) for r in span}
            for portfolio in self.manifest.portfolios
        ]
        done = set.intersection(*sets) if sets else set()
        return sorted(done.difference(self.left_out(scenario)))


def create_run(folder: Path, manifest: Manifest) -> RunFolder:
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
                    f"Continue it with `{resume_command(folder)}` or choose another name.",
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
    return RunFolder(folder, manifest)


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
