"""Crews: a limited number of people who travel, switch and repair.

A depot is one SimPy priority resource. A job under way is finished before the next
begins; the most urgent waits least, and equals are served in the order they asked.
"""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import simpy
from simpy.resources.resource import PriorityRequest, Release, Request

AID_PRIORITY = -(2**31)
"""Priority of the placeholders that hold the places of crews yet to arrive, or away."""

WORK = 2
"""Position of the stage in which a crew works and may have to rest."""

Course = Generator[simpy.Event, Any, None]

Duration = float | Callable[[], float | Course]
"""Hours, or a function asked when the stage begins: for hours, or for a course to follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """How long a crew works before it rests.

    Attributes
    ----------
    work_h, rest_h : float
        [h]
    """

    work_h: float
    rest_h: float

    def __post_init__(self) -> None:
        if not (self.work_h > 0.0 and self.rest_h >= 0.0):
            raise ValueError("a shift must be longer than 0 h and a rest not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """When each stage of a job was reached, in hours since the scenario's start.

    Attributes
    ----------
    requested_h : float
        The job was ready and asked for a crew.
    assigned_h : float
        A crew took it and set out.
    arrived_h : float
        The crew was on the spot.
    done_h : float
        Work finished, crew free again.
    """

    requested_h: float
    assigned_h: float
    arrived_h: float
    done_h: float


class CrewPool(simpy.PriorityResource):
    """The crews of one depot, with those of neighbours as they arrive.

    Parameters
    ----------
    env : simpy.Environment
        The replication's environment; time in hours.
    crews : int
        Crews present from the start.
    arrivals : sequence of (float, int)
        Mutual aid: hours after the environment's present time, and crews.
    shifts : Shifts, optional
        A crew that has been on duty for a shift finishes its job and rests; work longer
        than the shift pauses for the rest. Without shifts crews never rest.

    Raises
    ------
    ValueError
        If a number of crews or an hour of arrival is negative.

    Notes
    -----
    Use ``with pool.request(priority) as crew: yield crew`` inside a process; a
    smaller priority number is more urgent. A place for a crew yet to arrive, away or
    resting is held by a placeholder. Without any crew a job waits for ever.
    """

    def __init__(
        self,
        env: simpy.Environment,
        crews: int,
        arrivals: Sequence[tuple[float, int]] = (),
        shifts: Shifts | None = None,
    ) -> None:
        if crews < 0 or any(n < 0 or t_h < 0 for t_h, n in arrivals):
            raise ValueError("crews and their hours of arrival must not be negative")
        total = crews + sum(n for _, n in arrivals)
        super().__init__(env, capacity=max(total, 1))
        self._worked_h = 0.0
        self._waited_h = 0.0
        self._on_job = 0
        self.jobs_started = 0
        self.shifts = shifts
        self._absent: list[PriorityRequest] = []
        # On duty since when: crews on a job, and crews that wait for one (with since when).
        self._duty: dict[Request, float] = {}
        self._waiting_crews: list[tuple[float, float]] = []
        if total == 0:
            self.request(priority=AID_PRIORITY)
        for t_h, n in sorted(arrivals):
            placeholders = [self.request(priority=AID_PRIORITY) for _ in range(n)]
            if placeholders:
                arrival = env.timeout(t_h)
                arrival.callbacks.append(self._releaser(placeholders))

    def _releaser(self, placeholders: list[PriorityRequest]) -> Callable[[simpy.Event], None]:
        def release_all(_: simpy.Event) -> None:
            for placeholder in placeholders:
                self.release(placeholder)

        return release_all

    def _do_put(self, event: Request) -> None:
        if len(self.users) < self.capacity:
            super()._do_put(event)
            if isinstance(event, PriorityRequest) and event.priority != AID_PRIORITY:
                self.jobs_started += 1
                self._on_job += 1
                self._waited_h += self._env.now - event.time
                if self.shifts is not None:
                    self._duty[event] = self._goes_on_duty(self.shifts)

    def _do_get(self, event: Release) -> None:
        used = event.request
        if (
            isinstance(used, PriorityRequest)
            and used.priority != AID_PRIORITY
            and used.usage_since is not None
            and used in self.users
        ):
            self._worked_h += self._env.now - used.usage_since
            self._on_job -= 1
            if self.shifts is not None:
                self._goes_off_job(self._duty.pop(used), self.shifts)
        super()._do_get(event)

    def _goes_on_duty(self, shifts: Shifts) -> float:
        """Since when the crew that takes a job has been on duty; the most rested goes."""
        now = self._env.now
        fresh = self.available - (self.busy - 1) - len(self._waiting_crews)
        if fresh > 0 or not self._waiting_crews:
            return now
        since_h, duty_h = self._waiting_crews.pop(0)
        return now if now - since_h >= shifts.rest_h else duty_h

    def _goes_off_job(self, duty_h: float, shifts: Shifts) -> None:
        """Send a crew to rest if its shift is over, else let it wait for the next job."""
        now = self._env.now
        if now - duty_h < shifts.work_h:
            self._waiting_crews.append((now, duty_h))
        elif shifts.rest_h > 0.0:
            rest = self.request(priority=AID_PRIORITY)
            wake = self._env.timeout(shifts.rest_h)
            wake.callbacks.append(self._releaser([rest]))

    def work(self, job: Request, hours: float) -> Course:
        """Work for some hours, with rests when the crew's shift ends before."""
        while self.shifts is not None:
            left_h = max(self._duty[job] + self.shifts.work_h - self._env.now, 0.0)
            if hours <= left_h:
                break
            hours -= left_h
            yield self._env.timeout(left_h + self.shifts.rest_h)
            self._duty[job] = self._env.now
        if hours > 0.0:
            yield self._env.timeout(hours)

    def keep_away(self, crews: int) -> None:
        """Let so many of the crews be absent from now on; those on a job finish it."""
        while len(self._absent) > crews:
            place = self._absent.pop()
            if place.triggered:
                self.release(place)
            else:
                place.cancel()
        while len(self._absent) < crews:
            self._absent.append(self.request(priority=AID_PRIORITY))

    @property
    def busy(self) -> int:
        """Crews on a job now."""
        return self._on_job

    @property
    def available(self) -> int:
        """Crews present now, busy or not."""
        return int(self.capacity) - (len(self.users) - self.busy)

    @property
    def waiting(self) -> int:
        """Jobs that wait for a crew now."""
        return len(self.queue)

    @property
    def next_priority(self) -> float:
        """Priority of the most urgent job that waits; infinite when none does."""
        queue = cast("list[PriorityRequest]", self.queue)
        return float(queue[0].priority) if queue else math.inf

    @property
    def busy_crew_h(self) -> float:
        """Crew-hours [h] on jobs so far, travel included."""
        now = self._env.now
        return self._worked_h + sum(
            now - user.usage_since
            for user in cast("list[PriorityRequest]", self.users)
            if user.priority != AID_PRIORITY and user.usage_since is not None
        )

    @property
    def waiting_job_h(self) -> float:
        """Hours [h] waited for a crew so far, summed over jobs."""
        now = self._env.now
        queue = cast("list[PriorityRequest]", self.queue)
        return self._waited_h + sum(now - job.time for job in queue)


def repair_job(
    env: simpy.Environment,
    pool: CrewPool,
    priority: float,
    travel_h: Duration,
    work_h: Duration,
    *,
    switching_h: Duration = 0.0,
    on_arrival: Callable[[], None] | None = None,
    on_switched: Callable[[], None] | None = None,
    on_done: Callable[[], None] | None = None,
) -> Generator[simpy.Event, Any, JobTimes]:
    """Wait for a crew, travel, switch, work, and let the crew go.

    Run it with ``env.process(...)``, or ``yield from`` it inside a process.

    Parameters
    ----------
    env : simpy.Environment
        The replication's environment; time in hours.
    pool : CrewPool
        The depot that sends the crew.
    priority : float
        Smaller is more urgent; decides among waiting jobs only.
    travel_h, work_h, switching_h : float or callable
        Length of each stage; a callable is asked when the stage begins, so that it can
        depend on the roads, the telephone and the wind of that moment, and may answer with
        a course to follow instead of hours. Work pauses when the crew has to rest. [h]
    on_arrival, on_switched, on_done : callable, optional
        Called when the crew is there, has switched, has finished (still holding the
        crew).

    Returns
    -------
    JobTimes
        The process' value.
    """
    requested_h = env.now
    with pool.request(priority=priority) as crew:  # type: ignore[arg-type]  # SimPy only compares it
        yield crew
        assigned_h = env.now
        stages = ((travel_h, on_arrival), (switching_h, on_switched), (work_h, on_done))
        arrived_h = assigned_h
        for stage, (duration, reached) in enumerate(stages):
            asked = duration() if callable(duration) else duration
            if isinstance(asked, Generator):
                yield from asked
            elif stage == WORK:
                yield from pool.work(cast("Request", crew), asked)
            elif asked > 0.0:
                yield env.timeout(asked)
            if stage == 0:
                arrived_h = env.now
            if reached is not None:
                reached()
    return JobTimes(
        requested_h=requested_h, assigned_h=assigned_h, arrived_h=arrived_h, done_h=env.now
    )
