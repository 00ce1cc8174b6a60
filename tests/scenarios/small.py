"""A region of two feeders and four sites, small enough to count by hand."""

from dataclasses import replace
from typing import Any

import numpy as np

from data.grid_tables import Feeders, Sections, Storage
from data.region import Backups, Depots, EvCharging, MutualAid, Region, Sites, Telecom
from data.tables import Table, columns
from scenarios.schema import Measure

TYPES: dict[str, Any] = {"number": float, "whole": np.int64, "flag": bool}


def table(kind: type[Table], /, **given: list[Any]) -> Any:
    """Make a table from the columns given; the others are empty, 0 or False."""
    length = len(next(iter(given.values())))
    made = {}
    for name, column in columns(kind):
        if column.kind in TYPES:
            made[name] = np.array(given.get(name, [0] * length), dtype=TYPES[column.kind])
        else:
            made[name] = np.array(given.get(name, ["x"] * length), dtype=np.str_)
    return kind(**made)


def small(region: Region) -> Region:
    """Replace the tables that measures change by small ones."""
    return replace(
        region,
        feeders=table(Feeders, feeder_id=["f1", "f2"], customers=[100, 1000]),
        sections=table(
            Sections,
            section_id=["f1a", "f1b", "f2a", "f2b", "f2c"],
            feeder_id=["f1", "f1", "f2", "f2", "f2"],
            parent_section_id=["", "f1a", "", "f2a", "f2b"],
            switch_kind=["breaker", "none", "breaker", "manual", "none"],
            reserve=["none", "none", "none", "none", "manual"],
            overhead_km=[4.0, 6.0, 1.0, 2.0, 3.0],
            cable_km=[0.0, 0.0, 5.0, 5.0, 5.0],
            forest_share=[0.5, 0.9, 0.2, 0.1, 0.05],
            customers=[60, 40, 300, 300, 400],
        ),
        sites=table(
            Sites,
            site_id=["w", "c", "h", "o"],
            kind=["water_works", "care", "hospital", "other"],
            load_mw=[1.0, 2.0, 4.0, 8.0],
        ),
        backups=table(
            Backups,
            site_id=["h", "c", "w", "o"],
            ups_h=[0.5, 0.1, 0.0, 0.0],
            genset_share=[1.0, 0.25, 0.0, 0.0],
            gensets=[4, 1, 0, 0],
            gensets_needed=[3, 1, 0, 0],
            start_failure_probability=[0.005, 0.05, 0.2, 0.2],
            fuel_h=[100.0, 8.0, 0.0, 0.0],
            refuelled=[True, False, False, False],
        ),
        telecom=table(
            Telecom,
            area_id=["a", "b"],
            base_stations=[100, 50],
            battery_h=[2.0, 10.0],
            reinforced_share=[0.1, 0.5],
            reinforced_h=[24.0, 96.0],
        ),
        ev_charging=table(
            EvCharging, area_id=["a", "b"], electric_cars=[1000, 500], smart_share=[0.2, 0.8]
        ),
        depots=table(
            Depots,
            depot_id=["d1", "d2", "t"],
            skill=["distribution", "distribution", "transmission"],
            crews=[3, 4, 5],
        ),
        mutual_aid=table(
            MutualAid, aid_id=["aid_old"], depot_id=["d1"], arrives_h=[24.0], crews=[2]
        ),
        storage=table(Storage, storage_id=[]),
    )


def measure(*actions: dict[str, Any], name: str = "m", costs: Any = None) -> Measure:
    """Make a measure from actions; without costs given it is free."""
    free = {
        "crews": "crew",
        "underground": "cable_km",
        "telecom_backup": "base_station",
        "site_backup": "genset_kw",
        "neighbourhood_batteries": "battery",
        "smart_charging": "car",
        "data_sharing": "plan",
    }
    text = {"nb": "n", "en": "e"}
    if costs is None:
        costs = [{"of": free[actions[0]["kind"]]}]
    return Measure.model_validate(
        {
            "schema_version": 1,
            "id": name,
            "name": text,
            "summary": text,
            "actions": list(actions),
            "costs": [{"source": "s", "quality": "estimated"} | cost for cost in costs],
            "source": "s",
            "quality": "estimated",
        }
    )
