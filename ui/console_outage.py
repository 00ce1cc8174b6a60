"""What the command line prints of a grid with elements out."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grid.ac_check import AcCheck
from grid.dispatch import P_TOL_MW
from grid.rotation import Turn
from grid.security.outage import OutageCheck

NAMED = 8
"""Names listed before the rest is counted."""


def outage_report(check: OutageCheck, turns: Sequence[Turn] = ()) -> dict[str, object]:
    """Say everything about an outage in plain values, for JSON.

    Parameters
    ----------
    check : OutageCheck
    turns : sequence of Turn
        Who is disconnected when, if asked for.

    Returns
    -------
    dict
    """
    state = check.state
    return {
        "demand_mw": check.demand_mw.tolist(),
        "unserved_mw": check.unserved_mw.tolist(),
        "dark_bus_ids": list(check.dark_bus_ids),
        "tripped": [
            {
                "t_h": step.t_h,
                "branch_ids": list(step.branch_ids),
                "loading": list(step.loading),
                "why": list(step.sentences()),
            }
            for step in state.tripped
        ],
        "loading_before_percent": check.loading_before_percent,
        "loaded_before_branch_id": check.loaded_before_branch_id,
        "relief_h": None if state.before_action is None else state.before_action.relief_h,
        "loading_percent": check.loading_percent,
        "loaded_branch_id": check.loaded_branch_id,
        "binding": [
            {"hour": each.hour, "branch_id": each.branch_id, "nok_per_mw": each.nok_per_mw}
            for each in state.binding
        ],
        "shortages": [
            {
                "hour": each.hour,
                "bus_ids": list(each.bus_ids),
                "deficit_mw": each.deficit_mw,
                "nok_per_mw": each.nok_per_mw,
            }
            for each in state.shortages
        ],
        "ac": [asdict(each) for each in check.ac],
        "turns": [asdict(each) for each in turns],
    }


def print_outage(console: Console, check: OutageCheck, about: str) -> None:
    """Print what a grid looks like after an outage.

    Parameters
    ----------
    console : Console
    check : OutageCheck
    about : str
        Which grid and which hours, and what in them is an estimate.
    """
    state = check.state
    worst = int(check.unserved_mw.argmax())
    rows = [
        ("Demand", f"{check.demand_mw[worst]:,.4g} MW"),
        ("Not served", f"{check.unserved_mw[worst]:,.4g} MW"),
        ("Dark buses", _names(check.dark_bus_ids)),
    ]
    if len(check.unserved_mw) > 1:
        rows.insert(2, ("ENS, all hours", f"{check.unserved_mw.sum():,.4g} MWh"))
        rows.insert(0, ("Worst hour", f"{worst} of {len(check.unserved_mw)}"))
    rows += [("Tripped", line) for step in state.tripped for line in step.sentences()] or [
        ("Tripped", "nothing")
    ]
    if state.before_action is not None:
        rows.append(
            (
                "Before the operator acted",
                f"{check.loading_before_percent:.1f} % ({check.loaded_before_branch_id}), "
                f"relieved after {state.before_action.relief_h * 60:.0f} min",
            )
        )
    if check.loaded_branch_id and check.loading_percent > 0:
        rows.append(
            ("Highest loading, DC", f"{check.loading_percent:.1f} % ({check.loaded_branch_id})")
        )
    rows += [
        ("Limit that binds", f"{each.branch_id}, hour {each.hour}: {_worth(each.nok_per_mw)}")
        for each in state.binding[:NAMED]
    ]
    rows += [
        (
            "Lacks power",
            f"{each.deficit_mw:,.4g} MW, hour {each.hour}, {_names(each.bus_ids)}: "
            f"{_worth(each.nok_per_mw)}",
        )
        for each in state.shortages[:NAMED]
    ]
    rows += _ac_rows(check.ac)
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, text in rows:
        table.add_row(name, escape(text))
    console.print(escape(about) + "\n")
    console.print(table)


def print_turns(console: Console, turns: Sequence[Turn], block_h: float) -> None:
    """Print who is disconnected when."""
    if not turns:
        console.print("\nNobody has to be disconnected by turns: what is not served is dark.")
        return
    console.print(
        f"\nTurns of {block_h:g} h among equals, critical sites last (the length is an estimate):"
    )
    table = Table("From h", "To h", "Group", "MW", box=None)
    for turn in turns[: 5 * NAMED]:
        table.add_row(
            f"{turn.start_h:g}", f"{turn.end_h:g}", escape(turn.group_id), f"{turn.mw:.3g}"
        )
    console.print(table)
    if len(turns) > 5 * NAMED:
        console.print(f"and {len(turns) - 5 * NAMED} more turns; --json prints them all.")


def _ac_rows(checks: Sequence[AcCheck]) -> list[tuple[str, str]]:
    failed = [each for each in checks if not each.converged]
    rows = []
    if len(checks) > 1 or failed:
        rows.append(("AC", f"{len(checks) - len(failed)} of {len(checks)} hours converged"))
    rows += [("AC", f"hour {each.hour}: {each.reason}") for each in failed[:NAMED]]
    if len(failed) > NAMED:
        rows.append(("AC", f"and {len(failed) - NAMED} more hours"))
    solved = [each for each in checks if each.converged]
    if not solved:
        return rows
    loaded = max(solved, key=lambda each: each.loading_percent or 0.0)
    low = min(solved, key=lambda each: each.vm_min_pu or 0.0)
    high = max(solved, key=lambda each: each.vm_max_pu or 0.0)
    off = max(solved, key=lambda each: each.deviation_mw or 0.0)
    if loaded.loading_percent is not None:
        rows.append(
            ("Highest loading, AC", f"{loaded.loading_percent:.1f} % ({loaded.loaded_branch_id})")
        )
    return [
        *rows,
        (
            "Voltage, AC",
            f"{low.vm_min_pu:.3f} ({low.vm_min_bus_id}) to "
            f"{high.vm_max_pu:.3f} pu ({high.vm_max_bus_id})",
        ),
        ("Losses, AC", _mw(max(each.losses_mw or 0.0 for each in solved))),
        ("Largest deviation of DC", f"{_mw(off.deviation_mw or 0.0)} ({off.deviating_branch_id})"),
    ]


def _mw(value: float) -> str:
    """Write a power; what is below the tolerance of the balance is rounding."""
    return f"{value if value > P_TOL_MW else 0.0:,.4g} MW"


def _worth(nok_per_mw: float) -> str:
    return f"one more MW is worth {nok_per_mw:,.0f} NOK an hour"


def _names(names: Sequence[str]) -> str:
    if not names:
        return "none"
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + rest
