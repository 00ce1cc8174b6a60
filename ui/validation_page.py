"""docs/validation.md: every reference case, expected and got, as Markdown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.reference.cases import Case, CheckRow

HEAD = """# Validation

Published and exact cases, computed by the functions the commands and pages use and compared with
what is expected. This page is written by `python3 run.py validate`; do not edit it. The inputs
stand in `tests/reference/`, one folder a case, in the form a user's own files have. *Deviation*
is got less expected, relative to what is expected where that is not 0; *allowed* is the same for
the largest difference that passes: rounding for formulas, three standard errors where a value is
simulated (its replications and seed stand with the case).
"""


def validation_page(results: Sequence[tuple["Case", Sequence["CheckRow"]]]) -> str:
    """Write the page.

    Parameters
    ----------
    results : sequence of (Case, sequence of CheckRow)
        From `sim.reference.cases.reference_cases`.

    Returns
    -------
    str
        Markdown; the same results give the same text.
    """
    rows = [row for _, checked in results for row in checked]
    good = sum(row.ok for row in rows)
    parts = [HEAD, f"**{good} of {len(rows)} quantities within their tolerance.**\n"]
    for case, checked in results:
        parts.append(f"## {case.folder.name}\n")
        parts.append(f"{case.title}. Source: {' '.join(case.source.split())}\n")
        if case.replications:
            parts.append(f"Replications: {case.replications:,}; seed: {case.seed}.\n")
        parts.append("| quantity | expected | got | deviation | allowed | |")
        parts.append("| --- | ---: | ---: | ---: | ---: | --- |")
        parts += [_row(row) for row in checked]
        parts.append("")
    return "\n".join(parts)


def _row(row: "CheckRow") -> str:
    scale = abs(row.expected) or 1.0
    mark = "ok" if row.ok else "**off**"
    return (
        f"| {row.quantity} | {row.expected:.8g} | {row.got:.8g} | "
        f"{(row.got - row.expected) / scale:.1e} | {row.tolerance / scale:.1e} | {mark} |"
    )
