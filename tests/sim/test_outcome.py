import numpy as np
import pytest

from data.region import SECTORS
from sim.outcome import METRICS, SERVICES, Outcome


def outcome(**changed):
    content = {
        "replication": 0,
        "unserved_mw": np.zeros((4, 2, len(SECTORS))),
        "persons_without": np.zeros((4, 2, len(SERVICES))),
        "function_level": np.ones((4, 2, 3)),
        "area_kile_mnok": np.zeros(2),
        "metrics": {metric.name: 0.0 for metric in METRICS},
        "events": (),
        "states": (),
        "stocks": (),
        "balance_residual": 0.0,
    }
    return Outcome(**(content | changed))


def test_a_sound_outcome_is_accepted():
    assert outcome().replication == 0


def test_metric_names_are_unique():
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["unserved_mw", "persons_without", "function_level"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -0.01])
def test_nan_infinity_and_negative_numbers_are_refused(name, wrong):
    values = getattr(outcome(), name).copy()
    values[1, 1, 1] = wrong
    with pytest.raises(ValueError, match=name):
        outcome(**{name: values})


def test_a_level_above_one_is_refused():
    with pytest.raises(ValueError, match="exceed 1"):
        outcome(function_level=np.full((4, 2, 3), 1.001))


def test_an_energy_account_that_does_not_close_is_refused():
    with pytest.raises(ValueError, match="balance residual"):
        outcome(balance_residual=2e-6)


def test_a_missing_metric_is_named():
    metrics = {metric.name: 0.0 for metric in METRICS if metric.name != "ens_mwh"}
    with pytest.raises(ValueError, match="ens_mwh"):
        outcome(metrics=metrics)


def test_a_missing_sector_is_refused():
    with pytest.raises(ValueError, match="sector"):
        outcome(unserved_mw=np.zeros((4, 2, 3)))
