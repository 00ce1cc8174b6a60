"""Commands about reserve power and the order of repairs, without a whole comparison."""

from typing import Annotated

import typer

from data.problems import InputError, Problem
from ui.output import ERR, OUT, JsonOption, RegionOption, print_json

OUTAGES_H = (24.0, 72.0, 168.0)
"""Outages whose survival is told: one day, three days, one week. [h]"""


def restoration(
    scenario: Annotated[str, typer.Option(help="Name or file.")] = "ekstremvaer-kulde",
    portfolio: Annotated[
        list[str] | None,
        typer.Option(help="Name or file; may be repeated. All shipped orders when left out."),
    ] = None,
    replications: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    region: RegionOption = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Hold orders of repair against the best that an exact solver finds."""
    from rich.progress import track

    from data.read import load_region
    from scenarios.hazard_kinds import WindStorm
    from scenarios.read import list_orders
    from sim.plan import CACHE, choose, prepare_cases
    from sim.response.order_bound import order_cost
    from ui.console_response import print_orders

    read = load_region(region)
    names = portfolio or ["basis", *list_orders()]
    choice = choose([scenario], names, region)
    if not any(isinstance(hazard, WindStorm) for hazard in choice.scenarios[0].hazards):
        raise InputError(
            [
                Problem(
                    "no_storm",
                    "--scenario",
                    choice.scenarios[0].id,
                    "a scenario with a wind_storm, whose faults wait for each other",
                )
            ]
        )
    cases = prepare_cases(read, choice, CACHE).cases
    costs = [
        order_cost(case, seed=seed, replications=replications)
        for case in track(
            list(cases.values()), description="Orders", console=ERR, disable=quiet or as_json
        )
    ]
    by_id = {each.id: each.name.en for each, _ in choice.portfolios}
    rows = [
        {
            "portfolio": cost.portfolio_id,
            "name": by_id[cost.portfolio_id],
            "policy": cases[choice.scenarios[0].id, cost.portfolio_id].restoration.policy,
            "repairs": cost.repairs,
            "weighted_mwh": cost.weighted_mwh,
            "bound_mwh": cost.bound_mwh,
            "above_bound": cost.above_bound,
        }
        for cost in costs
    ]
    if as_json:
        print_json(rows)
    else:
        print_orders(OUT, rows, replications=replications, seed=seed)


def backups(
    kind: Annotated[
        list[str] | None, typer.Option(help="Kinds of site; all with gensets when left out.")
    ] = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print how likely each site's gensets carry an outage of a day, three days, a week."""
    import numpy as np

    from data.read import load_region
    from data.tables import positions
    from sim.backup.survival import site_survival
    from sim.backup.units import starts
    from ui.console_response import print_backups

    read = load_region(region)
    sites, table = read.sites, read.backups
    at = positions(sites.site_id, table.site_id)
    stated_d = read.constants["start_failure_test_d"]
    kinds = sorted(set(sites.kind.tolist()))
    unknown = [name for name in kind or () if name not in kinds]
    if unknown:
        raise InputError(
            [Problem("unknown_site_kind", "--kind", ", ".join(unknown), " | ".join(kinds))]
        )
    rows = [
        {
            "site_id": str(table.site_id[row]),
            "name": str(sites.name[at[row]]),
            "kind": str(sites.kind[at[row]]),
            "area_id": str(sites.area_id[at[row]]),
            "covers": float(table.genset_share[row]),
            "gensets": int(table.gensets[row]),
            "needed": int(table.gensets_needed[row]),
            "starts": starts(table, row, stated_d),
            **{
                f"carries_{hours:.0f}_h": chance
                for hours, chance in zip(
                    OUTAGES_H,
                    site_survival(table, row, np.array(OUTAGES_H), stated_d).tolist(),
                    strict=True,
                )
            },
            "fuel_h": float(table.fuel_h[row]),
            "refuelled": bool(table.refuelled[row]),
            "quality": str(table.quality[row]),
            "source": str(table.source[row]),
        }
        for row in np.lexsort((table.site_id, sites.kind[at])).tolist()
        if table.gensets[row] > 0 and (not kind or sites.kind[at[row]] in kind)
    ]
    if as_json:
        print_json(rows)
    else:
        print_backups(OUT, rows)
