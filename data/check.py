"""What a valid region is."""

from data.problems import Problem
from data.region import Region


def check_region(region: Region) -> list[Problem]:
    """Rules over whole tables; filled below."""
    return []
