"""Chains of causes as a person reads them. Events in, text out; no Streamlit."""

import math
from collections.abc import Sequence

from sim.event_log import ROOT, Event, chain
from ui.findings import cause
from ui.naming import Names

BEFORE = " ← "
"""Stands between an event and what caused it."""

DIGITS = 2


def said(event: Event, names: Names) -> str:
    """Say one event: what, to whom, the level after it and, of a root, what struck."""
    texts = names.texts
    what = texts.known(f"event.{event.what}", event.what)
    parts = [f"{what}: {names(event.asset_id)}" if event.asset_id else what]
    if math.isfinite(event.level):
        parts.append(texts.number(event.level, DIGITS))
    if event.because == ROOT and event.cause:
        parts.append(f"({cause(event.cause, texts)})")
    return " ".join(parts)


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
