"""The commands of ``run.py grid``: each calls one function and prints what it gives."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import OUT, RegionOption, tell

grid_app = typer.Typer(help="The electricity grid.", no_args_is_help=True)


@grid_app.command("save")
def grid_save(
    file: Annotated[Path, typer.Argument(help="pandapower JSON.")], region: RegionOption = None
) -> None:
    """Save the region's grid at the winter peak, to be opened in pandapower."""
    from data.read import load_region
    from grid.net import open_net, save_net, winter_peak_net

    save_net(winter_peak_net(load_region(region)), file)
    net = open_net(file)
    tell(f"{len(net.bus)} buses, {len(net.line)} lines, {len(net.trafo)} transformers written.")
    tell(f"Open it with pandapower.from_json({str(file)!r}).")


@grid_app.command("check")
def grid_check(
    out: Annotated[
        list[str] | None, typer.Option(help="Line or transformer out of service; may be repeated.")
    ] = None,
    region: RegionOption = None,
) -> None:
    """Solve the winter peak with branches out: who is dark, what is shed, DC against AC."""
    from data.read import load_region
    from grid.arrays import region_arrays
    from grid.outage_check import check_outage
    from sim.plan import CACHE
    from ui.console import print_outage

    read = load_region(region)
    print_outage(OUT, check_outage(read, region_arrays(read, CACHE), out or []))
