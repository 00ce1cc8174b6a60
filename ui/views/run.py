"""Run: choose crisis, portfolios and replications, start, follow, stop and resume."""

from datetime import UTC, datetime

import streamlit as st

from data.problems import BeredtError
from ui import jobs, parts, reading
from ui.state import choose, choose_many, follow, language, names, reopen, selected_run_id, t, texts

DEFAULT_REPLICATIONS = 100
MAX_REPLICATIONS = 100_000
FEWEST = 2  # replications needed to say anything about the spread
MINUTES_FROM_S = 90
_ERROR = "start_error"


def show() -> None:
    """Draw the page."""
    st.title(t("run.title"))
    st.markdown(t("run.lead"))
    start_form()
    if st.session_state.get(_ERROR):
        st.error(t("run.not_started", reason=st.session_state[_ERROR]))
    run_id = selected_run_id()
    st.header(t("run.progress"))
    if not run_id:
        st.markdown(t("run.none"))
        return
    active = jobs.progress(jobs.runs_folder(), run_id).active
    st.fragment(follow_run, run_every="1s" if active else None)(run_id, active)


def start_form() -> None:
    """Draw the choices and the button that starts a run."""
    scenarios, portfolios = reading.scenarios(), reading.portfolios()
    baseline, *others = portfolios
    everything = portfolios | reading.orders()
    lang = language()
    left, right = st.columns(2, gap="medium")
    with left:
        choose(
            t("choose.scenario"),
            list(scenarios),
            "run_scenario",
            lambda s: getattr(scenarios[s].name, lang),
        )
        choose_many(
            t("run.portfolios"),
            list(everything)[1:],
            "run_portfolios",
            lambda p: getattr(everything[p].name, lang),
            at_first=others,
        )
        st.caption(t("run.baseline", name=getattr(portfolios[baseline].name, lang)))
    with right:
        st.number_input(
            t("run.replications"),
            min_value=FEWEST,
            max_value=MAX_REPLICATIONS,
            value=DEFAULT_REPLICATIONS,
            step=10,
            key="run_replications",
            persist_state="session",
        )
        st.number_input(
            t("run.seed"),
            min_value=0,
            max_value=2**31 - 1,
            value=1,
            key="run_seed",
            persist_state="session",
        )
        st.caption(t("run.seed.note"))
    st.button(
        t("run.start"),
        key="run_start",
        type="primary",
        icon=":material/play_arrow:",
        on_click=start,
        args=(baseline,),
    )


def start(baseline: str) -> None:
    """Start what the form says, and follow it."""
    chosen = st.session_state
    request = jobs.Request(
        scenario=chosen["run_scenario"],
        portfolios=(baseline, *chosen["run_portfolios"]),
        replications=int(chosen["run_replications"]),
        seed=int(chosen["run_seed"]),
    )
    run_id = jobs.new_run_id(request.scenario, datetime.now(UTC))
    chosen[_ERROR] = ""
    try:
        jobs.start(request, jobs.runs_folder(), run_id)
    except (BeredtError, OSError) as error:
        chosen[_ERROR] = str(error)
    else:
        follow(run_id)


def follow_run(run_id: str, was_active: bool) -> None:
    """Draw how far a run has come; drawn again each second while it is at work."""
    folder = jobs.runs_folder()
    progress = jobs.progress(folder, run_id)
    if was_active and not progress.active:
        st.rerun()
    st.markdown(t("run.id", run_id=run_id))
    if progress.active:
        share = progress.done / progress.total if progress.total else 0.0
        st.progress(min(share, 1.0), text=how_far(progress))
        st.info(t("run.announce", quarter=texts().percent(int(share * 4) / 4)))
    elif progress.state == "done":
        st.success(t("run.done", done=texts().number(progress.done)))
    elif progress.state == "stopped":
        done, total = texts().number(progress.done), texts().number(progress.total)
        st.warning(t("run.stopped", done=done, total=total))
    else:
        st.error(t("run.failed", message=progress.message or t("state.no_message")))
    parts.left_out(progress)
    preliminary(run_id, final=progress.state == "done")
    buttons(run_id, progress)
    log(run_id, open_first=progress.state == "failed")


def how_far(progress: jobs.Progress) -> str:
    """Write count and time left."""
    if not progress.total:
        return t("run.starting")
    done, total = texts().number(progress.done), texts().number(progress.total)
    if progress.seconds_left is None:
        return t("run.running", done=done, total=total)
    if progress.seconds_left < MINUTES_FROM_S:
        left = t("run.seconds", n=texts().number(progress.seconds_left))
    else:
        left = t("run.minutes", n=texts().number(progress.seconds_left / 60))
    return t("run.running.left", done=done, total=total, left=left)


def preliminary(run_id: str, *, final: bool) -> None:
    """Draw the baseline's energy not supplied from what is finished so far."""
    try:
        run = reopen(run_id)
        scenario = run.manifest.scenarios[0]
        n = len(run.complete_replications(scenario))
        if n < FEWEST:
            return
        result = reading.comparison(str(run.folder), scenario, reading.stamp(run))
    except BeredtError:
        return
    baseline = run.manifest.portfolios[0]
    row = result.row("ens_mwh", baseline)
    st.markdown(
        t(
            "run.estimate.final" if final else "run.estimate",
            name=names(run).get(baseline, baseline),
            value=texts().quantity(row.mean, row.unit),
            spread=texts().spread(row.p5, row.p95),
            n=texts().number(n),
        )
    )


def buttons(run_id: str, progress: jobs.Progress) -> None:
    """Draw stop while the run is at work, resume or the results when it is not."""
    folder = jobs.runs_folder()
    with st.container(horizontal=True):
        if progress.active:
            st.button(
                t("run.stop"),
                key="run_stop",
                icon=":material/stop:",
                on_click=jobs.stop,
                args=(folder, run_id),
            )
            return
        if progress.resumable and st.button(
            t("run.resume"), key="run_resume", icon=":material/resume:"
        ):
            jobs.resume(folder, run_id)
            st.rerun()
        if progress.done:
            st.page_link(
                "views/results.py", label=t("overview.to_results"), icon=":material/monitoring:"
            )
            st.page_link(
                "views/compare.py", label=t("overview.to_compare"), icon=":material/balance:"
            )


def log(run_id: str, *, open_first: bool) -> None:
    """Draw the end of the run's log, and offer it as a file."""
    written = jobs.log_end(jobs.runs_folder(), run_id)
    if not written:
        return
    with st.expander(t("run.log"), expanded=open_first, key="run_log"):
        st.code(written, language=None)
        st.download_button(
            t("download.log"),
            written,
            file_name=f"{run_id}.log",
            mime="text/plain",
            key="run_log_file",
            on_click="ignore",
        )


show()
