"""What reserve power stands at a site, in energy and litres or in hours."""

from dataclasses import dataclass
from math import inf

# Estimate: a telecom or hospital UPS is recharged within about a working day.
RECHARGE_H = 8.0

# Estimate: litres of diesel per kWh delivered, as a modern genset at about 75 % load.
FUEL_L_PER_KWH = 0.27


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlant:
    """What stands at the site.

    Attributes
    ----------
    load_kw : float
        Load to be carried, constant. [kW]
    battery_kwh : float
        Usable energy of the battery; 0 for none. [kWh]
    discharge_efficiency, charge_efficiency : float
        Load energy per battery energy; battery energy per charger energy (AC).
    charger_kw : float
        AC power of the charger, drawn from genset or grid until the battery is full. [kW]
    units, units_needed : int
        Gensets in parallel, and how many of them carry the whole load and the charger;
        fewer carry their part of the load. 0 for none.
    start_delay_h : float
        From loss of the grid (or delivery to a dry tank) until the gensets carry. [h]
    fuel_idle_l_per_h, fuel_l_per_kwh : float
        Fuel used by all that carry the load: ``idle + slope * output``. [l/h, l/kWh]
    tank_l : float
        Fuel in the tank at the start. [l]

    Raises
    ------
    ValueError
        If a value has no physical meaning.
    """

    load_kw: float
    battery_kwh: float = 0.0
    discharge_efficiency: float = 1.0
    charge_efficiency: float = 1.0
    charger_kw: float = 0.0
    units: int = 0
    units_needed: int = 0
    start_delay_h: float = 0.0
    fuel_idle_l_per_h: float = 0.0
    fuel_l_per_kwh: float = 0.0
    tank_l: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.load_kw < inf:
            raise ValueError(f"load_kw is {self.load_kw}, must be positive")
        for name in ("discharge_efficiency", "charge_efficiency"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}, must be above 0, at most 1")
        for name in (
            "battery_kwh",
            "charger_kw",
            "start_delay_h",
            "fuel_idle_l_per_h",
            "fuel_l_per_kwh",
            "tank_l",
        ):
            if not 0.0 <= getattr(self, name) < inf:
                raise ValueError(f"{name} is {getattr(self, name)}, must not be negative")
        if not min(self.units, 1) <= self.units_needed <= self.units:
            raise ValueError(
                f"units_needed is {self.units_needed}, must be 1 to {self.units}, or 0 of none"
            )

    @property
    def has_genset(self) -> bool:
        """Whether there is any genset."""
        return self.units > 0

    @property
    def ups_h(self) -> float:
        """How long [h] a full battery carries the load alone."""
        return self.battery_kwh * self.discharge_efficiency / self.load_kw

    @property
    def fuel_l_per_h(self) -> float:
        """Fuel rate [l/h] with the battery full."""
        return self.fuel_idle_l_per_h + self.fuel_l_per_kwh * self.load_kw


def plant_from_hours(
    *,
    load_kw: float,
    ups_h: float,
    units: int,
    units_needed: int,
    recharge_h: float,
    l_per_kwh: float,
    start_delay_h: float = 0.0,
    fuel_h: float = 0.0,
) -> BackupPlant:
    """Describe a plant by how long it lasts, as emergency plans do.

    Parameters
    ----------
    load_kw : float
        Load carried. [kW]
    ups_h : float
        Hours a full battery carries the load; efficiencies are contained in it. [h]
    units, units_needed : int
        Gensets, and how many of them carry the load.
    recharge_h : float
        Hours in which the charger fills the battery. [h]
    l_per_kwh : float
        Fuel for energy delivered; sets the litres a truck must bring, not the hours. [l/kWh]
    start_delay_h : float
        Start delay of the gensets. [h]
    fuel_h : float
        Hours a full tank lasts, recharging of the battery included. [h]

    Notes
    -----
    ``battery = load * ups_h``; the tank holds ``fuel_h`` hours at the constant rate
    ``l_per_kwh * load``.
    """
    rate_l_per_h = l_per_kwh * load_kw
    return BackupPlant(
        load_kw=load_kw,
        battery_kwh=load_kw * ups_h,
        charger_kw=load_kw * ups_h / recharge_h,
        units=units,
        units_needed=units_needed,
        start_delay_h=start_delay_h,
        fuel_idle_l_per_h=rate_l_per_h,
        tank_l=rate_l_per_h * fuel_h,
    )
