"""Columns that say how often a unit or a link is out of service."""

import math

import numpy as np

from grid.adequacy.system import Outages
from grid.adequacy.table import CsvTable, Limits

COLUMNS = ("mttf_h", "mttr_h", "independent_each_hour")

HOURS = Limits(unit="h", above=True, remedy="Mean time in hours.")
PROBABILITY = Limits(high=1.0, remedy="A share of time: divide percent by 100.")

AGREE_SHARE = 0.05
"""Probability and times given together may differ by this share, for tables are rounded."""
AGREE = 5e-4


def read_outages(table: CsvTable, probability: str) -> tuple[Outages, tuple[str, ...]]:
    """Read the outages of each row.

    Times hold where times and probability are given. A probability with one of the times
    gives the other. A probability alone says nothing about how long outages last: the state
    is then drawn anew each hour, which leaves LOLE and unserved energy what they are.

    Parameters
    ----------
    table : CsvTable
        Of units or links.
    probability : str
        Its column of probabilities.

    Returns
    -------
    Outages
        One component per row.
    tuple of str
        Which default was used where.
    """
    share = table.numbers(probability, PROBABILITY, default=math.nan).tolist()
    mttf = table.numbers("mttf_h", HOURS, default=math.nan).tolist()
    mttr = table.numbers("mttr_h", HOURS, default=math.nan).tolist()
    hourly = table.flags("independent_each_hour")
    found = np.zeros((3, len(table)))
    is_hourly = np.zeros(len(table), dtype=np.bool_)
    assumed = 0
    for row in range(len(table)):
        q, up_h, down_h, drawn = share[row], mttf[row], mttr[row], hourly[row]
        has_q, has_up, has_down = not math.isnan(q), not math.isnan(up_h), not math.isnan(down_h)
        if has_up and has_down:
            by_times = down_h / (up_h + down_h)
            if has_q and abs(q - by_times) > max(AGREE, AGREE_SHARE * by_times):
                table.blame(
                    row,
                    probability,
                    "outages_disagree",
                    f"{q:g}",
                    f"about mttr_h / (mttf_h + mttr_h) = {by_times:.4g}",
                    "Leave out one of the three, or mend the times.",
                )
            q = by_times
        elif not has_q:
            if not table.cells.get(probability, [""] * len(table))[row]:
                table.blame(
                    row,
                    probability,
                    "missing_outages",
                    "nothing",
                    f"{probability}, or mttf_h and mttr_h",
                    "Write 0 for what never fails.",
                )
            continue
        elif q in (0.0, 1.0):
            up_h = down_h = math.inf
        elif has_down:
            up_h = down_h * (1.0 - q) / q
        elif has_up:
            down_h = up_h * q / (1.0 - q)
        elif drawn is False:
            table.blame(
                row, "mttr_h", "missing_repair_time", "nothing", str(HOURS), "Or draw it each hour."
            )
            continue
        elif drawn is None:
            drawn, assumed = True, assumed + 1
        is_hourly[row] = bool(drawn)
        found[:, row] = (q, 0.0, 0.0) if drawn else (q, 1.0 / up_h, 1.0 / down_h)
    notes = (
        (
            f"{assumed} row(s) of {table.file} without times: in or out drawn anew each hour, so "
            "that the frequency and duration of a loss of load mean little",
        )
        if assumed
        else ()
    )
    outages = Outages(
        probability=found[0],
        failure_rate_per_h=found[1],
        repair_rate_per_h=found[2],
        is_hourly=is_hourly,
    )
    return outages, notes
