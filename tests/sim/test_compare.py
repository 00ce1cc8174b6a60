from dataclasses import replace

import numpy as np
import pytest

from data.problems import BeredtError
from sim.compare import avoided_per_mnok, bands, compare
from sim.outcome import METRICS
from sim.parts import write_part
from sim.run_folder import create_run
from sim.store import open_run
from tests.sim.test_store import AREAS, DEMAND, FUNCTIONS, POPULATION, manifest, outcome

BASELINE = [10.0, 20.0, 30.0, 40.0]
BETTER = [8.0, 20.0, 27.0, 33.0]


def run_of(folder, values):
    create_run(folder, manifest())
    for portfolio, ens in values.items():
        outcomes = []
        for number, value in enumerate(ens):
            made = outcome(number)
            figures = {m.name: 1.0 for m in METRICS} | {"ens_mwh": value, "battery_mwh": value}
            outcomes.append(replace(made, metrics=figures))
        write_part(
            folder,
            scenario="storm",
            portfolio=portfolio,
            replications=range(len(outcomes)),
            outcomes=outcomes,
            demand_mw=DEMAND,
            population=POPULATION,
            functions=FUNCTIONS,
            area_ids=AREAS,
        )
    return open_run(folder)


@pytest.fixture
def comparison(tmp_path):
    return compare(run_of(tmp_path / "one", {"basis": BASELINE, "more": BETTER}), "storm")


def test_differences_are_paired_by_replication(comparison):
    row = comparison.row("ens_mwh", "more")
    assert (row.n, row.mean) == (4, 22.0)
    assert row.difference == pytest.approx(-3.0)
    # Differences -2, 0, -3, -7: standard deviation 2.9439, t(3; 0.975) = 3.18245.
    half = 3.18245 * 2.94392 / 2.0
    assert row.difference_low == pytest.approx(-3.0 - half, rel=1e-4)
    assert row.difference_high == pytest.approx(-3.0 + half, rel=1e-4)
    assert row.better_share == pytest.approx(0.75)


def test_where_more_is_better_fewer_replications_beat_the_baseline(comparison):
    row = comparison.row("battery_mwh", "more")
    assert row.better == "higher"
    assert row.better_share == 0.0


def test_the_baseline_is_compared_with_nothing(comparison):
    row = comparison.row("ens_mwh", "basis")
    assert row.mean == 25.0
    assert np.isnan(
        [row.difference, row.difference_low, row.difference_high, row.better_share]
    ).all()


def test_spread_and_tail_are_those_of_the_replications(comparison):
    row = comparison.row("ens_mwh", "basis")
    assert row.p50 == 25.0
    assert (row.p5, row.p95) == (pytest.approx(11.5), pytest.approx(38.5))
    assert row.cvar95 == pytest.approx(40.0)
    # Standard deviation 12.9099, t(3; 0.975) = 3.18245.
    assert row.high - row.mean == pytest.approx(3.18245 * 12.9099 / 2.0, rel=1e-4)


def test_every_metric_of_every_portfolio_has_a_row(comparison):
    assert len(comparison.rows) == 2 * len(METRICS)
    with pytest.raises(KeyError):
        comparison.row("ens_mwh", "nothing")


def test_portfolios_without_common_replications_are_not_compared(tmp_path):
    run = run_of(tmp_path / "one", {"basis": BASELINE})
    with pytest.raises(BeredtError):
        compare(run, "storm")


def test_one_replication_gives_no_false_precision(tmp_path):
    row = compare(run_of(tmp_path / "one", {"basis": [5.0], "more": [4.0]}), "storm").row(
        "ens_mwh", "more"
    )
    assert row.difference == -1.0
    assert not np.isfinite(row.difference_low)
    assert not np.isfinite(row.difference_high)


def test_avoided_loss_per_million_turns_the_sign_where_less_is_better(comparison):
    row = comparison.row("ens_mwh", "more")
    mean, low, high = avoided_per_mnok(row, 2.0)
    assert mean == pytest.approx(1.5)
    assert (low, high) == (
        pytest.approx(-row.difference_high / 2.0),
        pytest.approx(-row.difference_low / 2.0),
    )
    more = comparison.row("battery_mwh", "more")
    assert avoided_per_mnok(more, 2.0)[0] == pytest.approx(-1.5)
    assert np.isnan(avoided_per_mnok(row, 0.0)).all()


def test_bands_are_pointwise_percentiles():
    values = np.arange(101.0)[:, None] * np.array([1.0, 10.0])
    found = bands(values)
    for name, q in (("p5", 5.0), ("p25", 25.0), ("p50", 50.0), ("p75", 75.0), ("p95", 95.0)):
        assert found[name] == pytest.approx([q, 10.0 * q])
