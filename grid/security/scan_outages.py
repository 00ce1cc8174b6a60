"""What a security scan takes out: single elements, pairs, and sets the user names."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from data.problems import InputError, Problem, did_you_mean
from data.tables import FloatArray
from grid.study import GridStudy

SOURCE, BUS = "source", "bus"
"""Kinds beside the tables of branches."""

MAX_PAIRS = 1_000_000
"""Pairs a scan looks at; those of the least loaded elements are left out beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that can fail: a branch element, a source or a whole bus.

    Attributes
    ----------
    part_id : str
        Its name in the grid.
    kind : str
        Table of a branch element (``line``, ``trafo``, ...), ``source`` or ``bus``.
    branches, sources : tuple of int
        Positions of what no longer conducts or feeds in.
    row : int
        Its index in its table; the position of a source or bus.
    """

    part_id: str
    kind: str
    branches: tuple[int, ...]
    sources: tuple[int, ...]
    row: int

    @property
    def is_branch(self) -> bool:
        """Whether it is neither a source nor a bus."""
        return self.kind not in (SOURCE, BUS)


Outage = tuple[Part, ...]
"""What is out at the same time; one part for N-1, two for N-2."""


def branch_parts(study: GridStudy) -> tuple[Part, ...]:
    """Every line and transformer; a three-winding transformer is one."""
    return tuple(
        Part(
            part_id=each.element_id,
            kind=each.table,
            branches=each.branches,
            sources=(),
            row=each.row,
        )
        for each in study.elements
    )


def source_parts(study: GridStudy) -> tuple[Part, ...]:
    """Every source that can give something."""
    arrays = study.arrays
    return tuple(
        Part(part_id=str(arrays.source_ids[at]), kind=SOURCE, branches=(), sources=(at,), row=at)
        for at in np.flatnonzero(arrays.source_p_max_mw > 0).tolist()
    )


def bus_parts(study: GridStudy) -> tuple[Part, ...]:
    """Every bus, with all branches and sources at it: a fault on the busbar."""
    arrays = study.arrays
    branches: list[list[int]] = [[] for _ in arrays.bus_ids]
    sources: list[list[int]] = [[] for _ in arrays.bus_ids]
    for branch, ends in enumerate(
        zip(arrays.from_bus.tolist(), arrays.to_bus.tolist(), strict=True)
    ):
        for bus in dict.fromkeys(ends):
            branches[bus].append(branch)
    for source, bus in enumerate(arrays.source_bus.tolist()):
        sources[bus].append(source)
    return tuple(
        Part(
            part_id=str(bus_id),
            kind=BUS,
            branches=tuple(branches[bus]),
            sources=tuple(sources[bus]),
            row=bus,
        )
        for bus, bus_id in enumerate(arrays.bus_ids.tolist())
    )


def named_outages(study: GridStudy, chosen: Sequence[Sequence[str]]) -> tuple[Outage, ...]:
    """Find the parts of each set of names.

    A name is a line's or transformer's before it is a source's, and a source's before
    it is a bus'.

    Parameters
    ----------
    study : GridStudy
    chosen : sequence of sequence of str
        What fails at the same time, set by set.

    Raises
    ------
    InputError
        Naming every part the grid has not, and every name given twice in a set.
    """
    known: dict[str, Part] = {}
    for part in (*branch_parts(study), *source_parts(study), *bus_parts(study)):
        known.setdefault(part.part_id, part)
    problems = [
        Problem(
            "unknown_part",
            "--out",
            name,
            f"a line, transformer, source or bus of {study.name}",
            did_you_mean(name, known) or "Join what fails together with +, as in A+B.",
        )
        for names in chosen
        for name in names
        if name not in known
    ]
    problems += [
        Problem("repeated_part", "--out", "+".join(names), "each part once in a set")
        for names in chosen
        if len(set(names)) < len(names)
    ]
    if problems:
        raise InputError(problems)
    sets = dict.fromkeys(tuple(sorted(names)) for names in chosen if names)
    return tuple(tuple(known[name] for name in names) for names in sets)


def pairs(parts: Sequence[Part], loading: FloatArray, limit: int = MAX_PAIRS) -> list[Outage]:
    """Every pair of parts; of too many, those of the most loaded parts.

    Parameters
    ----------
    parts : sequence of Part
    loading : ndarray, shape (branch,)
        Of each branch with everything in service. [1]
    limit : int
        Most pairs to return.

    Returns
    -------
    list of Outage
        In the order of ``parts``.
    """
    count = len(parts)
    if count * (count - 1) // 2 > limit:
        kept = int((1.0 + np.sqrt(1.0 + 8.0 * limit)) / 2.0)
        highest = np.array([loading[list(each.branches)].max() for each in parts])
        chosen = np.sort(np.argsort(-highest, kind="stable")[:kept])
        parts = [parts[at] for at in chosen.tolist()]
    return list(combinations(parts, 2))
