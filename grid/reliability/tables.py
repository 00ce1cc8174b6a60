"""Tables of a folder of radial feeders, and the defaults for what they leave out."""

from dataclasses import dataclass

from data.region import KILE_GROUPS
from data.tables import (
    FloatArray,
    StrArray,
    Table,
    choice,
    identifier,
    number,
    text,
)

DEVICES = ("none", "disconnector", "remote_disconnector", "breaker", "fuse")
TRANSFORMER_DEVICES = ("none", "disconnector", "fuse")
SECTION_KINDS = ("overhead", "cable")
TRANSFORMERS = ("none", "repair", "replace")
CONTROLS = ("manual", "remote")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederTable(Table):
    """Provenance is welcome and not required."""

    source: StrArray = text()
    quality: StrArray = choice("measured", "published", "estimated", optional=True)
    origin: StrArray = text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Busbars(FeederTable):
    """Nodes where feeders begin: busbars of a substation, taken to be always live."""

    node: StrArray = identifier()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections(FeederTable):
    """Sections of line or cable, ``from_node`` nearer the busbar.

    ``device`` stands at that end. A rate of its own (``failure_rate_per_yr``) goes before
    the rate by length.
    """

    section_id: StrArray = identifier()
    from_node: StrArray = text(optional=False)
    to_node: StrArray = text(optional=False)
    device: StrArray = choice(*DEVICES)
    kind: StrArray = choice(*SECTION_KINDS, optional=True)
    length_km: FloatArray = number("km", optional=True)
    failure_rate_per_km_yr: FloatArray = number("1/(km yr)", optional=True)
    failure_rate_per_yr: FloatArray = number("1/yr", optional=True)
    repair_h: FloatArray = number("h", optional=True)
    p_device_fails: FloatArray = number(high=1.0, optional=True)
    switching_h: FloatArray = number("h", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoints(FeederTable):
    """Where customers are supplied. Empty ``customers``: not counted in SAIFI and SAIDI."""

    load_point_id: StrArray = identifier()
    node: StrArray = text(optional=False)
    customers: FloatArray = number("customers", optional=True)
    mean_mw: FloatArray = number("MW")
    peak_mw: FloatArray = number("MW", optional=True)
    kile_group: StrArray = choice(*KILE_GROUPS, optional=True)
    kile_reference_mw: FloatArray = number("MW", optional=True)
    priority: FloatArray = number(low=1.0, optional=True)
    transformer: StrArray = choice(*TRANSFORMERS, optional=True)
    transformer_failure_rate_per_yr: FloatArray = number("1/yr", optional=True)
    transformer_out_h: FloatArray = number("h", optional=True)
    transformer_device: StrArray = choice(*TRANSFORMER_DEVICES, optional=True)
    p_transformer_device_fails: FloatArray = number(high=1.0, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TieTable(FeederTable):
    """Normally open connections. Empty ``to_node``: a supply outside; empty capacity: any."""

    tie_id: StrArray = identifier()
    node: StrArray = text(optional=False)
    to_node: StrArray = text()
    capacity_mw: FloatArray = number("MW", optional=True)
    p_available: FloatArray = number(high=1.0, optional=True)
    control: StrArray = choice(*CONTROLS, optional=True)
    switching_h: FloatArray = number("h", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(FeederTable):
    """Figures that hold where a row has none of its own."""

    name: StrArray = identifier()
    value: FloatArray = number()
    unit: StrArray = text()


REQUIRED: dict[str, type[Table]] = {
    "busbars": Busbars,
    "sections": Sections,
    "load_points": LoadPoints,
}
OPTIONAL: dict[str, type[Table]] = {"ties": TieTable, "parameters": Parameters}
"""Tables of a folder, those that must be there and those that may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A figure used where the tables have none.

    Attributes
    ----------
    value : float
    unit : str
    source : str
        Where it comes from; an estimate says so.
    high : float
        Largest value allowed.
    """

    value: float
    unit: str
    source: str
    high: float = float("inf")


_CINELDI = "CINELDI MV reference data set, doi 10.5281/zenodo.7703070"
_RBTS = "Allan et al., IEEE Trans. Power Systems 6 (1991) 813-820 (RBTS bus 2)"

DEFAULTS: dict[str, Default] = {
    "overhead_failure_rate_per_km_yr": Default(value=0.0397, unit="1/(km yr)", source=_CINELDI),
    "cable_failure_rate_per_km_yr": Default(value=0.0179, unit="1/(km yr)", source=_CINELDI),
    "overhead_repair_h": Default(value=3.0, unit="h", source=_CINELDI),
    "cable_repair_h": Default(value=5.0, unit="h", source=_CINELDI),
    "transformer_failure_rate_per_yr": Default(value=0.0054, unit="1/yr", source=_CINELDI),
    "transformer_repair_h": Default(value=200.0, unit="h", source=_RBTS),
    "transformer_replace_h": Default(value=10.0, unit="h", source=_RBTS),
    "repair_cv": Default(value=0.0, unit="1", source="estimate: repair times do not vary"),
    "manual_switching_h": Default(value=1.0, unit="h", source=_RBTS),
    "remote_switching_h": Default(
        value=0.33,
        unit="h",
        source="estimate: 0.25 h until the control room knows of the fault, 5 min to switch",
    ),
    "p_breaker_fails": Default(
        value=0.0, unit="1", source="estimate: breakers always clear", high=1.0
    ),
    "p_fuse_fails": Default(value=0.0, unit="1", source="estimate: fuses always clear", high=1.0),
    "p_tie_available": Default(
        value=1.0, unit="1", source="estimate: ties can always be used", high=1.0
    ),
    "peak_over_mean": Default(value=1.62, unit="1", source=f"{_RBTS}, residential 0.8668 / 0.535"),
}
"""What holds where neither the row nor ``parameters.csv`` has a figure."""
