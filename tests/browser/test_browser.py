"""The pages in a real browser: accessible, offline, in both languages, on a small screen."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.ui.fake_run import HIT_AREA, HOURS
from ui.addresses import PAGES
from ui.texts import read_texts

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
NARROW = {"width": 320, "height": 640}
RUN_TIMEOUT_MS = 120_000


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize("look", [("nb", "light"), ("en", "dark")], ids=["nb-light", "en-dark"])
@pytest.mark.parametrize(("name", "address"), [(name, address) for name, address, _ in PAGES])
def test_a_page_is_accessible_and_offline(visit, page, name, address, look):
    lang, scheme = look
    page.emulate_media(color_scheme=scheme)
    visit(f"{address}?lang={lang}")
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator("h1").count() == 1
    assert page.locator("[data-testid=stException], [role=dialog]").count() == 0
    menu = page.get_by_test_id("stSidebarNav")
    expect(menu.get_by_text(read_texts(lang)(f"page.{name}"), exact=True)).to_be_visible()
    assert violations(page) == []


def test_on_a_small_screen_only_tables_scroll_sideways(visit, page):
    page.set_viewport_size(NARROW)
    for name, address, _ in PAGES:
        visit(address)
        widths = page.get_by_test_id("stMain").evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert widths[0] <= widths[1], name
    assert violations(page) == []


def test_the_map_speaks_each_area_and_follows_the_slider(visit, page):
    visit("resultat")
    areas = page.locator('svg path[aria-label^="Bærum: "]')
    expect(areas).to_have_count(1)
    worst = areas.get_attribute("aria-label")
    slider = page.get_by_role("slider", name=read_texts("nb")("map.slider"))
    slider.fill(str(HOURS - 1))
    expect(areas).not_to_have_attribute("aria-label", worst)


def test_a_copied_address_shows_the_same_view(visit, page):
    visit("resultat?pakke=samlet&omrade=3201&tjeneste=water&lang=en")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Everything together")
    expect(page.get_by_role("heading", name="Without water per area")).to_be_visible()
    assert "pakke=samlet" in page.url
    assert "omrade=3201" in page.url


def test_a_change_of_language_changes_every_word(visit, page):
    visit("resultat?pakke=samlet")
    boxes = page.get_by_test_id("stSidebar").get_by_role("combobox")
    boxes.last.click()
    page.keyboard.type("English")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Everything together")
    chosen = [box.input_value() for box in boxes.all()]
    assert "Everything together" in chosen
    assert "Electricity" in chosen
    assert "Alt samlet" not in chosen


def test_choices_stay_when_the_page_is_changed(visit, page):
    visit("resultat?pakke=robust-nett")
    page.get_by_test_id("stSidebarNav").get_by_text("Funksjoner", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Robust nett")
    expect(page).to_have_url(re.compile("funksjoner.*pakke=robust-nett"))


def test_a_table_can_be_downloaded_for_a_spreadsheet(visit, page):
    visit("sammenlign")
    expect(page.get_by_role("button", name="Last ned CSV")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Last ned CSV").first.click()
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[0].count(";") >= 5


def test_the_keyboard_reaches_menu_choices_and_tables(visit, page):
    visit("sammenlign")
    expect(page.get_by_role("button", name="Last ned CSV")).to_have_count(2)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "() => { const e = document.activeElement;"
                " return e.getAttribute('aria-label') || e.textContent.trim().slice(0, 60) }"
            )
        )
    for wanted in ("Metode", "Last ned CSV"):
        assert any(wanted in words for words in reached), (wanted, sorted(reached))
    assert any("Tiltakspakke" in words for words in reached)


def test_the_functions_page_draws_the_timeline_and_what_hangs_together(visit, page):
    visit(f"funksjoner?omrade={HIT_AREA}")
    texts = read_texts("nb")
    for section in ("stops", "countdown", "network", "dependencies"):
        expect(
            page.get_by_role("heading", level=2, name=texts(f"functions.{section}"))
        ).to_be_visible()
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts.get_by_text("Sykehjem, Jevnaker, 30\u00a0%", exact=True)).to_have_count(1)
    graph = page.get_by_test_id("stGraphVizChart").locator("svg")
    expect(graph.first).to_be_visible()
    assert graph.get_by_text("Strøm").count() >= 1


def test_a_stop_is_explained_and_the_hours_left_follow_by_keyboard(visit, page):
    visit(f"funksjoner?omrade={HIT_AREA}")
    box = page.get_by_role("combobox", name="Stans som forklares")
    box.focus()
    page.keyboard.type("Sykehjem")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Drivstofftank tom: Sykehjem, Jevnaker").first).to_be_visible()
    slider = page.get_by_role("slider", name="Ved time")
    slider.focus()
    hour = int(slider.input_value())
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(f"Time {hour + 1}: ").first).to_be_visible()


@pytest.mark.parametrize("look", [("nb", "light"), ("en", "dark")], ids=["nb-light", "en-dark"])
@pytest.mark.parametrize("address", ["funksjoner", "tiltak", "metode", "region"])
def test_what_is_folded_away_is_accessible_too(visit, page, address, look):
    lang, scheme = look
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(NARROW)
    visit(f"{address}?lang={lang}")
    folded = page.locator("[data-testid=stMain] details:not([open]) > summary")
    while folded.count():
        folded.first.click()
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    assert violations(page) == []
    widths = page.get_by_test_id("stMain").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert widths[0] <= widths[1]


def test_a_planner_starts_a_run_and_sees_its_result(page, empty_server):
    page.goto(empty_server)
    page.get_by_role("link", name="Start en kjøring").click()
    count = page.get_by_label("Gjennomkjøringer per tiltakspakke")
    count.fill("2")
    count.press("Enter")
    page.get_by_role("button", name="Start kjøringen").click()
    expect(page.get_by_text("Kjøringen er i gang").or_(page.get_by_text("Ferdig:"))).to_be_visible(
        timeout=RUN_TIMEOUT_MS
    )
    page.reload()
    expect(page.get_by_text("Ferdig:")).to_be_visible(timeout=RUN_TIMEOUT_MS)
    page.get_by_role("link", name="Se resultatet").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Basis", timeout=RUN_TIMEOUT_MS)
    expect(page.get_by_text("2 gjennomkjøringer")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").first).to_contain_text("MWh")
