"""What can be wrong with input, said so that a person can mend it."""

from collections.abc import Sequence
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


class BeredtError(Exception):
    """Anything the program itself knows how to explain; the command line ends with 1."""


class InputError(BeredtError):
    """Input that cannot be used, with every problem found; the command line ends with 2."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
