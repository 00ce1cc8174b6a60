"""A grid as it came out of a file, with what its reader had to say about it."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandapower import pandapowerNet


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNet:
    """A grid read from a file or a benchmark library, not yet checked.

    Attributes
    ----------
    net : pandapowerNet
    name : str
        What people call it: the file's name without suffix, or the SimBench code.
    file_format : str
        Format it was recognised as.
    notes : tuple of str
        What the converter warned of and what was changed on the way, one sentence each.
    """

    net: "pandapowerNet"
    name: str
    file_format: str
    notes: tuple[str, ...] = ()


class _Collector(logging.Handler):
    """Keeps what is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.lines.append(record.getMessage())


@contextmanager
def told(notes: list[str]) -> Iterator[None]:
    """Turn warnings of a converter into notes, each said once.

    Parameters
    ----------
    notes : list of str
        Added to: Python warnings and log records of level warning and above that occur
        inside the block. Deprecations are between libraries and are left out.
    """
    collector = _Collector()
    root = logging.getLogger()
    kept = root.handlers[:]
    root.handlers[:] = [collector]
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        root.handlers[:] = kept
    silent = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)
    lines = [str(each.message) for each in caught if not issubclass(each.category, silent)]
    for line in (*lines, *collector.lines):
        plain = " ".join(line.split())
        if plain and plain not in notes:
            notes.append(plain)
