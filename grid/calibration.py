"""Key figures of the grid beside the published ones: interruptions and security."""

import numpy as np

from data.calibration import OSLO, Figure, compare
from data.region import Region
from data.tables import BoolArray
from grid.arrays import GridArrays, region_arrays
from grid.reliability.normal_year import normal_year
from grid.security.scan import security_scan
from grid.study import region_study

MIN_PER_H = 60.0
LOADING_LIMIT_PERCENT = 100.0


def key_figures(region: Region, arrays: GridArrays | None = None) -> tuple[Figure, ...]:
    """Key figures of the grid, those without a published value left out.

    SAIDI and SAIFI are of a normal year by the load-point method over the feeders.
    They leave out planned work, the low-voltage network and the meshed grid, which
    the published figures hold. The loading and the share of secure outages are held
    against the planning criterion instead of a publication.

    Parameters
    ----------
    region : Region
    arrays : GridArrays, optional
        Of the same region; derived when left out, which takes seconds.

    Returns
    -------
    tuple of Figure
    """
    year = normal_year(region)
    customers = region.areas.customers
    oslo: BoolArray = region.areas.kommunenummer == OSLO
    saidi_min = np.nan_to_num(year.saidi_h) * MIN_PER_H
    known = set(region.published.figure.tolist())
    model = {
        "saidi_norway_min": year.total_saidi_h * MIN_PER_H,
        "saidi_oslo_min": np.average(saidi_min[oslo], weights=customers[oslo]),
        "saidi_akershus_min": np.average(saidi_min[~oslo], weights=customers[~oslo]),
        "saifi_norway": year.total_saifi,
    }
    figures = [
        compare(region, figure, float(value)) for figure, value in model.items() if figure in known
    ]
    loading, secure = winter_peak_security(
        region, region_arrays(region) if arrays is None else arrays
    )
    limit = "planning criterion: within rating in the intact winter peak (ratings are estimates)"
    single = "planning criterion: any single line or transformer may be lost (N-1)"
    figures += [
        _against("peak_loading_percent", loading * 100.0, LOADING_LIMIT_PERCENT, "%", limit),
        _against("n1_secure_share", secure, 1.0, "1", single),
    ]
    return tuple(figures)


def winter_peak_security(region: Region, arrays: GridArrays) -> tuple[float, float]:
    """Measure the loading of the intact winter peak, and what outages it stands.

    Parameters
    ----------
    region : Region
    arrays : GridArrays
        Of the same region.

    Returns
    -------
    loading : float
        Highest loading of a branch before anybody acts, all in service. [1]
    secure_share : float
        Share of single outages of a line or transformer after which everybody is
        served, nothing trips and every branch is within its rating. [1]
    """
    scan = security_scan(region_study(region, arrays=arrays))
    return scan.intact.loading_before, scan.singles_secure / len(scan.singles)


def _against(figure: str, model: float, limit: float, unit: str, source: str) -> Figure:
    return Figure(
        figure=figure,
        model=model,
        published=limit,
        unit=unit,
        deviation=model / limit - 1.0,
        source=source,
        quality="estimated",
    )
