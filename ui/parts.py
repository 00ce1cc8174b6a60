"""Parts that several pages show: provenance, states, tables with their CSV, charts."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from data.problems import BeredtError, InputError
from ui import jobs, reading
from ui.state import View, current_view, names, t, texts

READ_ROWS = 30
"""Longest table drawn as plain HTML; longer ones can be sorted and searched."""


def result_head(title: str) -> View | None:
    """Draw title, provenance and states of a result page; None when there is nothing to show.

    Parameters
    ----------
    title : str
        h1; it may hold ``{scenario}`` and ``{portfolio}``.
    """
    view = current_view()
    if view is None:
        st.title(t(f"{title}.title.empty"))
        st.info(t("state.empty.run"))
        st.page_link("views/run.py", label=t("state.empty.button"), icon=":material/play_arrow:")
        return None
    called = names(view.run)
    st.title(
        t(
            f"{title}.title",
            scenario=called.get(view.scenario, view.scenario),
            portfolio=called.get(view.portfolio, view.portfolio),
        )
    )
    st.caption(provenance(view))
    states(view)
    if view.finished == 0:
        st.info(t("state.none_finished"))
        st.page_link("views/run.py", label=t("state.follow"), icon=":material/play_arrow:")
        return None
    return view


def provenance(view: View) -> str:
    """One line: when, replications, seed, region, and the share of estimated inputs."""
    manifest = view.run.manifest
    return t(
        "provenance",
        when=texts().when(manifest.created),
        n=texts().number(view.finished),
        seed=str(manifest.seed),
        region=manifest.region_id,
        estimated=texts().percent(manifest.estimated_share),
    )


def left_out(progress: jobs.Progress) -> None:
    """Say which replications gave no result."""
    if progress.failed_replications:
        listed = ", ".join(str(r) for r in progress.failed_replications[:20])
        n = texts().number(len(progress.failed_replications))
        st.warning(t("state.partly_failed", n=n, listed=listed))


def states(view: View) -> None:
    """Say that a run is under way, stopped, failed, partly failed or old."""
    progress = jobs.progress(jobs.runs_folder(), view.run.manifest.run_id)
    total = view.run.manifest.replications
    done, whole = texts().number(view.finished), texts().number(total)
    if progress.active:
        st.info(t("state.preliminary", done=done, total=whole))
    elif progress.state == "failed":
        st.error(t("state.failed", message=progress.message or t("state.no_message"), done=done))
    elif view.finished + len(progress.failed_replications) < total:
        st.warning(t("state.stopped", done=done, total=whole))
    left_out(progress)
    if is_old(view):
        st.warning(t("state.old"))
        st.page_link("views/run.py", label=t("state.run_again"), icon=":material/replay:")


def is_old(view: View) -> bool:
    """Whether the region's tables or the model have changed since the run was made."""
    recorded = view.run.manifest.inputs
    now = {"region": reading.region().input_hash, "code": reading.model_hash()}
    return any(name in recorded and recorded[name] != value for name, value in now.items())


def metric_cards(cards: Sequence[tuple[str, str, str]]) -> None:
    """Draw key numbers: label, number, and the spread in words below it."""
    with st.grid(min(len(cards), 4), min_column_width=180):
        for label, value, spread in cards:
            with st.container(border=True, height="stretch"):
                # The metric's own label would be cut where it is longer than the card.
                st.markdown(label)
                st.metric(label, value, label_visibility="collapsed")
                st.caption(spread)


def chart(
    figure: Any,  # noqa: ANN401 -- any Altair chart
    finding: str,
    key: str,
    numbers: pd.DataFrame | None = None,
) -> None:
    """Draw a chart, its finding below and as alternative text, and its numbers as a table."""
    st.altair_chart(figure, theme=None, width="stretch", alt=finding, key=key)
    st.markdown(plain(finding))
    if numbers is not None:
        with st.expander(t("table.under_chart"), key=f"{key}_numbers"):
            table(numbers, finding, f"{key}_table")


def table(frame: pd.DataFrame, alt: str, key: str, config: Mapping[str, Any] | None = None) -> None:
    """Draw a table: plain HTML when short, else one that can be sorted and searched."""
    if len(frame) <= READ_ROWS and config is None:
        written = frame.astype(object).map(lambda cell: plain(str(cell)))
        st.table(written, alt=alt, hide_index=True, border="horizontal")
    else:
        st.dataframe(frame, alt=alt, hide_index=True, key=key, column_config=config or {})


def number_columns(frame: pd.DataFrame, wide: Sequence[str] = ()) -> dict[str, Any]:
    """Give columns of numbers the number signs of the reader's language, and some more room.

    Parameters
    ----------
    wide : sequence of str
        Columns of long text.
    """
    return {
        column: st.column_config.NumberColumn(format="localized")
        for column in frame.columns
        if pd.api.types.is_float_dtype(frame[column])
    } | {column: st.column_config.TextColumn(width="large") for column in wide}


def plain(text: str) -> str:
    """Escape what Markdown would read as marks: texts of files are shown as they are."""
    return re.sub(r"^(\d+)\.", r"\1\\.", re.sub(r"([\\`*_\[\]<>#$~|])", r"\\\1", text))


def download_csv(frame: pd.DataFrame, name: str, key: str) -> None:
    """Offer a table as CSV with ``;``, decimal comma and byte order mark, as Excel reads it."""
    content = frame.to_csv(index=False, sep=";", decimal=",").encode("utf-8-sig")
    st.download_button(
        t("download.csv"),
        content,
        file_name=f"{name}.csv",
        mime="text/csv",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def problem(error: BeredtError) -> None:
    """Show what is wrong with some input, each problem on its line."""
    lines = [str(p) for p in error.problems] if isinstance(error, InputError) else [str(error)]
    st.error(t("state.problem"))
    st.code("\n".join(lines), language=None)
