"""Simulated years of generation adequacy, on the IEEE RTS-79."""

from pathlib import Path

from benchmarks.speed import Speed, seconds
from grid.adequacy.read import read_system
from grid.adequacy.simulation import simulate

RTS79 = Path(__file__).parent.parent / "tests" / "reference" / "01-rts79-generation-adequacy"
YEARS = 1000


def adequacy_years() -> Speed:
    """Years of 32 units in continuous time against 8 736 hours of load. [1/s]."""
    system = read_system(RTS79).system
    took = seconds(lambda: simulate(system, YEARS, 1), 3)
    return Speed(name="grid.adequacy_years", value=YEARS / took, unit="1/s")
