"""What all pages share: language, colours, and the run and places chosen.

The address is the state: a copied link shows the same view. Choices are kept under their
identifiers, which are the same in both languages. (The binding of Streamlit's own select
boxes writes their labels, which are not, so the address is read and written here.)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from sim.outcome import SERVICES
from sim.store import Run, list_runs, open_run
from ui import jobs, reading
from ui.naming import Names
from ui.texts import LANGUAGES, Texts, read_texts
from ui.theme import Palette, palette

ADDRESS = ("run", "krise", "pakke", "omrade", "tjeneste", "lang")
"""Names in the address, and of the choices kept in the session."""

WHOLE_REGION = "alle"
_WRITTEN = "address_written"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the result pages show.

    Attributes
    ----------
    run : Run
    scenario, portfolio : str
    area : str
        area_id, or empty for the whole region.
    service : str
        One of ``sim.outcome.SERVICES``.
    stamp : str
        Key of what is finished; for the caches.
    finished : int
        Replications that every portfolio has finished.
    """

    run: Run
    scenario: str
    portfolio: str
    area: str
    service: str
    stamp: str
    finished: int

    @property
    def folder(self) -> str:
        """Folder of the run, as the caches take it."""
        return str(self.run.folder)


def adopt_address() -> None:
    """Take choices from the address, unless this session wrote them there itself."""
    written = st.session_state.get(_WRITTEN, {})
    for key in ADDRESS:
        value = st.query_params.get(key)
        if value and value != written.get(key):
            st.session_state[key] = value


def write_address() -> None:
    """Put the choices into the address."""
    chosen = {key: st.session_state[key] for key in ADDRESS if st.session_state.get(key)}
    for key, value in chosen.items():
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    st.session_state[_WRITTEN] = chosen


def language() -> str:
    """Language of the screen."""
    lang = st.session_state.get("lang")
    return lang if lang in LANGUAGES else LANGUAGES[0]


@st.cache_data(max_entries=len(LANGUAGES), show_spinner=False)
def _texts(lang: str) -> Texts:
    return read_texts(lang)


def texts() -> Texts:
    """Texts of the language chosen."""
    return _texts(language())


def t(key: str, **values: object) -> str:
    """Return one text in the language chosen."""
    return texts()(key, **values)


def colours() -> Palette:
    """Chart colours of the theme the browser shows."""
    return palette(st.context.theme.type)


def choose(
    label: str, options: Sequence[str], key: str, write: Callable[[str], str], default: str = ""
) -> str:
    """Select one identifier; a remembered one that is no longer there is forgotten.

    The choice is kept under ``key``. The select box has a key for each language, since
    the browser keeps the words of a choice until another is made.

    Returns
    -------
    str
        The identifier, or empty when there are no options.
    """
    if not options:
        st.session_state.pop(key, None)
        return ""
    if st.session_state.get(key) not in options:
        st.session_state[key] = default if default in options else options[0]
    box = f"{key}-{language()}"
    st.session_state[box] = st.session_state[key]
    labels = {option: write(option) for option in options}
    st.selectbox(
        label,
        options,
        format_func=lambda option: labels.get(option, option),
        key=box,
        placeholder=t("choose.placeholder"),
        on_change=_keep,
        args=(key, box),
    )
    return str(st.session_state[key])


def choose_many(
    label: str,
    options: Sequence[str],
    key: str,
    write: Callable[[str], str],
    at_first: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """Select any number of identifiers; kept as `choose` does.

    Those ``at_first`` are selected until something else is; all of them by default.
    """
    kept = st.session_state.get(key, tuple(options if at_first is None else at_first))
    st.session_state[key] = tuple(option for option in options if option in kept)
    box = f"{key}-{language()}"
    st.session_state[box] = list(st.session_state[key])
    labels = {option: write(option) for option in options}
    st.multiselect(
        label,
        options,
        format_func=lambda option: labels.get(option, option),
        key=box,
        placeholder=t("choose.placeholder"),
        wrap=True,
        on_change=_keep,
        args=(key, box),
    )
    return tuple(st.session_state[key])


def _keep(key: str, box: str) -> None:
    """Keep what was chosen in a box under the name that both languages share."""
    st.session_state[key] = st.session_state[box]


def names(run: Run) -> Mapping[str, str]:
    """Names on screen of a run's scenarios and portfolios."""
    return run.manifest.names.get(language(), {})


def called() -> Names:
    """Names of sites, functions, roads and the rest in the language chosen."""
    return reading.names(language())


def area_names() -> dict[str, str]:
    """Names of the areas by area_id."""
    areas = reading.region().areas
    return dict(zip(areas.area_id.tolist(), areas.name.tolist(), strict=True))


def function_names() -> dict[str, str]:
    """Names of the critical functions in the language chosen."""
    functions = reading.region().functions
    column = functions.name_nb if language() == "nb" else functions.name_en
    return dict(zip(functions.function_id.tolist(), column.tolist(), strict=True))


def run_label(run: Run) -> str:
    """Name of a run in a list: its crisis and when it was made."""
    asked = jobs.asked(jobs.runs_folder(), run.manifest.run_id)
    scenario, moment = asked or (run.manifest.scenarios[0], run.manifest.created)
    when = texts().when(moment)
    return t("run.label", scenario=names(run).get(scenario, scenario), when=when)


def waiting_label(run_id: str) -> str:
    """Name of a run that has no folder yet: the same it will have when there is one.

    The browser keeps the words of a choice until another is made, so they must not change.
    """
    asked = jobs.asked(jobs.runs_folder(), run_id)
    if asked is None:
        return run_id
    scenario, moment = asked
    library = reading.scenarios()
    called = getattr(library[scenario].name, language()) if scenario in library else scenario
    return t("run.label", scenario=called, when=texts().when(moment))


def sidebar() -> View | None:
    """Draw the shared choices in the sidebar; None when there is no run."""
    folder = jobs.runs_folder()
    runs = {run.manifest.run_id: run for run in list_runs(folder)}
    waiting = [run_id for run_id in jobs.pending(folder) if run_id not in runs]

    def write(run_id: str) -> str:
        return run_label(runs[run_id]) if run_id in runs else waiting_label(run_id)

    view = None
    with st.sidebar:
        if runs or waiting:
            run_id = choose(t("choose.run"), [*waiting, *runs], "run", write)
            if run_id in runs:
                view = _view(runs[run_id])
        choose(t("choose.language"), LANGUAGES, "lang", lambda lang: t(f"language.{lang}"))
    return view


def _view(run: Run) -> View:
    called = names(run)
    places = area_names()
    manifest = run.manifest
    scenario = choose(t("choose.scenario"), manifest.scenarios, "krise", lambda s: called.get(s, s))
    portfolio = choose(
        t("choose.portfolio"), manifest.portfolios, "pakke", lambda p: called.get(p, p)
    )
    ordered = sorted(manifest.areas, key=lambda a: places.get(a, a))
    area = choose(
        t("choose.area"),
        [WHOLE_REGION, *ordered],
        "omrade",
        lambda a: t("choose.area.all") if a == WHOLE_REGION else places.get(a, a),
    )
    service = choose(t("choose.service"), SERVICES, "tjeneste", lambda s: t(f"service.{s}"))
    return View(
        run=run,
        scenario=scenario,
        portfolio=portfolio,
        area="" if area == WHOLE_REGION else area,
        service=service,
        stamp=reading.stamp(run),
        finished=len(run.complete_replications(scenario)),
    )


def current_view() -> View | None:
    """Return what the result pages show; None when there is no run."""
    view: View | None = st.session_state.get("view")
    return view


def follow(run_id: str) -> None:
    """Show a run that was just started, from the next time the page is drawn."""
    st.session_state["run"] = run_id


def selected_run_id() -> str:
    """Return the identifier of the run chosen, also while it has no folder yet."""
    return str(st.session_state.get("run") or "")


def reopen(run_id: str) -> Run:
    """Open a run of the runs folder."""
    return open_run(jobs.runs_folder() / run_id)


def start_of(view: View) -> datetime:
    """Start of the scenario shown, with its offset."""
    return datetime.fromisoformat(view.run.manifest.start[view.scenario])
