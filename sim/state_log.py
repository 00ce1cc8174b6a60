"""States of assets, sites and services as intervals, and stocks as they run down."""

from typing import NamedTuple

STATE_KINDS = (
    "section",
    "branch",
    "substation",
    "site",
    "service",
    "crews",
    "road",
    "base_stations",
    "function",
)
"""What a state may be of."""

STOCK_KINDS = (
    "base_station_battery",
    "reinforced_station_battery",
    "nodnett_battery",
    "nodnett_long_battery",
    "local_tank",
    "sewage_sump",
    "ups",
    "genset_tank",
    "process_stock",
    "reservoir",
    "heat_accumulator",
    "neighbourhood_battery",
    "station_tanks",
    "fuel_depot",
)
"""What runs down in a crisis."""

FULL = 1.0
"""Level of what works as it should; no state is noted of it."""


class State(NamedTuple):
    """A level below normal, from one hour to another.

    Attributes
    ----------
    asset_id, kind, area_id : str
        What, one of ``STATE_KINDS``, and where.
    level : float
        0 is out, 1 would be normal.
    from_h, to_h : float
        [h]
    event : int
        Position in the log of the event that set the level.
    """

    asset_id: str
    kind: str
    area_id: str
    level: float
    from_h: float
    to_h: float
    event: int


class StockPiece(NamedTuple):
    """A stock that changes at a constant rate from one hour to another.

    Attributes
    ----------
    stock_id, kind, area_id : str
        Whose, one of ``STOCK_KINDS``, and where.
    from_h, to_h : float
        [h]
    from_level, to_level : float
        Share of what it holds when full.
    empty_in_h : float
        At the beginning: hours until it is empty at this rate; infinite when it fills. [h]
    """

    stock_id: str
    kind: str
    area_id: str
    from_h: float
    to_h: float
    from_level: float
    to_level: float
    empty_in_h: float


class StateLog:
    """Open and closed states of one course, and its stocks."""

    __slots__ = ("_open", "states", "stocks")

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], tuple[str, float, float, int]] = {}
        self.states: list[State] = []
        self.stocks: list[StockPiece] = []

    def set(
        self, t_h: float, kind: str, asset_id: str, area_id: str, *, level: float, event: int
    ) -> None:
        """Give an asset a level from now on; ``FULL`` ends its state."""
        key = (kind, asset_id)
        before = self._open.pop(key, None)
        if before is not None:
            self._close(key, before, t_h)
        if level < FULL:
            self._open[key] = (area_id, level, t_h, event)

    def piece(self, piece: StockPiece) -> None:
        """Add what a stock did."""
        if piece.to_h > piece.from_h:
            self.stocks.append(piece)

    def finish(self, end_h: float) -> None:
        """Close what is still open at the scenario's end."""
        for key, value in self._open.items():
            self._close(key, value, end_h)
        self._open.clear()

    def _close(
        self, key: tuple[str, str], value: tuple[str, float, float, int], t_h: float
    ) -> None:
        area_id, level, from_h, event = value
        if t_h > from_h:
            self.states.append(
                State(
                    asset_id=key[1],
                    kind=key[0],
                    area_id=area_id,
                    level=level,
                    from_h=from_h,
                    to_h=t_h,
                    event=event,
                )
            )
