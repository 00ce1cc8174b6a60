"""The rules of ``grid.dispatch`` in compiled form, part by part from what each adds up to."""

from numba import njit

from data.tables import FloatArray, IntArray

BALANCE_TOL_MW = 1e-9
"""Powers that differ by less are the same but for rounding. [MW]"""

DEMAND, SET, ROOM, LOWEST, HIGHEST, SHARE, FORMING = range(7)
"""What a part adds up to: demand, set power and room to rise of its must-run sources, the
limits and the shares of the others, and how many can hold it up."""

KEPT, RISEN, REST, MISSING, SERVED, LEFT = range(7, 13)
"""What its balance is: shares of the must-run power that is kept and of its room that is
taken, what the others share and what they miss of it, the share of demand that is served,
and the room of the others."""


@njit(cache=True, nogil=True)
def add_source(totals: FloatArray, kind: int, limits: FloatArray, sign: float) -> None:
    """Add one source to the totals of its part, or take it out again."""
    if kind & 1:
        totals[SET] += sign * limits[0]
        totals[ROOM] += sign * (limits[2] - limits[0])
    else:
        totals[LOWEST] += sign * limits[1]
        totals[HIGHEST] += sign * limits[2]
        totals[SHARE] += sign * limits[3]
    if kind & 2 and limits[2] > 0:
        totals[FORMING] += sign


@njit(cache=True, nogil=True)
def balance_parts(
    part: FloatArray,
    label: IntArray,
    source_bus: IntArray,
    kind: IntArray,
    limits: FloatArray,
    sums: FloatArray,
) -> None:
    """Fill in the balance of every part from its totals, and the demand unserved."""
    sums[0], sums[1] = 0.0, 0.0
    for at in part:
        at[KEPT], at[RISEN], at[REST], at[MISSING], at[SERVED], at[LEFT] = 0, 0, 0, 0, 0, 0
        if at[FORMING] < 1:
            sums[0] += at[DEMAND]
            sums[1] += at[DEMAND]
            continue
        rest = at[DEMAND] - at[SET]
        surplus = max(at[LOWEST] - rest, 0.0)
        at[KEPT] = 1.0 - surplus / at[SET] if surplus > 0.0 and at[SET] > 0.0 else 1.0
        risen = min(max(rest - at[HIGHEST], 0.0), max(at[ROOM], 0.0))
        at[RISEN] = risen / at[ROOM] if risen > 0.0 else 0.0
        lack = max(rest - risen - at[HIGHEST], 0.0)
        at[SERVED] = 1.0
        if lack > BALANCE_TOL_MW:
            at[SERVED] = 1.0 - lack / at[DEMAND]
            sums[0] += lack
        at[REST] = rest - risen + surplus - lack
        at[MISSING] = at[REST]
    for source in range(len(source_bus)):
        at = part[label[source_bus[source]]]
        if not kind[source] & 1 and at[FORMING] > 0:
            at[MISSING] -= _held(at, limits[:, source])
    for source in range(len(source_bus)):
        at = part[label[source_bus[source]]]
        if not kind[source] & 1 and at[FORMING] > 0:
            at[LEFT] += _left(at, limits[:, source])


@njit(cache=True, nogil=True)
def _held(part: FloatArray, limits: FloatArray) -> float:
    """Give a source its share of the rest, within its limits. [MW]."""
    share = limits[3] / part[SHARE] if part[SHARE] > 0.0 else 0.0
    return float(min(max(part[REST] * share, limits[1]), limits[2]))


@njit(cache=True, nogil=True)
def _left(part: FloatArray, limits: FloatArray) -> float:
    """Measure the room it has then towards what is missing. [MW]."""
    held = _held(part, limits)
    return float(limits[2] - held if part[MISSING] > 0.0 else held - limits[1])


@njit(cache=True, nogil=True)
def source_power(part: FloatArray, kind: int, limits: FloatArray) -> float:
    """Output of a source in a balanced part. [MW]."""
    if part[FORMING] < 1:
        return 0.0
    if kind & 1:
        return float(part[KEPT] * limits[0] + part[RISEN] * (limits[2] - limits[0]))
    held = _held(part, limits)
    if abs(part[MISSING]) > BALANCE_TOL_MW and part[LEFT] > 0.0:
        held += part[MISSING] / part[LEFT] * _left(part, limits)
    return held
