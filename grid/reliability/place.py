"""Where rows of feeder tables stand in their files, and names that look alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where rows stand in their files."""

    rows: dict[str, list[int]]

    def __call__(self, table: str, row: int, column: str) -> str:
        """Name file, row and column."""
        return f"{table}.csv row {self.rows[table][row]} column {column}"


def similar(word: str, known: Iterable[str]) -> str:
    """Ask whether the known word most like this one was meant; empty if none is like it."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else ""
