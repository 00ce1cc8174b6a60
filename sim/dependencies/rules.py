"""How several needs combine into one level.

Every rule is monotone: more of any need never gives less. A need enters as what it leaves
of its dependent, ``u = level_after + (1 - level_after) * e``, where e is the level of the
need as far as it is felt (`sim.dependencies.lag`).

``weakest``
    min u, a chain (AND).
``any``
    max u, any one of them is enough (OR).
``k_of_n``
    The k-th largest u: k of them have to be there.
``linear``
    1 - sum (1 - u): what is lost adds up, Leontief's inoperability q = A q + c with
    ``a = 1 - level_after`` (Haimes and Jiang 2001). Not below 0.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from data.dependency_graph import Rule
from data.tables import FloatArray


def combine(left: Sequence[float], rule: Rule, k: int = 0) -> float:
    """Level that the needs of one group leave of their dependent.

    Parameters
    ----------
    left : sequence of float
        u of each need.
    rule : {"weakest", "any", "k_of_n", "linear"}
    k : int
        Of ``k_of_n``, 1 to the number of needs.

    Returns
    -------
    float
        0 to 1.
    """
    if rule == "weakest":
        return min(left)
    if rule == "any":
        return max(left)
    if rule == "k_of_n":
        return sorted(left, reverse=True)[k - 1]
    return max(1.0 - sum(1.0 - u for u in left), 0.0)


def combine_arrays(left: Sequence[FloatArray], rule: Rule, k: int = 0) -> FloatArray:
    """Do the same for levels over hours and areas, element by element.

    Parameters
    ----------
    left : sequence of ndarray, all of one shape

    Returns
    -------
    ndarray, of that shape
    """
    if len(left) == 1:
        return left[0]
    if rule == "weakest":
        return reduce(np.minimum, left)
    if rule == "any":
        return reduce(np.maximum, left)
    if rule == "k_of_n":
        return np.asarray(np.sort(np.stack(left), axis=0)[-k])
    lost = np.sum([1.0 - u for u in left], axis=0)
    return np.asarray(np.maximum(1.0 - lost, 0.0))
