"""A neighbourhood battery that carries its feeder section when the feeder is out."""

from dataclasses import dataclass

from data.tables import FloatArray


@dataclass(slots=True, kw_only=True)
class Battery:
    """State of one battery; full at the start and whenever it has had time to charge.

    Attributes
    ----------
    p_mw, e_mwh : float
        Power and usable energy. [MW], [MWh]
    efficiency : float
        Round trip; taken when charging.
    energy_mwh : float
        Energy stored at ``at_h``. [MWh]
    at_h : float
        Time of the last account. [h]
    served_mwh : float
        Energy given to customers so far. [MWh]
    """

    p_mw: float
    e_mwh: float
    efficiency: float
    energy_mwh: float = -1.0
    at_h: float = 0.0
    served_mwh: float = 0.0

    def __post_init__(self) -> None:
        if self.energy_mwh < 0.0:
            self.energy_mwh = self.e_mwh

    def charge_until(self, t_h: float) -> None:
        """Account for charging from the grid at rated power since the last account."""
        gained = (t_h - self.at_h) * self.p_mw * self.efficiency
        self.energy_mwh = min(self.e_mwh, self.energy_mwh + gained)
        self.at_h = t_h

    def carry(self, t_h: float, demand_mw: FloatArray) -> tuple[float, float]:
        """Return what share of a demand it can carry from now, and until when.

        The share is set by the power against the demand of the coming hours, while the
        energy lasts, and is kept: the same customers stay connected.

        Parameters
        ----------
        t_h : float
            Now. [h]
        demand_mw : ndarray, shape (time,)
            Demand of the section in every hour of the scenario. [MW]

        Returns
        -------
        share, empty_h : float
            Share of the section's customers, and the time the battery is empty. [1], [h]
        """
        hour, last = int(t_h), len(demand_mw)
        if hour >= last or self.energy_mwh <= 0.0:
            return 0.0, t_h
        peak = float(demand_mw[hour : hour + 24].max())
        share = 1.0 if peak <= self.p_mw else self.p_mw / peak
        left, now = self.energy_mwh, t_h
        while hour < last:
            power = share * float(demand_mw[hour])
            hours = hour + 1 - now
            if power * hours >= left:
                return share, now + left / power
            left -= power * hours
            now, hour = float(hour + 1), hour + 1
        return share, float(last)

    def discharge(self, t_h: float, share: float, demand_mw: FloatArray) -> None:
        """Account for carrying a share of the demand since the last account."""
        now, used = self.at_h, 0.0
        end = min(t_h, float(len(demand_mw)))
        while now < end:
            hour = int(now)
            until = min(hour + 1.0, end)
            used += share * float(demand_mw[hour]) * (until - now)
            now = until
        used = min(used, self.energy_mwh)
        self.energy_mwh -= used
        self.served_mwh += used
        self.at_h = t_h
