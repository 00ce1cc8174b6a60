"""A speed figure, and how it is measured."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One speed figure beside its peer.

    Attributes
    ----------
    name, unit : str
    value : float
        Of the product.
    peer : str
        What was measured beside it; empty when there is none.
    peer_value, ratio : float or None
        Of the peer in the same unit, and how many times better the product is.
    """

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median time of a piece of work after one run to warm up. [s]."""
    work()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def beside(
    name: str, value: float, unit: str, *, peer: str, peer_value: float, less_is_better: bool
) -> Speed:
    """Put a figure beside its peer's of the same run, in the same unit."""
    ratio = peer_value / value if less_is_better else value / peer_value
    return Speed(name=name, value=value, unit=unit, peer=peer, peer_value=peer_value, ratio=ratio)
