"""The commands of ``run.py grid``: each calls one function and prints what it gives."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import (
    ERR,
    OUT,
    RUNS,
    ForceOption,
    JsonOption,
    RegionOption,
    RunsOption,
    print_json,
    refuse_beside,
    refuse_existing,
    refuse_unwritable,
    tell,
)

grid_app = typer.Typer(help="The electricity grid.", no_args_is_help=True)


FileArgument = Annotated[
    str | None,
    typer.Argument(
        help="A grid of your own (file, folder or SimBench code); the region's when left out."
    ),
]
GridOption = Annotated[
    str | None, typer.Option("--grid", help="A grid of your own; the region's when left out.")
]
OutOption = Annotated[
    list[str] | None, typer.Option(help="Line or transformer out of service; may be repeated.")
]


@grid_app.command("export")
def grid_export(
    target: Annotated[Path, typer.Argument(help="File to write: pandapower JSON.")],
    file: GridOption = None,
    out: OutOption = None,
    run: Annotated[
        str | None, typer.Option(help="Take it from this run, at the time --at says.")
    ] = None,
    at: Annotated[float, typer.Option(min=0.0, help="Hours since the scenario's start.")] = 0.0,
    scenario: Annotated[str | None, typer.Option(help="The run's first when left out.")] = None,
    portfolio: Annotated[str | None, typer.Option(help="The baseline when left out.")] = None,
    replication: Annotated[int, typer.Option(min=0)] = 0,
    region: RegionOption = None,
    runs: RunsOption = RUNS,
    force: ForceOption = False,
) -> None:
    """Write the grid after an outage, or at a moment of a run, for pandapower.

    Branches out and dark buses are out of service, loads are what is served, sources
    what they give. Without options: the region's intact grid at the winter peak.
    """
    from grid.net import save_net
    from grid.state_net import net_of_state
    from ui.studies import outage_state, run_moment

    refuse_unwritable(target, ".json")
    refuse_existing(target, force=force)
    if run is None:
        study, state = outage_state(file, region, out or [])
        hour = 0
    else:
        refuse_beside("--run", {"--grid": file, "--out": out, "--region": region})
        study, moment = run_moment(runs, run, scenario, portfolio, replication=replication, t_h=at)
        state, hour = moment.state, moment.hour
    net = net_of_state(study, state, hour)
    save_net(net, target)
    shed = float((state.demand_mw[hour] * (1.0 - state.served_share[hour])).sum())
    tell(
        f"{target}: {len(net.bus)} buses, {len(net.line)} lines, {len(net.trafo)} transformers; "
        f"{int((~state.in_service).sum())} branches out, {int(state.dark.sum())} buses dark, "
        f"{shed:,.4g} MW not served."
    )
    tell(f"Open it with pandapower.from_json({str(target)!r}).")


@grid_app.command("import")
def grid_import(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="pandapower JSON or Excel, MATPOWER .m or .mat, CGMES, UCTE, a SimBench code or a "
            "folder of feeder tables.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write the checked grid; NAME.net.json if left out."),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(help="Folder of a region of your own: replace the part the grid describes."),
    ] = None,
    quality: Annotated[
        str, typer.Option(help="Of the grid's figures: measured, published or estimated.")
    ] = "estimated",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read a grid of your own, say what was understood of it, check it and keep it."""
    from data.problems import InputError
    from grid.exchange.formats import read_grid
    from grid.exchange.to_region import into_region
    from grid.exchange.understood import understood
    from grid.net import save_net
    from ui.console_exchange import print_region_import, print_understood, shortened

    imported = read_grid(source)
    target = Path(f"{imported.name}.net.json") if out is None and into is None else out
    if target is not None:
        refuse_unwritable(target, ".json")
        refuse_existing(target, force=force)
    net, report = understood(imported)
    if as_json and (report.errors or into is None):
        print_json(list(report.rows()))
    elif not as_json:
        print_understood(OUT, report)
    if report.errors:
        raise InputError(shortened(report.errors))
    if target is not None:
        save_net(net, target)
        if not as_json:
            tell(f"\nWritten to {target}. Who loses what when a line goes: grid scan {target}")
    if into is not None:
        done = into_region(net, imported.name, into, quality)
        if as_json:
            print_json([*report.rows(), *done.rows()])
        else:
            print_region_import(OUT, done)


@grid_app.command("check")
def grid_check(
    file: FileArgument = None,
    out: OutOption = None,
    week: Annotated[
        bool, typer.Option("--week", help="Every hour of a cold working week (the region's).")
    ] = False,
    rotation: Annotated[
        bool, typer.Option("--rotation", help="Who is disconnected when, in turns.")
    ] = False,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take elements out: who is dark, what trips, what is shed, what binds; DC and AC.

    The region is taken at its winter peak, a grid of your own at the demand it states.
    """
    from grid.rotation import state_rotation
    from grid.security.outage import block_length_h, check_outage, disconnection_groups
    from ui.console_outage import outage_report, print_outage, print_turns
    from ui.studies import about, open_study

    study = open_study(file, region, week=week)
    check = check_outage(study, out or [])
    groups = disconnection_groups(study)
    turns = state_rotation(check.state, groups, block_length_h(study)) if rotation else ()
    if as_json:
        print_json([outage_report(check, turns)])
        return
    print_outage(OUT, check, about(study))
    if rotation:
        print_turns(OUT, turns, block_length_h(study))


@grid_app.command("dispatch")
def grid_dispatch(
    file: Annotated[str, typer.Argument(help="A grid of your own with costs of generation.")],
    as_json: JsonOption = False,
) -> None:
    """Find the cheapest dispatch that keeps every limit (DC optimal power flow)."""
    from grid.exchange.own_grid import own_net
    from grid.optimal_flow import dc_optimal_flow
    from ui.console_dispatch import dispatch_rows, print_dispatch

    found = dc_optimal_flow(own_net(file)[0])
    if as_json:
        print_json(dispatch_rows(found))
    else:
        print_dispatch(OUT, found)


@grid_app.command("scan")
def grid_scan(
    file: FileArgument = None,
    order: Annotated[
        int, typer.Option(min=1, max=2, help="2 takes every pair of lines and transformers too.")
    ] = 1,
    out: Annotated[
        list[str] | None,
        typer.Option(help="A set that fails together, joined by +; may be repeated."),
    ] = None,
    sources: Annotated[
        bool, typer.Option("--sources", help="Lose each supply and plant as well.")
    ] = False,
    buses: Annotated[bool, typer.Option("--buses", help="Lose each whole bus as well.")] = False,
    top: Annotated[int, typer.Option(min=1, help="Outages to print.")] = 20,
    region: RegionOption = None,
    csv: Annotated[Path | None, typer.Option(help="Write all of them to this file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take out every line and transformer in turn: who goes dark, what is shed, what it costs."""
    from grid.security.scan import security_scan
    from ui.console_scan import print_scan, scan_progress, write_scan
    from ui.studies import open_study

    if csv is not None:
        refuse_unwritable(csv, ".csv")
    study = open_study(file, region)
    with scan_progress(ERR, quiet=as_json) as on_progress:
        scan = security_scan(
            study,
            order=order,
            chosen=[each.split("+") for each in out or []],
            sources=sources,
            buses=buses,
            on_progress=on_progress,
        )
    if csv is not None:
        write_scan(scan, csv)
    if as_json:
        print_json([each.row() for each in scan.ranking])
    else:
        print_scan(OUT, scan, top)
        if csv is not None:
            tell(f"All {len(scan.ranking)} rows written to {csv}.")


@grid_app.command("blackstart")
def grid_blackstart(
    file: FileArgument = None,
    lost: Annotated[
        list[str] | None,
        typer.Option(
            help="Supply, plant, line or transformer lost; may be repeated. Every supply, and "
            "nothing left alive, when left out."
        ),
    ] = None,
    outage_h: Annotated[
        float, typer.Option(min=0.0, help="Hours without electricity before it begins.")
    ] = 6.0,
    temperature: Annotated[
        float | None,
        typer.Option(help="Outdoor temperature, degC; the region's dimensioning one if left out."),
    ] = None,
    supplies_return_h: Annotated[
        float,
        typer.Option(min=0.0, help="Hours until lost supplies are back; inf for never."),
    ] = 0.0,
    can_start: Annotated[
        list[str] | None,
        typer.Option(help="Plant taken to start from black; may be repeated."),
    ] = None,
    pickup: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            help="Demand at its return over normal demand; after the region's heating, or 1 for "
            "a grid of your own, if left out.",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=0, help="Acts to print.")] = 30,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lose the supplies: what can start, in what order load returns, and how long it takes."""
    from ui.console_black_start import black_start_report, print_black_start
    from ui.studies import open_black_start

    about, plans = open_black_start(
        file,
        region,
        lost=lost or [],
        can_start=can_start or [],
        outage_h=outage_h,
        outdoor_degc=temperature,
        supplies_return_h=supplies_return_h,
        pickup=pickup,
    )
    if as_json:
        print_json([black_start_report(plans)])
    else:
        print_black_start(OUT, plans, about, steps)


@grid_app.command("feeders")
def grid_feeders(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER | new FOLDER",
            help="Feeder tables; new writes an example to start from.",
        ),
    ],
    years: Annotated[
        int, typer.Option(min=0, max=10_000_000, help="Years to simulate; 0 for none.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    csv: Annotated[Path | None, typer.Option(help="Write every index to this file.")] = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reliability of radial feeders from tables: by formula, and simulated from the same."""
    from dataclasses import asdict

    from data.problems import InputError, Problem
    from data.read import load_region
    from grid.reliability.analytical import analytical_indices
    from grid.reliability.example import write_example
    from grid.reliability.read import read_feeders
    from grid.reliability.report import index_rows
    from grid.reliability.restoration import outcomes
    from grid.reliability.simulation import simulate
    from grid.reliability.study import feeder_study
    from ui.console_feeders import print_feeders, print_understood, write_index_rows

    match words:
        case ["new", target]:
            write_example(Path(target))
            tell(f"Example written to {target}. Try: python3 run.py grid feeders {target}")
            return
        case [folder]:
            pass
        case _:
            raise InputError(
                [Problem("arguments", "grid feeders", " ".join(words), "FOLDER or new FOLDER")]
            )
    if years == 1:
        remedy = "A standard error needs two; 10000 give a good one."
        raise InputError([Problem("few_years", "--years", years, "0, or at least 2", remedy)])
    if csv is not None:
        refuse_unwritable(csv, ".csv")
    study = feeder_study(read_feeders(Path(folder)), load_region(region))
    after = outcomes(study.system)
    exact = analytical_indices(study.system, study.kile, after)
    simulated = simulate(study.system, years, seed, study.kile, after) if years else None
    rows = index_rows(study, exact, simulated)
    if csv is not None:
        write_index_rows(rows, csv)
    if as_json:
        print_understood(ERR, study)
        print_json([asdict(row) for row in rows])
    else:
        print_feeders(OUT, study, rows, simulated)
        if csv is not None:
            tell(f"All {len(rows)} rows written to {csv}.")


@grid_app.command("adequacy")
def grid_adequacy(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER | new FOLDER",
            help="Tables of a system; new writes an example to start from.",
        ),
    ],
    years: Annotated[int, typer.Option(min=2, max=1_000_000, help="Years to simulate.")] = 5000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Is there enough generation: LOLE, LOEE and frequency, by convolution and by simulation."""
    from data.problems import InputError, Problem
    from grid.adequacy.read import new_system, read_system
    from grid.adequacy.study import study_adequacy
    from ui.console_adequacy import adequacy_rows, print_adequacy, years_bar

    match words:
        case ["new", target]:
            new_system(Path(target))
            tell(f"Example written to {target}. Try: python3 run.py grid adequacy {target}")
            return
        case [folder]:
            pass
        case _:
            raise InputError(
                [Problem("arguments", "grid adequacy", " ".join(words), "FOLDER or new FOLDER")]
            )
    understood = read_system(Path(folder))
    with years_bar(ERR, years, quiet=as_json) as on_years:
        study = study_adequacy(understood.system, years=years, seed=seed, on_years=on_years)
    if as_json:
        print_json(adequacy_rows(study))
    else:
        print_adequacy(OUT, understood, study)
