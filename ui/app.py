"""The screen: start with ``streamlit run ui/app.py``.

Navigation, the shared choices, the page, and the page's language; no model logic.
"""

import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from data.problems import BeredtError  # noqa: E402 -- the project is not installed
from ui import parts, state  # noqa: E402 -- the project is not installed
from ui.addresses import PAGES  # noqa: E402 -- the project is not installed

# A table wider than the screen scrolls, so the keyboard must be able to reach it.
TABLE_SCRIPT = """<script>
if (!window.beredtTables) {
  window.beredtTables = true;
  const reach = () => document.querySelectorAll('[data-testid="stTable"] div').forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
  new MutationObserver(reach).observe(document.body, {childList: true, subtree: true});
  window.addEventListener("resize", reach);
  reach();
}
</script>"""
LANGUAGE_SCRIPTS = {
    "nb": "<script>document.documentElement.lang = 'nb'</script>",
    "en": "<script>document.documentElement.lang = 'en'</script>",
}
# The icon of a page would be fetched from another host as the tab's picture; this is local.
ICON = str(Path(__file__).parent / "icon.svg")
END_MARKER = '<span id="beredt-end"></span>'


def main() -> None:
    """Draw one page."""
    state.adopt_address()
    title = state.t("app.title")
    st.set_page_config(page_title=title, page_icon=ICON, layout="wide")
    pages = [
        st.Page(
            f"views/{name}.py",
            title=state.t(f"page.{name}"),
            icon=icon,
            url_path=address or None,
            default=not address,
        )
        for name, address, icon in PAGES
    ]
    page = st.navigation(pages, expanded=True)
    st.html(LANGUAGE_SCRIPTS[state.language()], unsafe_allow_javascript=True)
    st.html(TABLE_SCRIPT, unsafe_allow_javascript=True)
    try:
        st.session_state["view"] = state.sidebar()
        page.run()
    except BeredtError as error:
        parts.problem(error)
    state.write_address()
    st.html(END_MARKER)


main()
