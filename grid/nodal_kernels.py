"""Compiled substitution with a sparse factor, many columns at a time."""

from numba import njit

from data.tables import FloatArray, IntArray


@njit(cache=True, nogil=True)
def substitute(
    lower: tuple[IntArray, IntArray, FloatArray],
    upper: tuple[IntArray, IntArray, FloatArray],
    values: FloatArray,
) -> None:
    """Solve ``L U x = b`` for every column of ``b``, in place.

    Parameters
    ----------
    lower, upper : tuple of (first, row, entry)
        The factors, sparse by columns with rows in rising order: where the entries of
        each column begin, their rows, and the entries. The diagonal, all ones, is first
        in a column of L, and last in one of U.
    values : ndarray, shape (row, column)
        The right-hand sides, filled with the solutions.
    """
    rows, columns = values.shape
    first, row_of, entries = lower
    for at in range(rows):
        for here in range(first[at] + 1, first[at + 1]):
            factor, row = entries[here], row_of[here]
            for column in range(columns):
                values[row, column] -= factor * values[at, column]
    first, row_of, entries = upper
    for at in range(rows - 1, -1, -1):
        last = first[at + 1] - 1
        scale = 1.0 / entries[last]
        for column in range(columns):
            values[at, column] *= scale
        for here in range(first[at], last):
            factor, row = entries[here], row_of[here]
            for column in range(columns):
                values[row, column] -= factor * values[at, column]
