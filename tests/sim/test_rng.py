import numpy as np
import pytest

from sim.rng import stream


def test_same_name_gives_same_numbers():
    assert (stream(1, 2, "wind", "a").random(5) == stream(1, 2, "wind", "a").random(5)).all()


@pytest.mark.parametrize(
    "other", [(2, 2, "wind", "a"), (1, 3, "wind", "a"), (1, 2, "wind"), (1, 2, "a", "wind")]
)
def test_another_name_gives_other_numbers(other):
    assert not (stream(1, 2, "wind", "a").random(5) == stream(*other).random(5)).any()


def test_numbers_do_not_depend_on_other_streams_drawn_before():
    expected = stream(7, 0, "repair").random(3)
    stream(7, 0, "wind").random(1000)
    assert (stream(7, 0, "repair").random(3) == expected).all()


def test_appending_assets_leaves_the_earlier_ones_alone():
    assert (stream(7, 0, "wind").random(10)[:8] == stream(7, 0, "wind").random(8)).all()


def test_streams_of_replications_are_uncorrelated():
    draws = np.array([stream(3, k, "wind").random(400) for k in range(200)])
    between = np.corrcoef(draws)[np.triu_indices(200, 1)]
    assert abs(between.mean()) < 4.0 / np.sqrt(len(between) * 400)
    assert draws.mean() == pytest.approx(0.5, abs=4.0 * np.sqrt(1.0 / 12.0 / draws.size))


def test_two_state_unit_reaches_its_known_availability():
    lam, mu, n = 1 / 1000, 1 / 20, 4000
    up = np.array([stream(7, k, "unit").random() < mu / (lam + mu) for k in range(n)], dtype=float)
    assert abs(up.mean() - mu / (lam + mu)) < 4 * up.std(ddof=1) / np.sqrt(n)


def test_a_negative_seed_or_replication_is_refused():
    with pytest.raises(ValueError, match="negative"):
        stream(-1, 0, "wind")
    with pytest.raises(ValueError, match="negative"):
        stream(1, -1, "wind")
