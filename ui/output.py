"""Standard output and error of the command line, and the options several commands have."""

import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from data.problems import InputError, Problem

OUT = Console()
ERR = Console(stderr=True)

RegionOption = Annotated[
    Path | None, typer.Option("--region", help="Folder of a region; the built-in when left out.")
]
RunsOption = Annotated[Path, typer.Option("--runs", help="Folder of runs.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]
RUNS = Path(os.environ.get("BEREDT_RUNS") or Path(__file__).parent.parent / "runs")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def tell(text: str) -> None:
    """Print a sentence that may hold a path: nothing in it is markup."""
    OUT.print(text, markup=False, highlight=False, soft_wrap=True)


def print_json(rows: list[dict[str, Any]]) -> None:
    """Print rows as JSON; a number that is none becomes null, for JSON knows no NaN."""

    def plain(value: object) -> object:
        item: Callable[[], object] | None = getattr(value, "item", None)
        value = item() if item else value
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value if isinstance(value, str | int | float | None) else str(value)

    sys.stdout.write(json.dumps(plain(rows), ensure_ascii=False, indent=1) + "\n")


def refuse_unwritable(path: Path, suffix: str) -> None:
    """Refuse a file to write that is a folder, lies in none, or has another kind's suffix."""
    remedy = ""
    if path.is_dir():
        found, allowed, remedy = "a folder", "a file", f"Such as {path / ('result' + suffix)}."
    elif not path.parent.is_dir():
        found, allowed, remedy = f"no folder {path.parent}", "an existing folder", "Make it first."
    elif path.suffix.lower() != suffix:
        found, allowed = path.suffix or "no suffix", f"a name that ends in {suffix}"
    else:
        return
    raise InputError([Problem("not_writable", str(path), found, allowed, remedy)])


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to write over a file that exists unless told to."""
    if path.is_file() and not force:
        raise InputError(
            [Problem("file_exists", str(path), "a file", "a new name", "Or add --force.")]
        )


def refuse_beside(option: str, others: Mapping[str, object]) -> None:
    """Refuse options that mean nothing beside another one."""
    problems = [
        Problem("options_exclude", name, f"given beside {option}", f"{option} alone")
        for name, value in others.items()
        if value
    ]
    if problems:
        raise InputError(problems)
