"""Key figures of a region beside the published ones."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from data.calendars import NORMAL_YEAR, TIME_ZONE
from data.demand import demand_mw
from data.region import Region
from data.tables import BoolArray, FloatArray, positions

OSLO = "0301"

# A Monday to Friday in January: the winter peak is its highest hour.
PEAK_START = datetime(NORMAL_YEAR, 1, 16, tzinfo=ZoneInfo(TIME_ZONE))
PEAK_HOURS = 120

# Span of the temperature sensitivity, as in the published figure. [degC]
MILD_DEGC, COLD_DEGC = 0.0, -15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of the model beside the published one.

    Attributes
    ----------
    figure : str
        Key in ``published.csv``.
    model, published : float
        In ``unit``.
    unit : str
        Unit of both.
    deviation : float
        Model over published less 1. [1]
    source, quality : str
        Of the published figure.
    """

    figure: str
    model: float
    published: float
    unit: str
    deviation: float
    source: str
    quality: str


def compare(region: Region, figure: str, model: float) -> Figure:
    """Put a figure of the model beside the published one.

    Parameters
    ----------
    region : Region
    figure : str
        Key in ``published.csv``.
    model : float
        In the unit of the published figure.

    Returns
    -------
    Figure

    Raises
    ------
    KeyError
        If nothing is published under that key.
    """
    published = region.published
    at = int(positions(published.figure, np.array([figure]))[0])
    value = float(published.value[at])
    return Figure(
        figure=figure,
        model=float(model),
        published=value,
        unit=str(published.unit[at]),
        deviation=float(model) / value - 1 if value else float("nan"),
        source=str(published.source[at]),
        quality=str(published.quality[at]),
    )


def key_figures(region: Region) -> tuple[Figure, ...]:
    """Key figures of people, demand and plant that ``published.csv`` has a value for.

    The peak is the highest hour of a January week (Monday to Friday) at the dimensioning
    temperature everywhere, each area by its offset. Interruption figures come from the
    grid model.

    Parameters
    ----------
    region : Region

    Returns
    -------
    tuple of Figure
    """
    oslo: BoolArray = region.areas.kommunenummer == OSLO
    annual = _annual_gwh(region)
    cars = _by_area(region, region.ev_charging.area_id, region.ev_charging.electric_cars)
    transformers = _transformers(region)
    data_centre = region.demand.annual_gwh[region.demand.sector == "data_centre"].sum()
    plants = region.generation
    peak = winter_peak_mw(region)
    winter = float((plants.p_max_mw * plants.winter_availability).sum())
    span = COLD_DEGC - MILD_DEGC
    rise = winter_peak_mw(region, COLD_DEGC) - winter_peak_mw(region, MILD_DEGC)
    model = {
        "population_oslo": region.areas.population[oslo].sum(),
        "population_akershus": region.areas.population[~oslo].sum(),
        "households": region.areas.households.sum(),
        "annual_gwh_oslo": annual[oslo].sum(),
        "annual_gwh_akershus": annual[~oslo].sum(),
        "data_centre_gwh": data_centre,
        "peak_mw": peak,
        "temperature_sensitivity_mw_per_degc": rise / -span,
        "substations": len(region.substations),
        "distribution_transformers_oslo": transformers[oslo].sum(),
        "distribution_transformers_akershus": transformers[~oslo].sum(),
        "electric_cars_oslo": cars[oslo].sum(),
        "electric_cars_akershus": cars[~oslo].sum(),
        "local_generation_gwh": plants.annual_gwh.sum(),
        "peak_own_generation_share": winter / peak if peak else 0.0,
    }
    known = set(region.published.figure.tolist())
    return tuple(
        compare(region, figure, float(value)) for figure, value in model.items() if figure in known
    )


def winter_peak_mw(region: Region, temperature_degc: float | None = None) -> float:
    """Highest demand of the region in a January week at one temperature.

    Parameters
    ----------
    region : Region
    temperature_degc : float, optional
        At Blindern; the dimensioning temperature when left out. [degC]

    Returns
    -------
    float
        [MW]
    """
    return float(winter_peak_by_area(region, temperature_degc).sum())


def winter_peak_by_area(region: Region, temperature_degc: float | None = None) -> FloatArray:
    """Demand of each area in the region's highest hour, as ``winter_peak_mw``.

    Returns
    -------
    ndarray, shape (area,)
        [MW]
    """
    if temperature_degc is None:
        temperature_degc = region.constants["dimensioning_temperature_degc"]
    local = temperature_degc + region.areas.temperature_offset_degc
    everywhere = np.broadcast_to(local, (PEAK_HOURS, len(local)))
    power = demand_mw(region, PEAK_START, PEAK_HOURS, everywhere).sum(axis=2)
    highest: FloatArray = power[power.sum(axis=1).argmax()]
    return highest


def _annual_gwh(region: Region) -> FloatArray:
    return _by_area(region, region.demand.area_id, region.demand.annual_gwh)


def _by_area(region: Region, area_id: np.ndarray, values: np.ndarray) -> FloatArray:
    total = np.zeros(len(region.areas))
    np.add.at(total, positions(region.areas.area_id, area_id), values)
    return total


def _transformers(region: Region) -> FloatArray:
    feeder = positions(region.feeders.feeder_id, region.sections.feeder_id)
    return _by_area(region, region.feeders.area_id[feeder], region.sections.transformers)
