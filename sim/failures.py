"""Replications that gave no result: what went wrong, when, and how to see it again."""

from dataclasses import dataclass

from data.problems import BeredtError

CAUGHT = (BeredtError, ArithmeticError, LookupError, ValueError, RuntimeError)
"""What one replication may fail of while the others go on. A full disk or memory is none of
these: it stops the run."""

WARN_SHARE = 0.05
"""Above this share of failed replications the comparison itself is in doubt. Estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One replication that gave no result.

    Attributes
    ----------
    replication : int
    t_h : float
        Hours since the scenario's start. [h]
    after : str
        The last event before it, and its asset; empty when nothing had happened.
    kind, message : str
        Kind of error and what it said, on one line.
    """

    replication: int
    t_h: float
    after: str
    kind: str
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        last = f", after {self.after}" if self.after else ""
        where = f"replication {self.replication}, {self.t_h:.2f} h{last}"
        return f"{where}: {self.kind}: {self.message}"


class ReplicationError(BeredtError):
    """One replication could not be carried to its end.

    Attributes
    ----------
    failure : Failure
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure
