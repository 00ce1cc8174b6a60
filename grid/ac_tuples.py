"""What the compiled loops of the AC power flow work on, as plain tuples of arrays."""

from typing import NamedTuple

from data.tables import BoolArray, FloatArray, IntArray
from grid.ac_network import ComplexArray


class Grid(NamedTuple):
    """The intact grid in pu; the admittance matrix in compressed rows."""

    indptr: IntArray
    indices: IntArray
    y: ComplexArray
    from_bus: IntArray
    to_bus: IntArray
    yff: ComplexArray
    yft: ComplexArray
    ytf: ComplexArray
    ytt: ComplexArray
    i_load: ComplexArray
    tolerance: FloatArray
    kind: IntArray


class Factors(NamedTuple):
    """Jacobian at a voltage as L U, in compressed columns.

    Unknown ``k`` is row ``row_at[k]`` and column ``column_at[k]`` of L U; those of a
    bus are ``angle_at`` and ``size_at``, -1 where held.
    """

    v: ComplexArray
    angle_at: IntArray
    size_at: IntArray
    lp: IntArray
    li: IntArray
    lx: FloatArray
    up: IntArray
    ui: IntArray
    ux: FloatArray
    row_at: IntArray
    column_at: IntArray


class States(NamedTuple):
    """What differs from state to state; one row of ``s`` or ``in_service`` is for all.

    ``out_branch[out_at[state] : out_at[state + 1]]`` are the branches out of service.
    """

    s: ComplexArray
    in_service: BoolArray
    out_at: IntArray
    out_branch: IntArray
    dark: BoolArray
    formed: BoolArray


class Results(NamedTuple):
    """What is found, filled in place; ``flow`` is (state, 4, branch)."""

    voltage: ComplexArray
    s_bus: ComplexArray
    flow: FloatArray
    loading: FloatArray
    mismatch: FloatArray
    steps: IntArray
    solved: BoolArray
