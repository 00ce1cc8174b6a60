"""Files that are whole or not there: written beside their place and moved into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a hidden file to write to, which takes its place when all of it is written.

    Parameters
    ----------
    path : Path
        Where the file shall be; one that is there stays until the new one is complete,
        also if the program is killed meanwhile.

    Yields
    ------
    Path
        In the same folder, with the same suffix.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    hidden = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield hidden
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
