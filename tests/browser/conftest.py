"""A server of its own for the browser tests, on a free port, with no other host in reach."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.ui.fake_run import build_fake_run

ROOT = Path(__file__).parents[2]
BLOCK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
READY_S = 60


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium, with every host but this machine blocked."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium (Debian: apt install chromium)")
    args = [BLOCK, "--no-sandbox"] if os.geteuid() == 0 else [BLOCK]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=args)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Open an empty page that shares nothing with other tests; its last sight is kept."""
    context = browser.new_context(locale="nb-NO", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    yield opened
    opened.screenshot(path=tmp_path / "last.png")
    context.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(runs: Path, log: Path) -> Iterator[str]:
    """Run the pages over a folder of runs until the tests are done."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "ui" / "app.py")]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own pages
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env=os.environ | {"BEREDT_RUNS": str(runs)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(f"{url}/_stcore/health", process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_until_ready(url: str, process: subprocess.Popen) -> None:
    for _ in range(READY_S * 5):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 -- this machine
                return
        except (urllib.error.URLError, OSError):
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail("the server was not ready in time")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Pages over one made-up run that is done."""
    folder = tmp_path_factory.mktemp("browser")
    build_fake_run(folder / "runs")
    yield from serve(folder / "runs", folder / "server.log")


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[str]:
    """Pages over a folder with no run."""
    yield from serve(tmp_path / "runs", tmp_path / "server.log")


@pytest.fixture
def visit(page: Page, server: str) -> Callable[..., Page]:
    """Open an address and wait until all of it is drawn; requests elsewhere fail the test."""
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda r: (
            elsewhere.append(r.url) if not r.url.startswith((server, "data:", "blob:")) else None
        ),
    )

    def go(address: str) -> Page:
        page.goto(f"{server}/{address}")
        page.wait_for_selector("#beredt-end", state="attached", timeout=60_000)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        # Parts of the page whose scripts come late are drawn after the end marker.
        page.wait_for_load_state("networkidle")
        for chart in page.locator("[data-testid=stVegaLiteChart]").all():
            chart.locator("svg.marks").wait_for(timeout=20_000)
        assert elsewhere == []
        return page

    return go
