"""Simulated years of feeders a second, on the published system RBTS bus 2."""

from pathlib import Path

from benchmarks.speed import Speed, seconds
from data.read import load_region
from grid.reliability.read import read_feeders
from grid.reliability.restoration import outcomes
from grid.reliability.simulation import simulate
from grid.reliability.study import feeder_study

CASES = Path(__file__).parent.parent / "tests" / "reference" / "03-rbts-bus2-distribution"
YEARS = 10_000


def feeder_years() -> Speed:
    """Years of 36 sections and 20 transformers, fuses, disconnectors and ties. [years/s]."""
    study = feeder_study(read_feeders(CASES / "A"), load_region())
    after = outcomes(study.system)
    took = seconds(lambda: simulate(study.system, YEARS, 1, study.kile, after), 3)
    return Speed(name="grid.feeder_years", value=YEARS / took, unit="years/s")
