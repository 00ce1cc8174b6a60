"""Security scan: what the grid can afford to lose, and what each outage leads to."""

import pandas as pd
import streamlit as st

from grid.security.scan_outages import branch_parts, bus_parts, source_parts
from grid.security.scan_result import FAILED, Contingency, SecurityScan
from ui import grid_maps, grid_story, parts, reading, scan_reading
from ui.state import choose, colours, t, texts

MOST_PARTS = 4
LISTED = 300  # outages that can be looked at in detail
MNOK = 1e6
ASKED = "scan_asked"
STORY = "scan_story"
MAP_PX = 640


def show() -> None:
    """Draw the page."""
    study = scan_reading.study()
    st.title(t("security.title"))
    st.markdown(t("security.lead"))
    demand = texts().number(float(study.demand_mw[0].sum()))
    st.caption(t("security.provenance", region=study.name, demand=demand))
    st.header(t("security.choose"))
    scope, chosen = asked()
    with st.spinner(t("security.working")):
        found = scan_reading.scan(scope, chosen)
    summary(found)
    st.header(t("security.ranking"))
    ranking(found)
    st.header(t("security.map"))
    outage_map(found)
    st.header(t("security.story"))
    story(found)


def asked() -> tuple[str, tuple[str, ...]]:
    """Draw the choices and the button; what was last asked for is what counts."""
    scope = choose(
        t("security.scope"),
        scan_reading.SCOPES,
        "scan_scope",
        lambda name: t(f"security.scope.{name}"),
    )
    study = scan_reading.study()
    every = (*branch_parts(study), *source_parts(study), *bus_parts(study))
    chosen = st.multiselect(
        t("security.parts"),
        list(dict.fromkeys(part.part_id for part in every)),
        max_selections=MOST_PARTS,
        key="scan_parts",
        placeholder=t("security.parts.placeholder"),
        wrap=True,
    )
    wish = (scope, tuple(sorted(chosen)))
    if st.button(t("security.run"), key="scan_run", type="primary", icon=":material/play_arrow:"):
        st.session_state[ASKED] = wish
        st.session_state.pop(STORY, None)
    last: tuple[str, tuple[str, ...]] = st.session_state.get(ASKED, (scan_reading.SCOPES[0], ()))
    if wish != last:
        st.info(t("security.changed"))
    return last


def summary(found: SecurityScan) -> None:
    """Draw the scan in a few numbers."""
    number, total = texts().number, len(found.singles)
    everything = found.ranking
    worst = max(everything, key=lambda each: each.total_unserved_mw)
    loaded = max(everything, key=lambda each: max(each.loading_before, each.loading))
    yearly = sum(each.cost_nok_per_yr for each in everything if each.cost_nok_per_yr > 0)
    cards = [
        (
            t("security.result.share"),
            texts().percent(found.singles_secure / total, 1),
            t(
                "security.result.share.note",
                secure=number(found.singles_secure),
                total=number(total),
            ),
        )
    ]
    if found.pairs_scanned:
        cards.append(
            (
                t("security.result.pairs"),
                texts().percent(found.pairs_secure / found.pairs_scanned, 1),
                t(
                    "security.result.pairs.note",
                    secure=number(found.pairs_secure),
                    total=number(found.pairs_scanned),
                    hidden=number(found.pairs_not_worse),
                ),
            )
        )
    is_lost = worst.total_unserved_mw > 0
    note = (
        t("security.result.worst.note", out=worst.label)
        if is_lost
        else t("security.result.worst.none")
    )
    cards.append((t("security.result.worst"), grid_story.mw(worst.total_unserved_mw), note))
    before = loaded.loading_before >= loaded.loading
    cards.append(
        (
            t("security.result.loading"),
            texts().percent(max(loaded.loading_before, loaded.loading)),
            t(
                "security.result.loading.note",
                branch=loaded.loaded_before if before else loaded.loaded,
                out=loaded.label,
            ),
        )
    )
    cards.append(
        (
            t("security.result.cost"),
            texts().rounded(yearly),
            t("security.result.cost.note"),
        )
    )
    parts.metric_cards(cards)
    if found.pairs_left_out:
        st.warning(t("security.result.left_out", n=number(found.pairs_left_out)))
    failed = [each for each in everything if each.verdict == FAILED]
    for each in failed:
        st.warning(t("security.story.failed", out=each.label, message=each.failure))


def ranking(found: SecurityScan) -> None:
    """Draw every outage in a table that can be sorted, with its download."""
    rows = [
        {
            t("security.out"): each.label,
            t("security.result"): grid_story.result(each),
            t("security.unserved"): each.total_unserved_mw,
            t("security.customers"): each.customers,
            t("security.loading"): 100.0 * each.loading_before,
            t("security.where"): each.loaded_before,
            t("security.loading.after"): 100.0 * each.loading,
            t("security.duration"): each.duration_h,
            t("security.ens"): each.ens_mwh,
            t("security.cost"): each.cost_nok / MNOK,
            t("security.per_yr"): each.per_yr,
            t("security.cost_per_yr"): each.cost_nok_per_yr,
        }
        for each in found.ranking
    ]
    decimals = {
        "unserved": 1, "customers": 0, "loading": 1, "loading.after": 1, "duration": 0, "ens": 0,
        "cost": 1, "per_yr": 8, "cost_per_yr": 0,
    }  # fmt: skip
    frame = pd.DataFrame(rows).round({t(f"security.{k}"): n for k, n in decimals.items()})
    config = {
        t(f"security.{key}"): st.column_config.NumberColumn(format="localized") for key in decimals
    }
    first = found.ranking[0]
    alt = t("security.ranking.alt", n=len(frame), out=first.label, result=grid_story.result(first))
    st.markdown(t("security.ranking.text"))
    parts.table(frame, alt, "scan_table", config)
    parts.download_csv(frame, f"{found.name}-n-1", "scan_csv")


def outage_map(found: SecurityScan) -> None:
    """Draw each line and transformer by what its loss leads to."""
    figure = grid_maps.grid_map(
        reading.polygons(),
        grid_story.outage_marks(scan_reading.study(), found),
        grid_story.outage_styles(colours()),
        t("security.map.legend"),
        texts(),
        palette=colours(),
        height=MAP_PX,
    )
    parts.chart(figure, grid_story.map_finding(scan_reading.study(), found), "scan_map")
    st.caption(t("map.credit"))


def story(found: SecurityScan) -> None:
    """Draw what one outage leads to, step by step."""
    listed = {each.label: each for each in (*found.chosen, *found.ranking[:LISTED])}
    label = choose(t("security.story.choose"), list(listed), STORY, str)
    each = listed[label]
    for sentence in grid_story.sentences(each):
        st.markdown(parts.plain(sentence))
    if each.verdict == FAILED:
        return
    if each.steps:
        steps = grid_story.cascade_table(each)
        st.markdown(f"**{t('security.cascade')}**")
        parts.table(steps, t("security.cascade.alt", n=len(steps)), "scan_cascade")
    if each.binding:
        limits = grid_story.binding_table(each)
        st.markdown(f"**{t('security.binding')}**")
        st.markdown(t("security.binding.text"))
        parts.table(limits, t("security.binding.alt", n=len(limits)), "scan_binding")
    after_map(each)


def after_map(each: Contingency) -> None:
    """Draw the grid after an outage, with what is left of it."""
    after = scan_reading.aftermath(each.part_ids)
    if after is None:
        return
    st.markdown(f"**{t('security.after')}**")
    study = scan_reading.study()
    figure = grid_maps.grid_map(
        reading.polygons(),
        grid_story.after_marks(study, after),
        grid_story.after_styles(colours()),
        t("security.after.legend"),
        texts(),
        palette=colours(),
        height=MAP_PX,
    )
    loaded, finding = grid_story.after_finding(study, after)
    parts.chart(figure, finding, "scan_after", loaded)


show()
