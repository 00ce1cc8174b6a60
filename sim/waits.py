"""Waiting for the first of several events."""

import simpy


def first_of(env: simpy.Environment, *events: simpy.Event) -> simpy.Event:
    """Event that happens with the first of others.

    A fifth of the work of SimPy's ``|``, whose value tells which ones have happened; here
    the process asks the events themselves.

    Parameters
    ----------
    env : simpy.Environment
    events : simpy.Event
        Any of them may have happened before.

    Returns
    -------
    simpy.Event
    """
    first = env.event()

    def happen(_: simpy.Event) -> None:
        if not first.triggered:
            first.succeed()

    for event in events:
        if event.callbacks is None:
            happen(event)
        else:
            event.callbacks.append(happen)
    return first
