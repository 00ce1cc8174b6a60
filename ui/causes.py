"""Chains of causes as a person reads them. Events in, text out; no Streamlit."""

import math
from collections.abc import Sequence

from sim.event_log import ROOT, Event, chain
from ui.findings import cause
from ui.naming import Names

BEFORE = " ← "
"""Stands between an event and what caused it."""

OF_AREA = ("function_", "staff_")
"""Events of functions and staff name the thing and the area apart."""


def whose(event: Event, names: Names) -> str:
    """Name what an event happened to; empty when it happened to nothing in particular."""
    if not event.asset_id:
        return ""
    if event.what.startswith(OF_AREA) and event.area_id:
        return names(f"{event.asset_id}@{event.area_id}")
    return names(event.asset_id)


def said(event: Event, names: Names) -> str:
    """Say one event: what, to whom, the level after it and, of a root, what struck."""
    texts = names.texts
    what, to = texts.known(f"event.{event.what}", event.what), whose(event, names)
    words = f"{what}: {to}" if to else what
    if math.isfinite(event.level):
        words = texts("cause.level", said=words, level=texts.percent(event.level))
    if event.because == ROOT and event.cause:
        words = f"{words} ({cause(event.cause, texts)})"
    return words


def through(event: Event, names: Names) -> str:
    """Name the need an event came through, how it was done, or nothing."""
    if event.because == ROOT or not event.cause:
        return ""
    known = names.need(event.cause)
    return known if known != event.cause else cause(event.cause, names.texts)


def chain_said(events: Sequence[Event], at: int, names: Names) -> str:
    """Say an event and everything that led to it, the root last."""
    parts = []
    for event in chain(events, at):
        parts.append(said(event, names))
        link = through(event, names)
        if link:
            parts.append(link)
    return BEFORE.join(parts)


def why_said(events: Sequence[Event], at: int, names: Names) -> str:
    """Say only what led to an event."""
    event = events[at]
    if event.because == ROOT:
        return cause(event.cause, names.texts)
    link = through(event, names)
    rest = chain_said(events, event.because, names)
    return BEFORE.join([link, rest]) if link else rest


def steps_said(events: Sequence[Event], at: int, names: Names) -> list[str]:
    """Say a chain one event a line, each with its hour and the need it came through."""
    texts, lines = names.texts, []
    for event in chain(events, at):
        line = texts("cause.step", hour=texts.number(event.t_h, 1), said=said(event, names))
        link = through(event, names)
        lines.append(texts("cause.through", said=line, link=link) if link else line)
    return lines
