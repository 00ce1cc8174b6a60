"""Runs as processes of their own: start, stop, resume, and how far each has come.

A run is a folder, not a browser tab. The command line is started in a session of its
own, so closing the browser or the server stops nothing; all that is known about it is
read from files, so a reload finds it again. No Streamlit.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.problems import InputError
from sim.run_folder import check_run_id, write_json
from sim.store import open_run

PROJECT = Path(__file__).resolve().parent.parent
LOG_BYTES = 20_000
"""Longest end of a log that is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to run."""

    scenario: str
    portfolios: tuple[str, ...]
    replications: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    state : str
        ``starting``, ``running``, ``done``, ``stopped`` or ``failed``.
    done, total : int
        Replications over all portfolios; 0 while it starts.
    seconds_left : float or None
        [s]
    message : str
        What the command line said last.
    failed_replications : tuple of int
        Replications that gave no result.
    resumable : bool
        Whether finished parts can be gone on from.
    """

    state: str
    done: int
    total: int
    seconds_left: float | None
    message: str
    failed_replications: tuple[int, ...]
    resumable: bool

    @property
    def active(self) -> bool:
        """Whether a process is still at work."""
        return self.state in ("starting", "running")


def runs_folder() -> Path:
    """Folder of runs: ``BEREDT_RUNS``, or ``runs`` in the project."""
    return Path(os.environ.get("BEREDT_RUNS") or PROJECT / "runs")


def new_run_id(scenario: str, now: datetime) -> str:
    """Name a run by its scenario and the moment it was started, in UTC."""
    return f"{scenario}-{now.astimezone(UTC):%Y%m%d-%H%M%S}"


def start(request: Request, runs: Path, run_id: str) -> None:
    """Start a comparison as its own process.

    Raises
    ------
    InputError
        If the run id could point outside the folder of runs.
    OSError
        If the folder of runs cannot be written or the process not be started.
    """
    arguments = ["--scenario", request.scenario]
    for portfolio in request.portfolios:
        arguments += ["--portfolio", portfolio]
    arguments += ["--replications", str(request.replications), "--seed", str(request.seed)]
    _launch([*arguments, "--run-id", check_run_id(run_id)], runs, run_id, request.scenario)


def resume(runs: Path, run_id: str) -> None:
    """Go on with a stopped run in a process of its own; raises as `start`."""
    scenario = _job(runs, run_id).get("scenario")
    _launch(["--resume", check_run_id(run_id)], runs, run_id, scenario)


def _launch(arguments: Sequence[str], runs: Path, run_id: str, scenario: str | None) -> None:
    runs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(PROJECT / "run.py"), "compare", *arguments]
    command += ["--runs", str(runs), "--quiet"]
    with log_path(runs, run_id).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own command line, no shell
            command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Someone must take note when it ends; the run itself does not depend on this server.
    threading.Thread(target=process.wait, daemon=True, name=run_id).start()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    first = _job(runs, run_id).get("first_started", started)
    write_json(
        _job_path(runs, run_id),
        {"pid": process.pid, "started": started, "first_started": first, "scenario": scenario},
    )


def stop(runs: Path, run_id: str) -> bool:
    """Ask a run to stop as Ctrl-C does; what is finished stays. Tell whether it was asked."""
    pid = _pid(runs, run_id)
    if pid is None or not _alive(pid):
        return False
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGINT)
        else:
            os.kill(pid, signal.SIGINT)
    return True


def progress(runs: Path, run_id: str) -> Progress:
    """Read how far a run has come; a run whose process is gone is not running."""
    try:
        run = open_run(runs / check_run_id(run_id))
        status = run.status
    except (InputError, OSError, ValueError):
        status = {}
    pid = _pid(runs, run_id)
    alive = pid is not None and _alive(pid)
    done, total = int(status.get("done", 0)), int(status.get("total", 0))
    state = str(status.get("state", "unknown"))
    if state not in ("done", "stopped", "failed", "running"):
        state = "starting" if alive else "failed"
    elif state == "running" and not alive:
        state = "stopped"
    elif state in ("stopped", "failed") and alive and _newer(runs, run_id, status):
        state = "starting"
    left = status.get("seconds_left")
    return Progress(
        state=state,
        done=done,
        total=total,
        seconds_left=float(left) if left is not None else None,
        message=str(status.get("message", "")),
        failed_replications=tuple(int(r) for r in status.get("failed_replications", ())),
        resumable=bool(status) and state in ("stopped", "failed"),
    )


def _newer(runs: Path, run_id: str, status: dict[str, Any]) -> bool:
    """Whether the process was started after the status was written: it goes on."""
    started = str(_job(runs, run_id).get("started", ""))
    return bool(started) and started >= str(status.get("updated", ""))[: len(started)]


def asked(runs: Path, run_id: str) -> tuple[str, str] | None:
    """Scenario and moment a run was first started here; None for runs started elsewhere."""
    job = _job(runs, run_id)
    scenario, moment = job.get("scenario"), job.get("first_started")
    return (str(scenario), str(moment)) if scenario and moment else None


def pending(runs: Path) -> list[str]:
    """List runs that were started here and have no folder yet, newest first."""
    if not runs.is_dir():
        return []
    waiting = [
        path
        for path in runs.glob("*.job.json")
        if not (runs / _stem(path) / "manifest.json").is_file()
    ]
    waiting.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [_stem(path) for path in waiting]


def log_path(runs: Path, run_id: str) -> Path:
    """File the process of a run writes to."""
    return runs / f"{check_run_id(run_id)}.log"


def log_end(runs: Path, run_id: str) -> str:
    """Last part of a run's log; empty when there is none."""
    try:
        with log_path(runs, run_id).open("rb") as handle:
            handle.seek(0, os.SEEK_END)
            handle.seek(max(0, handle.tell() - LOG_BYTES))
            return handle.read().decode("utf-8", errors="replace").strip()
    except OSError:
        return ""


def _job_path(runs: Path, run_id: str) -> Path:
    return runs / f"{check_run_id(run_id)}.job.json"


def _stem(path: Path) -> str:
    return path.name.removesuffix(".job.json")


def _job(runs: Path, run_id: str) -> dict[str, Any]:
    try:
        content = json.loads(_job_path(runs, run_id).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _pid(runs: Path, run_id: str) -> int | None:
    """Process of a run: the one started here if it lives, else the one in its status."""
    candidates = [_job(runs, run_id).get("pid")]
    with contextlib.suppress(InputError, OSError, ValueError):
        candidates.append(open_run(runs / check_run_id(run_id)).status.get("pid"))
    known = [pid for pid in candidates if isinstance(pid, int) and pid > 1]
    return next((pid for pid in known if _alive(pid)), known[0] if known else None)


def _alive(pid: int) -> bool:
    """Whether the process runs and is our command line, not a later one with its number."""
    with contextlib.suppress(ChildProcessError, OSError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return True
    # A process has no command line for a moment while it starts, and none when it has ended.
    return b"run.py" in command or (not command and state != "Z")
