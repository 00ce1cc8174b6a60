"""The table of dependencies as a person reads it. Region in, rows out; no Streamlit."""

import numpy as np
import pandas as pd

from data.dependency_graph import CREW, shared_services
from data.region import Region
from ui.course_rows import TO_PERCENT, titled
from ui.naming import Names

KINDS = ("function", "kind", "site", "crews", "shared")
"""What a dependent may be, in the order it is listed."""


def kind_of(dependent: str, region: Region) -> str:
    """Say what a dependent of the table is, one of `KINDS`."""
    if dependent in region.functions.function_id:
        return "function"
    if dependent.startswith(CREW):
        return "crews"
    if dependent in shared_services(region):
        return "shared"
    return "site" if dependent in region.sites.site_id else "kind"


def dependents(region: Region, names: Names) -> list[str]:
    """Dependents of the table: functions first, each group by name."""
    found = sorted(set(region.dependencies.dependent.tolist()))
    return sorted(found, key=lambda d: (KINDS.index(kind_of(d, region)), names.kind(d).lower(), d))


def label(dependent: str, region: Region, names: Names) -> str:
    """Name a dependent with what it is."""
    return names.texts(
        "functions.dependent.option",
        name=titled(names.kind(dependent)),
        kind=names.texts(f"dependent.{kind_of(dependent, region)}").lower(),
    )


def rule_said(rule: str, k: int, group: str, names: Names) -> str:
    """Say how the needs of a group combine; nothing of a need that stands alone."""
    if not group and rule == "weakest":
        return ""
    return names.texts(f"rule.{rule}", k=k)


def dependency_table(region: Region, names: Names, dependent: str = "") -> pd.DataFrame:
    """Write one row a need, of one dependent or of all.

    Parameters
    ----------
    region : Region
    names : Names
    dependent : str
        As in the table; empty for all.

    Returns
    -------
    DataFrame
        Who, what it is, needs, group and rule in words, autonomy [h], level after [%],
        recovery [h], quality and source. Shortest autonomy first within each dependent.
    """
    texts, table = names.texts, region.dependencies
    place = {each: at for at, each in enumerate(dependents(region, names))}
    order = np.lexsort((table.autonomy_h, [place[d] for d in table.dependent.tolist()]))
    at = [int(row) for row in order if dependent in ("", str(table.dependent[row]))]
    who = [str(table.dependent[row]) for row in at]
    group = [str(table.group[row]) for row in at]
    return pd.DataFrame(
        {
            texts("functions.dependent"): [titled(names.kind(each)) for each in who],
            texts("functions.dependent.kind"): [
                texts(f"dependent.{kind_of(each, region)}") for each in who
            ],
            texts("functions.needs"): [names.need(str(table.needs[row])) for row in at],
            texts("term.group"): [texts.known(f"group.{each}", each) for each in group],
            texts("term.rule"): [
                rule_said(str(table.rule[row]), int(table.k[row]), each, names)
                for row, each in zip(at, group, strict=True)
            ],
            texts("functions.autonomy"): table.autonomy_h[at],
            texts("functions.after"): table.level_after[at] * TO_PERCENT,
            texts("functions.recovery"): table.recovery_h[at],
            texts("term.quality"): [texts(f"quality.{q}") for q in table.quality[at].tolist()],
            texts("term.source"): table.source[at].tolist(),
        }
    )
