"""Spare parts and mobile substations: what a repair has to wait for.

A transformer or a high-voltage cable is repaired with a part from the nearest stock that has
one; when none is left a new one takes months. A mobile substation that is large enough
stands in for a transformer until then.
"""

from dataclasses import dataclass

import numpy as np

from data.region import Region
from data.tables import positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part on its way to a repair.

    Attributes
    ----------
    ready_h : float
        Hours until it is loaded and ready to go. [h]
    from_area : int
        Where it lies.
    install_h : float
        Work to put it in. [h]
    is_new : bool
        Whether it has to be made.
    """

    ready_h: float
    from_area: int
    install_h: float
    is_new: bool


class Spares:
    """Parts on stock through one course."""

    def __init__(self, region: Region) -> None:
        self._table = region.spares
        self._units = region.spares.units.tolist()
        depot = positions(region.depots.depot_id, region.spares.depot_id)
        area = positions(region.areas.area_id, region.depots.area_id)
        self._area = area[depot].tolist() if len(depot) else []

    def take(self, part: str) -> Part:
        """Take a part from stock, or order a new one.

        Raises
        ------
        KeyError
            If no row of the spares names the part.
        """
        rows = np.flatnonzero(self._table.part == part).tolist()
        if not rows:
            raise KeyError(part)
        for row in rows:
            if self._units[row] > 0:
                self._units[row] -= 1
                return self._part(row, float(self._table.prepare_h[row]), is_new=False)
        row = min(rows, key=lambda each: float(self._table.lead_time_h[each]))
        return self._part(row, float(self._table.lead_time_h[row]), is_new=True)

    def _part(self, row: int, ready_h: float, *, is_new: bool) -> Part:
        return Part(
            ready_h=ready_h,
            from_area=self._area[row],
            install_h=float(self._table.install_h[row]),
            is_new=is_new,
        )


class MobileSubstations:
    """Substations on wheels through one course."""

    def __init__(self, region: Region) -> None:
        units = region.mobile_units
        self._table = units
        self._free = np.where(units.kind == "substation", units.units, 0).tolist()
        depot = positions(region.depots.depot_id, units.depot_id)
        area = positions(region.areas.area_id, region.depots.area_id)
        self._area = area[depot].tolist() if len(depot) else []

    def take(self, rating_mva: float) -> int | None:
        """Take the smallest that can stand in for a rating; None if there is none free."""
        fit = [
            row
            for row, free in enumerate(self._free)
            if free > 0 and float(self._table.rating_mva[row]) >= rating_mva
        ]
        if not fit:
            return None
        row = min(fit, key=lambda each: float(self._table.rating_mva[each]))
        self._free[row] -= 1
        return row

    def give_back(self, row: int) -> None:
        """Let a unit be used elsewhere."""
        self._free[row] += 1

    def area(self, row: int) -> int:
        """Where a unit stands when it is free."""
        return int(self._area[row])

    def hours(self, row: int) -> tuple[float, float]:
        """Return hours until a unit is ready to go, and of work to connect it. [h]."""
        return float(self._table.prepare_h[row]), float(self._table.connect_h[row])
