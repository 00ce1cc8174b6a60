"""Fixtures of the screen: folders with made-up runs in each state."""

from pathlib import Path

import pytest

from tests.ui.fake_run import build_fake_run


@pytest.fixture(scope="session")
def finished_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with one that is done."""
    runs = tmp_path_factory.mktemp("runs")
    build_fake_run(runs)
    return runs
