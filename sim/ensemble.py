"""Many replications in parallel, resumable, with a result that no scheduling can change."""

import contextlib
import math
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from pathlib import Path

from data.problems import BeredtError
from sim.case import Case, intact_grid
from sim.failures import ReplicationError
from sim.parts import write_part
from sim.replication import replicate
from sim.run_folder import LOG, RunFolder, is_alive, resume_command, write_json

STATUS_EVERY_S = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run has come. ``seconds_left`` is NaN until it can be told."""

    done: int
    total: int
    seconds_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    scenario: str
    portfolio: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """How many replications a batch held, and which of them gave no result."""

    count: int
    failed: tuple[int, ...]


def execute(
    run: RunFolder,
    cases: dict[tuple[str, str], Case],
    *,
    workers: int,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Compute every replication of a run that is not finished yet.

    A replication that fails is recorded with what went wrong, and the others go on; as
    it would fail again in the same way, continuing a run does not try it anew.
    Replication *k* of every portfolio is computed before *k + 1* of any, so that what
    is finished can always be paired. Each batch is written by the worker that computed
    it; an interruption loses at most the batches under way.

    Parameters
    ----------
    run : RunFolder
        Fresh or interrupted.
    cases : dict
        Case of each scenario and portfolio.
    workers : int
        Processes; 1 computes in this process.
    on_progress : callable
        Called with `Progress` after every batch.

    Raises
    ------
    BeredtError
        If another process is working on the run, a worker ended, the disk is full, or
        no replication of a scenario gave a result; what was finished stays.
    KeyboardInterrupt
        If the user stopped it; the status says so.
    """
    status = run.status
    if status.get("state") == "running" and status.get("pid") != os.getpid() and is_alive(status):
        raise BeredtError(f"{run.folder.name} is being computed by process {status['pid']}")
    run.clear_half_written()
    batches = list(_missing(run))
    total = run.manifest.replications * len(cases)
    done = total - sum(b.last - b.first + 1 for b in batches)
    report = _Report(run, done, total, on_progress)
    report.write("running")
    try:
        if workers == 1:
            for batch in batches:
                case = cases[batch.scenario, batch.portfolio]
                report.finished(_compute(run.folder, case, run.manifest.seed, batch))
        else:
            _in_parallel(run, cases, batches, workers, report)
    except KeyboardInterrupt:
        report.recount(sum(run.finished(*name) for name in cases))
        report.end("stopped", "stopped by the user")
        raise
    except BrokenProcessPool as error:
        message = "a worker process was killed, perhaps for want of memory"
        report.end("failed", message)
        raise BeredtError(_resume_hint(run, message)) from error
    except BeredtError as error:
        report.end("failed", str(error))
        raise
    except (ArithmeticError, LookupError, ValueError, RuntimeError, OSError) as error:
        report.end("failed", f"{type(error).__name__}: {error}")
        raise BeredtError(_resume_hint(run, f"{type(error).__name__}: {error}")) from error
    for scenario in run.manifest.scenarios:
        if run.left_out(scenario) and not run.complete_replications(scenario):
            first = next(f for p in run.manifest.portfolios for f in run.failures(scenario, p))
            message = f"no replication of {scenario} gave a result: {first}"
            report.end("failed", message)
            raise BeredtError(f"{run.folder.name}: {message}. See {run.folder / LOG}")
    report.write("done")


def _resume_hint(run: RunFolder, message: str) -> str:
    return (
        f"{run.folder.name} stopped: {message}. Finished replications are kept; continue with "
        f"`{resume_command(run.folder)}`"
    )


def _missing(run: RunFolder) -> Iterator[_Batch]:
    """Yield batches that are not finished, lowest replications first."""
    manifest = run.manifest
    finished = {
        (scenario, portfolio): {span.start for span, _ in run.parts(scenario, portfolio)}
        for scenario in manifest.scenarios
        for portfolio in manifest.portfolios
    }
    for first in range(0, manifest.replications, manifest.batch):
        for scenario in manifest.scenarios:
            for portfolio in manifest.portfolios:
                if first not in finished[scenario, portfolio]:
                    yield _Batch(
                        scenario=scenario,
                        portfolio=portfolio,
                        first=first,
                        last=min(first + manifest.batch, manifest.replications) - 1,
                    )


def _in_parallel(
    run: RunFolder,
    cases: dict[tuple[str, str], Case],
    batches: list[_Batch],
    workers: int,
    report: "_Report",
) -> None:
    # Cases travel as bytes made once: pickling them anew for each batch would cost more.
    packed = {name: pickle.dumps(case, pickle.HIGHEST_PROTOCOL) for name, case in cases.items()}
    waiting = iter(batches)
    with ProcessPoolExecutor(
        max_workers=workers,
        mp_context=get_context("spawn"),
        initializer=_start_worker,
    ) as pool:
        under_way: set[Future[_Done]] = set()
        try:
            while True:
                # Two batches a worker are in the queue, so that stopping is quick.
                while len(under_way) < 2 * workers:
                    batch = next(waiting, None)
                    if batch is None:
                        break
                    case = packed[batch.scenario, batch.portfolio]
                    with _without_interrupts():
                        future = pool.submit(
                            _compute_packed, run.folder, case, run.manifest.seed, batch
                        )
                    under_way.add(future)
                if not under_way:
                    return
                finished, under_way = wait(
                    under_way, timeout=STATUS_EVERY_S, return_when=FIRST_COMPLETED
                )
                for future in finished:
                    report.finished(future.result())
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let processes started inside be born deaf to Ctrl-C, also while they import."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    # A part half written stays hidden and is cleared away when the run goes on.
    wait_for([sentinel])
    os._exit(1)


def _compute_packed(folder: Path, packed: bytes, seed: int, batch: _Batch) -> _Done:
    # The bytes come from this program's own process a moment ago, never from a file.
    return _compute(folder, pickle.loads(packed), seed, batch)  # noqa: S301 -- our own bytes


def _compute(folder: Path, case: Case, seed: int, batch: _Batch) -> _Done:
    """Compute and write one batch."""
    grid = intact_grid(case)
    outcomes, failures = [], []
    replications = range(batch.first, batch.last + 1)
    for number in replications:
        try:
            outcomes.append(replicate(case, grid, seed, number))
        except ReplicationError as failed:
            failures.append(failed.failure)
            _log(folder, batch, failed)
    write_part(
        folder,
        scenario=batch.scenario,
        portfolio=batch.portfolio,
        replications=replications,
        outcomes=outcomes,
        failures=failures,
        demand_mw=case.demand_mw,
        population=case.population,
        functions=case.region.functions.function_id.tolist(),
        area_ids=case.region.areas.area_id.tolist(),
    )
    return _Done(count=len(replications), failed=tuple(each.replication for each in failures))


def _log(folder: Path, batch: _Batch, failed: ReplicationError) -> None:
    """Keep the traceback for whoever mends the model; it is not for the screen."""
    text = "".join(traceback.format_exception(failed))
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(f"{batch.scenario} under {batch.portfolio}\n{text}\n")


class _Report:
    """Tells the caller and the status file how far the run has come."""

    def __init__(
        self, run: RunFolder, done: int, total: int, on_progress: Callable[[Progress], None]
    ) -> None:
        self._run = run
        self._done = self._before = done
        self._total = total
        self._on_progress = on_progress
        self._clock = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._written = 0.0
        self._failed = {r for scenario in run.manifest.scenarios for r in run.left_out(scenario)}
        on_progress(self._progress())

    def finished(self, batch: _Done) -> None:
        self._done += batch.count
        self._failed.update(batch.failed)
        self._on_progress(self._progress())
        if time.monotonic() - self._written >= STATUS_EVERY_S:
            self.write("running")

    def recount(self, done: int) -> None:
        """Set how many are finished, after a stop let workers finish what they had begun."""
        self._done = done

    def end(self, state: str, message: str) -> None:
        """Write why the run ended early, if the disk that may be the reason takes it."""
        with contextlib.suppress(OSError):
            self.write(state, message)

    def write(self, state: str, message: str = "") -> None:
        self._written = time.monotonic()
        left = self._progress().seconds_left
        write_json(
            self._run.folder / "status.json",
            {
                "state": state,
                "done": self._done,
                "total": self._total,
                "failed_replications": sorted(self._failed),
                "started": self._started,
                "updated": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds_left": None if math.isnan(left) else round(left, 1),
                "message": message,
                "pid": os.getpid(),
            },
        )

    def _progress(self) -> Progress:
        computed = self._done - self._before
        passed = time.monotonic() - self._clock
        rate = computed / passed if passed > 0.0 else 0.0
        left = (self._total - self._done) / rate if rate > 0.0 else float("nan")
        return Progress(done=self._done, total=self._total, seconds_left=left)
