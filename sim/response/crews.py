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
"""Priority of the placeholders that hold the places of crews yet to arrive."""

Duration = float | Callable[[], float]
"""Hours, or a function asked for them when the stage begins."""


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

    Raises
    ------
    ValueError
        If a number of crews or an hour of arrival is negative.

    Notes
    -----
    Use ``with pool.request(priority) as crew: yield crew`` inside a process; a
    smaller priority number is more urgent. A place for a crew yet to arrive is held
    by a placeholder until it is there. Without any crew a job waits for ever.
    """

    def __init__(
        self, env: simpy.Environment, crews: int, arrivals: Sequence[tuple[float, int]] = ()
    ) -> None:
        if crews < 0 or any(n < 0 or t_h < 0 for t_h, n in arrivals):
            raise ValueError("crews and their hours of arrival must not be negative")
        total = crews + sum(n for _, n in arrivals)
        super().__init__(env, capacity=max(total, 1))
        self._worked_h = 0.0
        self._waited_h = 0.0
        self.jobs_started = 0
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
                self._waited_h += self._env.now - event.time

    def _do_get(self, event: Release) -> None:
        used = event.request
        if (
            isinstance(used, PriorityRequest)
            and used.priority != AID_PRIORITY
            and used.usage_since is not None
            and used in self.users
        ):
            self._worked_h += self._env.now - used.usage_since
        super()._do_get(event)

    @property
    def busy(self) -> int:
        """Crews on a job now."""
        users = cast("list[PriorityRequest]", self.users)
        return sum(user.priority != AID_PRIORITY for user in users)

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


def hours(duration: Duration) -> float:
    """Return the length [h] of a stage that begins now."""
    return duration() if callable(duration) else duration


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
        Length of each stage; a callable is asked when the stage begins, so that it
        can depend on the roads, the telephone and the wind of that moment. [h]
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
            length_h = hours(duration)
            if length_h > 0.0:
                yield env.timeout(length_h)
            if stage == 0:
                arrived_h = env.now
            if reached is not None:
                reached()
    return JobTimes(
        requested_h=requested_h, assigned_h=assigned_h, arrived_h=arrived_h, done_h=env.now
    )
