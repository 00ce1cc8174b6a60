"""Compiled loops over the road network; compiled once and kept on disk."""

import numba
import numpy as np

from data.tables import FloatArray, IntArray


@numba.njit(cache=True)
def shortest_ways(start: IntArray, end: IntArray, link_h: FloatArray, n: int) -> FloatArray:
    """Travel time of the shortest way between all places (Floyd and Warshall).

    Parameters
    ----------
    start, end : ndarray of int, shape (link,)
        Ends of each link, used both ways.
    link_h : ndarray, shape (link,)
        Infinite if it is closed. [h]
    n : int
        Number of places.

    Returns
    -------
    ndarray, shape (place, place)
        [h]
    """
    ways = np.full((n, n), np.inf)
    for place in range(n):
        ways[place, place] = 0.0
    for link in range(len(link_h)):
        a, b, hours = start[link], end[link], link_h[link]
        ways[a, b] = min(ways[a, b], hours)
        ways[b, a] = min(ways[b, a], hours)
    for via in range(n):
        for a in range(n):
            first = ways[a, via]
            if first < np.inf:
                for b in range(n):
                    hours = first + ways[via, b]
                    ways[a, b] = min(ways[a, b], hours)
    return ways


@numba.njit(cache=True)
def usual_share(usual_h: FloatArray, now_h: FloatArray, people: FloatArray) -> FloatArray:
    """Share of the usual speed to other people, weighted by them, shape (place,).

    ``sum over b != a of people_b * usual_ab / now_ab``, over the people of the others.
    """
    n = len(people)
    share = np.ones(n)
    for a in range(n):
        total, reached = 0.0, 0.0
        for b in range(n):
            if b != a:
                total += people[b]
                if now_h[a, b] < np.inf:
                    reached += people[b] * usual_h[a, b] / now_h[a, b]
        if total > 0.0:
            share[a] = reached / total
    return share


@numba.njit(cache=True)
def told_in_steps(share: FloatArray, slack: float, steps: int) -> FloatArray:
    """Shares over a slack, at most 1, rounded to so many steps of one."""
    told = np.empty(len(share))
    for at in range(len(share)):
        told[at] = min(np.round(share[at] / slack * steps) / steps, 1.0)
    return told
