"""What can be wrong with input, said so that a person can mend it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place, precise enough to be fixed and translated.

    Attributes
    ----------
    code : str
        Stable name of the kind of problem; the screen translates by it.
    place : str
        File, and row and column or key inside it.
    found : object
        What stands there.
    allowed : str
        What may stand there.
    remedy : str
        What to do about it; may be empty.
    """

    code: str
    place: str
    found: object
    allowed: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.place}: found {self.found!r}, allowed {self.allowed} [{self.code}].{remedy}"


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Name what is known and begins or is spelt much like what was found; empty if nothing is."""
    names = sorted(known)
    near = [name for name in names if found and name.startswith(found)][:3]
    near = near or difflib.get_close_matches(found, names, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(near)}?" if near else ""


class BeredtError(Exception):
    """Anything the program itself knows how to explain; the command line ends with 1."""


class InputError(BeredtError):
    """Input that cannot be used, with every problem found; the command line ends with 2."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
