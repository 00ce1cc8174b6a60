"""What outages lead to, in words, tables and marks for the map; in the language chosen."""

import math

import numpy as np
import pandas as pd

from grid.security.scan_result import (
    CASCADE,
    DARK,
    FAILED,
    RELIEVED,
    SECURE,
    SHED,
    Contingency,
    SecurityScan,
)
from grid.study import GridStudy
from ui.grid_maps import Mark, Style
from ui.scan_reading import Aftermath
from ui.state import t, texts
from ui.theme import Palette

TIGHT = "tight"
TIGHT_LOADING = 0.9
"""Loading from which a secure outage is drawn by itself, and a branch listed. [1]"""

MNOK = 1e6
LISTED_BUSES = 20
LISTED_BRANCHES = 20


def mw(value: float) -> str:
    """Write a power with its unit."""
    return t("security.mw", value=texts().rounded(value))


def result(each: Contingency) -> str:
    """Name what an outage leads to."""
    return t(f"security.verdict.{each.verdict}")


def outage_styles(palette: Palette) -> tuple[Style, ...]:
    """How each verdict is drawn, the worst last."""
    limit = texts().percent(TIGHT_LOADING)
    looks = {
        SECURE: (palette.neutral, 1.2, (1, 0)),
        TIGHT: (palette.line, 2.5, (1, 0)),
        RELIEVED: (palette.line, 3.0, (3, 2)),
        SHED: (palette.series[2], 3.0, (8, 3)),
        DARK: (palette.worse, 4.5, (1, 0)),
        CASCADE: (palette.series[5], 4.5, (5, 2)),
        FAILED: (palette.text, 3.0, (2, 2)),
    }
    return tuple(
        Style(
            key=key,
            name=t(f"security.verdict.{key}", limit=limit),
            colour=colour,
            width=width,
            dash=dash,
        )
        for key, (colour, width, dash) in looks.items()
    )


def after_styles(palette: Palette) -> tuple[Style, ...]:
    """How the grid after an outage is drawn."""
    limit = texts().percent(TIGHT_LOADING)
    looks = {
        "normal": (palette.neutral, 1.2, (1, 0)),
        "loaded": (palette.series[2], 3.0, (1, 0)),
        "dead": (palette.worse, 1.5, (2, 2)),
        "out": (palette.text, 4.0, (3, 2)),
        "tripped": (palette.series[5], 4.0, (5, 2)),
        "dark": (palette.worse, 6.0, (1, 0)),
    }
    return tuple(
        Style(
            key=key,
            name=t(f"security.after.{key}", limit=limit),
            colour=colour,
            width=width,
            dash=dash,
        )
        for key, (colour, width, dash) in looks.items()
    )


def outage_marks(study: GridStudy, scan: SecurityScan) -> list[Mark]:
    """One mark for each line and transformer that has a place."""
    alone = {
        (each.kinds[0], each.part_ids[0]): each for each in scan.singles if len(each.part_ids) == 1
    }
    marks = []
    for element in study.elements:
        each = alone[element.table, element.element_id]
        is_tight = each.verdict == SECURE and each.loading_before >= TIGHT_LOADING
        if each.total_unserved_mw > 0:
            said = t(
                "security.map.unserved",
                result=result(each),
                mw=texts().rounded(each.total_unserved_mw),
            )
        else:
            loading = texts().percent(each.loading_before)
            said = t("security.map.text", result=result(each), loading=loading)
        for branch in element.branches:
            kind = TIGHT if is_tight else each.verdict
            marks += _branch_mark(study, branch, kind, element.element_id, said)
    return marks


def _branch_mark(study: GridStudy, branch: int, kind: str, name: str, text: str) -> list[Mark]:
    head, tail = study.arrays.from_bus[branch], study.arrays.to_bus[branch]
    x, y = study.x_m, study.y_m
    segment = (float(x[head]), float(y[head]), float(x[tail]), float(y[tail]))
    if not all(math.isfinite(value) for value in segment):
        return []
    return [Mark(segment=segment, kind=kind, name=name, text=f"{name}: {text}")]


def map_finding(study: GridStudy, scan: SecurityScan) -> str:
    """Say in a sentence or two what the map of outages shows."""
    tables = set(study.branch_table.tolist())
    alone = [each for each in scan.singles if each.kinds[0] in tables]
    bad = [each for each in alone if each.verdict != SECURE]
    number, percent = texts().number, texts().percent
    if bad:
        return t(
            "security.map.finding.bad",
            bad=number(len(bad)),
            total=number(len(alone)),
            out=bad[0].label,
            result=result(bad[0]),
            mw=texts().rounded(bad[0].total_unserved_mw),
        )
    said = [
        t("security.map.finding", secure=number(len(alone) - len(bad)), total=number(len(alone)))
    ]
    tight = [each for each in alone if each.loading_before >= TIGHT_LOADING]
    if tight:
        worst = max(tight, key=lambda each: each.loading_before)
        said.append(
            t(
                "security.map.finding.tight",
                n=number(len(tight)),
                limit=percent(TIGHT_LOADING),
                branch=worst.loaded_before,
                loading=percent(worst.loading_before),
                out=worst.label,
            )
        )
    return " ".join(said)


def sentences(each: Contingency) -> list[str]:
    """Say what one outage leads to, who is hit and how often it is expected."""
    number, percent, rounded = texts().number, texts().percent, texts().rounded
    if each.verdict == FAILED:
        return [t("security.story.failed", out=each.label, message=each.failure)]
    lost = each.total_unserved_mw > 0
    said = []
    if each.verdict == SECURE:
        loading = percent(each.loading)
        said.append(t("security.story.secure", out=each.label, loading=loading, branch=each.loaded))
    elif each.verdict == RELIEVED:
        said.append(
            t(
                "security.story.relieved",
                out=each.label,
                branch=each.loaded_before,
                loading=percent(each.loading_before),
                hours=rounded(each.relief_h),
            )
        )
    else:
        said.append(
            t(
                "security.story.lost",
                out=each.label,
                mw=rounded(each.total_unserved_mw),
                customers=number(each.customers),
                share=percent(each.customer_share, 1),
            )
        )
    if lost:
        named = [
            t("security.story.class", name=t(f"security.class.{at}"), mw=rounded(power))
            for at, power in enumerate(each.unserved_mw)
            if power > 0
        ]
        said.append(t("security.story.classes", classes=", ".join(named)))
    if each.dark_bus_ids:
        buses = ", ".join(each.dark_bus_ids[:LISTED_BUSES])
        if len(each.dark_bus_ids) > LISTED_BUSES:
            buses += " …"
        said.append(t("security.story.dark", n=number(len(each.dark_bus_ids)), buses=buses))
    if each.verdict not in (SECURE, RELIEVED):
        if each.relief_h > 0:
            said.append(t("security.story.relief", hours=rounded(each.relief_h)))
        said.append(
            t(
                "security.story.loading",
                branch=each.loaded_before,
                before=percent(each.loading_before),
                after_branch=each.loaded,
                after=percent(each.loading),
            )
        )
    said.append(_often(each))
    return said


def _often(each: Contingency) -> str:
    rounded = texts().rounded
    told = {"hours": rounded(each.duration_h), "cost": rounded(each.cost_nok / MNOK)}
    if not each.per_yr > 0:
        return t("security.story.often.unknown", **told)
    return t("security.story.often", years=rounded(1.0 / each.per_yr), **told)


def cascade_table(each: Contingency) -> pd.DataFrame:
    """Every trip with its time, loading and cause."""
    rows = []
    for step in each.steps:
        for name, loading, cause in zip(step.branch_ids, step.loading, step.cause, strict=True):
            rows.append(
                {
                    t("security.cascade.time"): texts().rounded(step.t_h),
                    t("security.cascade.branch"): name,
                    t("security.cascade.loading"): texts().percent(loading),
                    t("security.cascade.cause"): ", ".join(cause) or t("security.cascade.outage"),
                }
            )
    return pd.DataFrame(rows)


def binding_table(each: Contingency) -> pd.DataFrame:
    """Every rating that binds, with its shadow price."""
    return pd.DataFrame(
        {
            t("security.element"): [limit.branch_id for limit in each.binding],
            t("security.cascade.loading"): [
                texts().percent(limit.loading) for limit in each.binding
            ],
            t("security.binding.price"): [
                texts().rounded(limit.nok_per_mw) for limit in each.binding
            ],
        }
    )


def after_marks(study: GridStudy, after: Aftermath) -> list[Mark]:
    """Every branch by what has become of it, and the dark buses."""
    limit = texts().percent(TIGHT_LOADING)
    kinds = _after_kinds(study, after)
    marks: list[Mark] = []
    for branch, kind in enumerate(kinds):
        name = str(study.arrays.branch_ids[branch])
        loading = texts().percent(float(after.loading[branch]))
        said = t(f"security.after.{kind}", limit=limit)
        text = t("security.map.text", result=said, loading=loading)
        marks += _branch_mark(study, branch, kind, name, text)
    dark = np.isin(study.arrays.bus_ids, list(after.contingency.dark_bus_ids))
    for bus in np.flatnonzero(dark & np.isfinite(study.x_m) & np.isfinite(study.y_m)).tolist():
        x, y = float(study.x_m[bus]), float(study.y_m[bus])
        name = str(study.arrays.bus_ids[bus])
        text = f"{name}: {t('security.after.dark')}"
        marks.append(Mark(segment=(x, y, x, y), kind="dark", name=name, text=text))
    return marks


def after_finding(study: GridStudy, after: Aftermath) -> tuple[pd.DataFrame, str]:
    """Table of the most loaded branches, and what the map shows in a sentence."""
    kinds = _after_kinds(study, after)
    number = texts().number
    finding = t(
        "security.after.finding",
        out=after.contingency.label,
        tripped=number(kinds.count("tripped")),
        dark=number(len(after.contingency.dark_bus_ids)),
        loaded=number(kinds.count("loaded")),
        limit=texts().percent(TIGHT_LOADING),
    )
    order = np.argsort(-after.loading, kind="stable")[:LISTED_BRANCHES]
    table = pd.DataFrame(
        {
            t("security.element"): study.arrays.branch_ids[order],
            t("security.cascade.loading"): [
                texts().percent(float(value)) for value in after.loading[order]
            ],
        }
    )
    return table, finding


def _after_kinds(study: GridStudy, after: Aftermath) -> list[str]:
    """Say what has become of each branch: a key of ``after_styles``."""
    arrays = study.arrays
    tripped = [name for step in after.contingency.steps for name in step.branch_ids]
    kinds = np.full(len(arrays.branch_ids), "normal", dtype=object)
    kinds[after.loading >= TIGHT_LOADING] = "loaded"
    kinds[after.dark[arrays.from_bus] & after.dark[arrays.to_bus]] = "dead"
    kinds[~after.in_service] = "out"
    kinds[np.isin(arrays.branch_ids, tripped)] = "tripped"
    return kinds.tolist()
