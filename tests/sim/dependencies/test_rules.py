import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dependencies.rules import combine, combine_arrays

RULES = ("weakest", "any", "k_of_n", "linear")
share = st.floats(0.0, 1.0)


@st.composite
def groups(draw):
    """Needs of a group, its rule and k."""
    left = draw(st.lists(share, min_size=1, max_size=6))
    return left, draw(st.sampled_from(RULES)), draw(st.integers(1, len(left)))


@pytest.mark.parametrize(
    ("rule", "k", "level"),
    [
        ("weakest", 0, 0.2),
        ("any", 0, 0.9),
        ("k_of_n", 1, 0.9),
        ("k_of_n", 2, 0.7),
        ("k_of_n", 3, 0.2),
    ],
)
def test_each_rule_picks_the_need_that_decides(rule, k, level):
    assert combine([0.7, 0.2, 0.9], rule, k) == level


def test_losses_add_up_in_a_linear_group():
    # 0.3, 0.05 and 0.1 are lost.
    assert combine([0.7, 0.95, 0.9], "linear") == pytest.approx(0.55)


def test_more_losses_than_there_is_leave_nothing():
    assert combine([0.2, 0.1], "linear") == 0.0


@given(st.lists(share, min_size=1, max_size=6))
def test_one_of_n_is_any_and_all_of_n_is_the_weakest(left):
    assert combine(left, "k_of_n", 1) == combine(left, "any")
    assert combine(left, "k_of_n", len(left)) == combine(left, "weakest")


@pytest.mark.parametrize("rule", RULES)
def test_needs_that_are_whole_leave_everything(rule):
    assert combine([1.0, 1.0, 1.0], rule, 2) == 1.0


@given(groups())
def test_a_level_is_a_share(group):
    assert 0.0 <= combine(*group) <= 1.0


@given(groups(), st.lists(share, min_size=6, max_size=6))
def test_more_of_any_need_never_gives_less(group, more):
    left, rule, k = group
    before = combine(left, rule, k)
    for at, extra in enumerate(more[: len(left)]):
        better = left.copy()
        better[at] = max(better[at], extra)
        assert combine(better, rule, k) >= before


@given(groups(), st.randoms(use_true_random=False))
def test_the_order_of_needs_is_no_input(group, chance):
    left, rule, k = group
    mixed = left.copy()
    chance.shuffle(mixed)
    assert combine(mixed, rule, k) == pytest.approx(combine(left, rule, k))


@given(groups(), st.integers(0, 2**32 - 1))
def test_levels_over_hours_and_areas_combine_as_one_by_one(group, seed):
    left, rule, k = group
    arrays = np.random.default_rng(seed).random((len(left), 3, 2))
    arrays[:, 0, 0] = left
    got = combine_arrays(list(arrays), rule, k)
    assert got.shape == (3, 2)
    for hour in range(3):
        for area in range(2):
            one = combine(arrays[:, hour, area].tolist(), rule, k)
            assert got[hour, area] == pytest.approx(one, abs=1e-15)
