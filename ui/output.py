"""Standard output and error of the command line, and the options several commands have."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

OUT = Console()
ERR = Console(stderr=True)

RegionOption = Annotated[
    Path | None, typer.Option("--region", help="Folder of a region; the built-in when left out.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def tell(text: str) -> None:
    """Print a sentence that may hold a path: nothing in it is markup."""
    OUT.print(text, markup=False, highlight=False, soft_wrap=True)


def print_json(rows: list[dict[str, Any]]) -> None:
    """Print rows as JSON; a number that is none becomes null, for JSON knows no NaN."""

    def plain(value: object) -> object:
        item: Callable[[], object] | None = getattr(value, "item", None)
        return item() if item else str(value)

    finite = [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]
    sys.stdout.write(json.dumps(finite, ensure_ascii=False, indent=1, default=plain) + "\n")
