"""Hazards of a scenario and actions of a measure in words. Models in, text out; no Streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.hazard_kinds import (
    AssetOutage,
    ControlLoss,
    Evacuation,
    FuelStop,
    RoadDisruption,
    SiteOutage,
    StaffAbsence,
    TelecomOutage,
    WindStorm,
)
from ui.naming import Names

SHARES = frozenset(
    {
        "level",
        "speed",
        "share",
        "remote_share",
        "sight_share",
        "smart_share",
        "reinforced_share",
        "start_failure_probability",
        "efficiency",
    }
)
"""Fields that hold a share of 1, written as percent."""

KINDS = frozenset({"site_kinds", "works_at"})
"""Fields that list kinds of place."""

EVERYWHERE = {"area_ids": "areas", "works_at": "places", "depot_ids": "depots"}
"""Fields that mean everything when they are left out, and what everything is."""

UNKNOWN_REPAIR_H = 1.0
"""Length drawn for an outage that ends with a repair not yet known. [h]"""

LISTED = 3
"""So many names stand in a note; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardBar:
    """A hazard on the timeline of a crisis.

    Attributes
    ----------
    name, note : str
        What it is, and how hard, in the language of the names.
    from_h, to_h : float
        [h]
    is_open : bool
        Whether its end is not known beforehand, so that ``to_h`` is only drawn.
    """

    name: str
    note: str
    from_h: float
    to_h: float
    is_open: bool = False


def hazard_bar(hazard: Any, names: Names) -> HazardBar:  # noqa: ANN401 -- any kind of hazard
    """Name, hours and note of a hazard."""
    is_open = isinstance(hazard, AssetOutage) and hazard.repair_h is None
    lasts_h = getattr(hazard, "duration_h", None) or getattr(hazard, "repair_h", None)
    return HazardBar(
        name=names.texts(f"hazard.{hazard.kind}"),
        note=_note(hazard, names),
        from_h=hazard.start_h,
        to_h=hazard.start_h + (lasts_h or UNKNOWN_REPAIR_H),
        is_open=is_open,
    )


def bar_finding(bar: HazardBar, names: Names) -> str:
    """Say a hazard in one sentence; the end only where it is known."""
    key = "crises.hazards.finding.open" if bar.is_open else "crises.hazards.finding"
    return names.texts(key, name=bar.name, from_h=bar.from_h, to_h=bar.to_h, note=bar.note)


def _note(hazard: Any, names: Names) -> str:  # noqa: ANN401, PLR0911 -- one sentence a kind
    texts, key = names.texts, f"hazard.{hazard.kind}.note"
    match hazard:
        case WindStorm():
            return texts(key, gust=texts.rounded(hazard.peak_gust_ms))
        case AssetOutage():
            end = ".open" if hazard.repair_h is None else ""
            return texts(key + end, n=texts.number(len(hazard.asset_ids)))
        case SiteOutage():
            where = _few(hazard.site_ids, names, f"{key}.n")
            return texts(key, where=where, level=texts.percent(hazard.level))
        case RoadDisruption():
            return _road_note(hazard, names)
        case TelecomOutage():
            return _telecom_note(hazard, names)
        case StaffAbsence():
            end = ".schools" if hazard.schools_closed else ""
            where = _few(hazard.area_ids, names, "hazard.areas") or texts("hazard.all.areas")
            return texts(key + end, share=texts.percent(hazard.share), where=where)
        case ControlLoss():
            struck = (("remote", hazard.remote_share), ("sight", hazard.sight_share))
            said = [
                texts(f"{key}.{what}", share=texts.percent(share))
                for what, share in struck
                if share > 0.0
            ]
            return ", ".join(said) or texts("value.none")
        case FuelStop():
            where = _few(hazard.depot_ids, names, "hazard.depots") or texts("hazard.all.depots")
            return texts(key, level=texts.percent(hazard.level), where=where)
        case Evacuation():
            where = _few(hazard.area_ids, names, "hazard.areas")
            return texts(key, share=texts.percent(hazard.share), where=where)
        case _:
            return texts.known(key, hazard.kind)


def _road_note(hazard: RoadDisruption, names: Names) -> str:
    texts, key = names.texts, "hazard.road_disruption.note"
    parts = [
        _few(hazard.road_ids, names, f"{key}.roads"),
        texts(f"{key}.areas", where=_few(hazard.area_ids, names, "hazard.areas"))
        if hazard.area_ids
        else "",
    ]
    where = ", ".join(part for part in parts if part)
    if hazard.speed > 0.0:
        return texts(f"{key}.slowed", speed=texts.percent(hazard.speed), where=where)
    return texts(f"{key}.closed", where=where)


def _telecom_note(hazard: TelecomOutage, names: Names) -> str:
    texts, key = names.texts, "hazard.telecom_outage.note"
    parts = []
    if hazard.route_ids:
        routes = _few(hazard.route_ids, names, f"{key}.routes.n")
        parts.append(texts(f"{key}.routes", where=routes))
    if hazard.area_ids or not hazard.route_ids:
        where = _few(hazard.area_ids, names, "hazard.areas") or texts("hazard.all.areas")
        networks = ", ".join(names.need(each) for each in hazard.networks)
        level = texts.percent(hazard.level)
        parts.append(texts(key, networks=networks, where=where, level=level))
    return "; ".join(parts)


def _few(ids: Sequence[str], names: Names, many: str) -> str:
    """Name a few things; count more."""
    if len(ids) <= LISTED:
        return ", ".join(names(each) for each in ids)
    return names.texts(many, n=names.texts.number(len(ids)))


def field_rows(part: Any, names: Names, family: str) -> list[tuple[str, str]]:  # noqa: ANN401 -- any hazard or action
    """Write each field of a hazard or an action: its name in words, and its value.

    Parameters
    ----------
    part : model
        A hazard or an action, with its ``kind``.
    names : Names
    family : str
        ``hazard`` or ``action``: where the texts of its fields stand.
    """
    prefix = f"{family}.{part.kind}"
    return [
        (
            names.texts.known(f"{prefix}.{field}", field),
            value_said(value, field, f"{prefix}.{field}", names),
        )
        for field, value in part.model_dump(exclude={"kind"}).items()
    ]


def value_said(value: Any, field: str, key: str, names: Names) -> str:  # noqa: ANN401, PLR0911 -- any value of a file
    """Write one value of a file in words.

    Parameters
    ----------
    value : any
    field : str
        Its name in the file.
    key : str
        Key of its name among the texts; a choice has its words below it.
    names : Names
    """
    texts = names.texts
    match value:
        case None:
            return texts.known(f"{key}.none", texts("value.none"))
        case bool():
            return texts("value.yes" if value else "value.no")
        case int() | float():
            return texts.percent(value) if field in SHARES else texts.rounded(float(value))
        case str():
            return texts.known(f"{key}.{value}", names(value))
        case () | [] if field in EVERYWHERE and not key.startswith("hazard.road_disruption"):
            return texts(f"hazard.all.{EVERYWHERE[field]}")
        case () | []:
            return texts("value.none")
        case _:
            name = names.kind if field in KINDS else names
            return ", ".join(name(str(each)) for each in value)
