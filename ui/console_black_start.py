"""What the command line prints of a restoration from black."""

import math
from collections.abc import Mapping
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grid.security.black_start import BlackStartStudy
from grid.security.restoration_plan import BlackStartPlan, BlackStartStep

SHARES = (0.5, 0.8, 0.95, 1.0)
"""Shares of the lost demand whose hours are printed."""


def black_start_report(study: BlackStartStudy) -> dict[str, object]:
    """Say everything about a restoration in plain values, for JSON.

    Parameters
    ----------
    study : BlackStartStudy

    Returns
    -------
    dict
        ``with_supplies`` and ``own_plants`` hold a plan each; null stands for never.
    """
    return {
        "demand_mw": study.demand_mw,
        "cold_load_mw": study.pickup_mw,
        "dark_buses": study.dark_buses,
        "lost_sources": list(study.lost_sources),
        "can_start": list(study.can_start),
        "with_supplies": _plan_report(study.plan),
        "own_plants": _plan_report(study.own),
    }


def _plan_report(plan: BlackStartPlan) -> dict[str, object]:
    hours = {f"{share:.0%}": plan.hours_until(share) for share in SHARES}
    return {
        "lost_mw": plan.lost_mw,
        "restored_mw": plan.restored_mw,
        "hours_until": {k: v if math.isfinite(v) else None for k, v in hours.items()},
        "steps": [asdict(step) for step in plan.steps],
        "unserved": [asdict(each) for each in plan.unserved],
    }


def print_black_start(console: Console, study: BlackStartStudy, about: str, steps: int) -> None:
    """Print what can start, the order, the hours, and what never comes.

    Parameters
    ----------
    console : Console
    study : BlackStartStudy
    about : str
        Which grid and which hour, and what in it is an estimate.
    steps : int
        Acts of the order that are printed.
    """
    console.print(escape(about) + "\n")
    plan = study.plan
    extra = f", of which {study.pickup_mw:,.4g} MW cold-load pick-up" if study.pickup_mw else ""
    rows = [
        ("Demand", f"{study.demand_mw:,.4g} MW"),
        ("Lost", f"{', '.join(study.lost_sources) or 'no source'}; {study.dark_buses} buses dark"),
        ("To restore", f"{plan.lost_mw:,.4g} MW{extra}"),
        ("Start from black", ", ".join(study.can_start) or "no plant is known to be able to"),
    ]
    _print_rows(console, rows)
    if plan.lost_mw <= 0.0:
        console.print("\nNothing is dark: there is nothing to restore.")
        return
    if math.isfinite(study.supplies_return_h):
        title = f"With the lost sources back after {study.supplies_return_h:g} h"
        _print_plan(console, title, plan, steps)
    _print_plan(console, "On its own plants", study.own, steps)


def _print_rows(console: Console, rows: list[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, text in rows:
        table.add_row(name, escape(text))
    console.print(table)


def _print_plan(console: Console, title: str, plan: BlackStartPlan, steps: int) -> None:
    starts = [step for step in plan.steps if step.action == "start"]
    if not plan.steps:
        console.print(f"\n[bold]{title}[/bold]: nothing can start; everything stays dark.")
        return
    served = f"{plan.restored_mw:,.4g} of {plan.lost_mw:,.4g} MW restored"
    console.print(f"\n[bold]{title}[/bold]: {served}")
    begins = "; ".join(f"{s.source_id} at {s.bus_id}, {s.p_mw:.4g} MW" for s in starts)
    rows = [("Starts", begins or "from what is still live")]
    rows += [(f"{share:.0%} after", _hours(plan.hours_until(share))) for share in SHARES]
    rows += [("Never", line) for line in _never(plan)]
    _print_rows(console, rows)
    table = Table("h", "", "Where", "MW", "Online", "Served", "Why", box=None)
    for step in plan.steps[:steps]:
        table.add_row(
            f"{step.t_h:.2f}",
            step.action,
            escape(_where(step)),
            f"{step.p_mw:.1f}" if step.p_mw else "",
            f"{step.online_mw:.0f}",
            f"{step.served_mw:.0f}",
            escape(step.why),
        )
    console.print(table)
    if len(plan.steps) > steps:
        console.print(f"and {len(plan.steps) - steps} more acts; --json prints them all.")


def _where(step: BlackStartStep) -> str:
    if step.action == "pick up":
        return f"{step.bus_id}, class {step.shed_class}"
    return " ".join(each for each in (step.branch_id, step.source_id, step.bus_id) if each)


def _hours(hours: float) -> str:
    return f"{hours:.2f} h" if math.isfinite(hours) else "never"


def _never(plan: BlackStartPlan) -> list[str]:
    """Load that does not come back, by reason, the largest first."""
    total: dict[str, float] = {}
    for each in plan.unserved:
        total[each.why] = total.get(each.why, 0.0) + each.p_mw
    return [f"{p_mw:,.4g} MW: {why}" for why, p_mw in _largest_first(total)]


def _largest_first(total: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
