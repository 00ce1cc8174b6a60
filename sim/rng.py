"""Named random streams: the same storm for every portfolio."""

from zlib import crc32

import numpy as np


def stream(seed: int, replication: int, *process: str) -> np.random.Generator:
    """Return the stream of one named process in one replication.

    The stream depends on nothing but its name: neither on the portfolio, nor on what
    was drawn before, nor on the worker that runs the replication.

    Parameters
    ----------
    seed : int
        Seed of the ensemble, not negative.
    replication : int
        Number of the sampled course, not negative.
    *process : str
        Name of the process, from general to particular, e.g. ``"wind", "sections"``.

    Returns
    -------
    numpy.random.Generator
        Counter-based generator (Philox), independent of streams of other names.

    Raises
    ------
    ValueError
        If seed or replication is negative.

    References
    ----------
    .. [1] J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11, 2011.
    """
    key = (replication, *(crc32(word.encode()) for word in process))
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))
