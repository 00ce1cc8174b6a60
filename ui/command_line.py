"""The commands of ``run.py``: each calls one function and prints what it gives.

Heavy libraries are imported inside the commands, so that ``--help`` is quick.
"""

import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from data.problems import BeredtError, InputError, Problem
from ui.grid_commands import grid_app
from ui.output import (
    ERR,
    OUT,
    RUNS,
    JsonOption,
    RegionOption,
    RunsOption,
    print_json,
    tell,
)
from ui.response_commands import backups, restoration

DEFAULT_SCENARIO = "ekstremvaer-kulde"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Beredt: if a crisis hits Oslo and Akershus, who loses what for how long, and "
    "which measures change that most per krone? Without a command it runs [bold]compare[/bold].",
)
region_app = typer.Typer(help="The region: check, copy, rebuild.", no_args_is_help=True)
scenario_app = typer.Typer(help="Scenarios, measures and portfolios.", no_args_is_help=True)
runs_app = typer.Typer(help="Finished and unfinished runs.", no_args_is_help=True)
app.add_typer(region_app, name="region")
app.add_typer(scenario_app, name="scenario")
app.add_typer(grid_app, name="grid")
app.add_typer(runs_app, name="runs")

ScenarioOption = Annotated[
    list[str] | None, typer.Option("--scenario", help="Name or file; may be repeated.")
]
PortfolioOption = Annotated[
    list[str] | None,
    typer.Option("--portfolio", help="Name or file; may be repeated; the first is the baseline."),
]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 when done, 1 when a run failed, 2 for bad input."""
    try:
        result = app(args=arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except InputError as error:
        ERR.print(f"[bold red]{len(error.problems)} problem(s) in the input:[/bold red]")
        for problem in error.problems:
            ERR.print(f"- {problem}", markup=False, highlight=False, soft_wrap=True)
        return 2
    except BeredtError as error:
        ERR.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        ERR.print(what, style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        ERR.print("Stopped.")
        return 1
    except typer.Exit as leaving:
        return leaving.exit_code
    except typer.Abort:
        return 1
    except Exception as error:
        # Click's own usage errors know how to explain themselves.
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        return 2


@app.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        compare()


@app.command()
def compare(
    scenario: ScenarioOption = None,
    portfolio: PortfolioOption = None,
    replications: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    workers: Annotated[int, typer.Option(min=1, max=256)] = os.cpu_count() or 1,
    region: RegionOption = None,
    runs: RunsOption = RUNS,
    run_id: Annotated[str | None, typer.Option(help="Name of the run's folder.")] = None,
    resume: Annotated[str | None, typer.Option(help="Continue an unfinished run.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Compare portfolios of measures under the same crises."""
    from data.read import load_region
    from scenarios.read import list_portfolios
    from sim.plan import choose, continue_run, new_run
    from sim.run_folder import resume_command
    from sim.store import open_run
    from ui.console import print_comparison, print_unfinished, progress_bar

    if resume is not None and (scenario or portfolio or run_id or region):
        raise InputError(
            [
                Problem(
                    "resume_with_others",
                    "--resume",
                    "--scenario, --portfolio, --region or --run-id beside it",
                    "--resume alone",
                    "A run goes on with the region, scenarios and portfolios it was started with.",
                )
            ]
        )
    OUT.print("Beredt reads the region and the scenarios ...", style="dim")
    if resume is not None:
        planned = continue_run(runs, resume)
    else:
        read = load_region(region)
        chosen = choose(scenario or [DEFAULT_SCENARIO], portfolio or list_portfolios(), region)
        print_unfinished(OUT, runs, read, chosen, seed)
        planned = new_run(runs, run_id, read, chosen, replications=replications, seed=seed)
    folder = planned.run.folder
    try:
        with progress_bar(ERR, quiet=quiet) as on_progress:
            planned.execute(workers=workers, on_progress=on_progress)
    except KeyboardInterrupt:
        ERR.print(
            f"Stopped. Finished replications are kept in {folder}.\nContinue with: "
            f"{resume_command(folder)}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(1) from None
    print_comparison(OUT, open_run(folder), option=_runs_option(runs))


app.command()(restoration)
region_app.command()(backups)


@runs_app.command("list")
def runs_list(runs: RunsOption = RUNS) -> None:
    """List the runs, newest first."""
    from sim.store import list_runs
    from ui.console import print_runs

    print_runs(OUT, list_runs(runs))


@runs_app.command("show")
def runs_show(run_id: str, runs: RunsOption = RUNS) -> None:
    """Print the comparison of a run again, over what is finished."""
    from sim.run_folder import check_run_id
    from sim.store import open_run
    from ui.console import print_comparison

    run = open_run(runs / check_run_id(run_id))
    print_comparison(OUT, run, option=_runs_option(runs))


@runs_app.command("events")
def runs_events(
    run_id: str,
    portfolio: Annotated[str | None, typer.Option(help="The baseline when left out.")] = None,
    scenario: Annotated[str | None, typer.Option(help="The first when left out.")] = None,
    replication: Annotated[int, typer.Option(min=0)] = 0,
    runs: RunsOption = RUNS,
) -> None:
    """Print the event log of one replication: time, what, where and why."""
    from sim.run_folder import check_run_id
    from sim.store import open_run
    from ui.console_course import print_events, recorded

    run = open_run(runs / check_run_id(run_id))
    print_events(OUT, recorded(run, scenario, portfolio, replication))


@runs_app.command("timeline")
def runs_timeline(
    run_id: str,
    portfolio: Annotated[str | None, typer.Option(help="The baseline when left out.")] = None,
    scenario: Annotated[str | None, typer.Option(help="The first when left out.")] = None,
    replication: Annotated[int, typer.Option(min=0)] = 0,
    area: Annotated[str | None, typer.Option(help="Only this area.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="function, site, service, crews, road, branch or section; repeatable."),
    ] = None,
    region: RegionOption = None,
    runs: RunsOption = RUNS,
) -> None:
    """Print what stops when in one replication, why, and every stock that ran down."""
    from data.read import load_region
    from sim.run_folder import check_run_id
    from sim.store import open_run
    from ui.console_course import check_shown, english_names, print_timeline, recorded
    from ui.course_rows import SHOWN_KINDS

    course = recorded(open_run(runs / check_run_id(run_id)), scenario, portfolio, replication)
    place = load_region(region)
    check_shown(kind or (), area, place.areas.area_id.tolist())
    print_timeline(OUT, course, english_names(place), kinds=kind or SHOWN_KINDS, area=area)


@runs_app.command("why")
def runs_why(
    run_id: str,
    asset: Annotated[str, typer.Option(help="Site, function@area, service@area, road, line ...")],
    at: Annotated[float | None, typer.Option(min=0, help="Hour; the worst when left out.")] = None,
    portfolio: Annotated[str | None, typer.Option(help="The baseline when left out.")] = None,
    scenario: Annotated[str | None, typer.Option(help="The first when left out.")] = None,
    replication: Annotated[int, typer.Option(min=0)] = 0,
    region: RegionOption = None,
    runs: RunsOption = RUNS,
) -> None:
    """Print the chain of causes behind something that fell below normal."""
    from data.dependency_graph import shared_services
    from data.read import load_region
    from scenarios.read import asset_ids
    from sim.run_folder import check_run_id
    from sim.store import open_run
    from ui.console_course import english_names, print_why, recorded

    course = recorded(open_run(runs / check_run_id(run_id)), scenario, portfolio, replication)
    place = load_region(region)
    known = asset_ids(place) | shared_services(place)
    print_why(OUT, course, english_names(place), asset, at, known=known)


@region_app.command("check")
def region_check(
    folder: Annotated[Path | None, typer.Argument(help="Built-in when left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every table and print the key figures beside the published ones."""
    from data.calibration import key_figures
    from data.read import load_region
    from grid.arrays import region_arrays
    from grid.calibration import key_figures as grid_figures
    from sim.plan import CACHE
    from ui.console import print_figures

    region = load_region(folder)
    arrays = region_arrays(region, CACHE)
    figures = [*key_figures(region), *grid_figures(region, arrays)]
    if as_json:
        print_json([asdict(figure) for figure in figures])
    else:
        print_figures(OUT, region, figures)


@region_app.command("new")
def region_new(folder: Path) -> None:
    """Start a region of your own as a copy of the built-in one."""
    from data.write import new_region

    new_region(folder)
    tell(f"Tables written to {folder}. Check them with: python3 run.py region check {folder}")


@region_app.command("build")
def region_build(folder: Path) -> None:
    """Build the built-in region's tables anew from its facts."""
    from data.synthesis.build import build_region

    build_region(folder)
    tell(f"Tables written to {folder}.")


@scenario_app.command("list")
def scenario_list() -> None:
    """List the shipped scenarios, portfolios and measures."""
    from ui.console import print_library

    print_library(OUT)


@scenario_app.command("check")
def scenario_check(
    file: Path,
    kind: Annotated[str, typer.Option(help="scenario, measure or portfolio.")] = "scenario",
    region: RegionOption = None,
) -> None:
    """Check a file; every mistake in one pass."""
    from data.read import load_region
    from scenarios.read import check_file

    check_file(kind, str(file), load_region(region))
    tell(f"{file}: no problems found.")


@scenario_app.command("schema")
def scenario_schema(
    kind: Annotated[str, typer.Argument(help="scenario, measure or portfolio.")] = "scenario",
) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    from scenarios.read import json_schema

    OUT.print_json(json_schema(kind))


@app.command()
def validate(as_json: JsonOption = False) -> None:
    """Compute every reference case beside the expected value; writes docs/validation.md."""
    from sim.reference.cases import reference_cases
    from ui.console import print_checks
    from ui.validation_page import validation_page

    root = Path(__file__).parent.parent
    results = reference_cases(root / "tests" / "reference")
    rows = [row for _, checked in results for row in checked]
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print_checks(OUT, rows)
        page = root / "docs" / "validation.md"
        page.write_text(validation_page(results), encoding="utf-8")
        tell(f"Written to {page}.")
    if not all(row.ok for row in rows):
        raise typer.Exit(1)


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="All when left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the speed figures, each beside its peer in the same run."""
    from benchmarks.figures import measure
    from ui.console import print_speed

    rows = measure(names or [])
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print_speed(OUT, rows)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open the pages in a browser, on this machine only."""
    from ui.serve import serve

    raise typer.Exit(serve(port, open_browser=browser))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run the tests; further arguments go to pytest."""
    import subprocess

    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "pytest", *(context.args or ["-n", str(os.cpu_count() or 1)])]
    raise typer.Exit(subprocess.run(command, cwd=root, check=False).returncode)


def _runs_option(runs: Path) -> str:
    """Return what a further command needs to find runs outside the usual folder."""
    return "" if runs.resolve() == RUNS.resolve() else f" --runs {shlex.quote(str(runs))}"
