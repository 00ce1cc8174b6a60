"""How much of a region is measured, published or estimated."""

from dataclasses import fields

import numpy as np

from data.region import Region
from data.tables import Table


def estimated_share(region: Region) -> float:
    """Share of rows marked ``estimated``, each table counting the same.

    A large synthetic table would drown the others if rows counted alone.
    """
    shares = [
        float(np.mean(table.quality == "estimated"))
        for field in fields(region)
        if isinstance(table := getattr(region, field.name), Table) and len(table)
    ]
    return float(np.mean(shares))
