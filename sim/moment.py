"""The meshed grid at one moment of a replication, by following the same course again."""

from dataclasses import dataclass

import simpy

from data.problems import InputError, Problem
from grid.state import GridState
from sim.case import Case, intact_grid
from sim.course import start_course
from sim.event_log import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What held at a time.

    Attributes
    ----------
    state : GridState
        Of the meshed grid.
    hour : int
        Position of the hour in the state.
    events : tuple of Event
        Everything that had happened until then.
    """

    state: GridState
    hour: int
    events: tuple[Event, ...]


def grid_at(case: Case, seed: int, replication: int, t_h: float) -> Moment:
    """Follow a replication up to a time.

    Parameters
    ----------
    case : Case
    seed, replication : int
        As in the run; the course is the same.
    t_h : float
        Hours since the scenario's start; what happens at that very time is included. [h]

    Returns
    -------
    Moment

    Raises
    ------
    InputError
        If the time is outside the scenario.
    """
    if not 0.0 <= t_h < case.hours:
        allowed = f"0 to {case.hours} h, the length of {case.scenario.id}"
        raise InputError([Problem("outside_scenario", "--at", t_h, allowed)])
    env = simpy.Environment()
    course = start_course(env, case, intact_grid(case), seed=seed, replication=replication)
    while env.peek() <= t_h:
        env.step()
    return Moment(
        state=course.mesh.state,
        hour=course.mesh.state_row(t_h),
        events=tuple(course.log.events),
    )
