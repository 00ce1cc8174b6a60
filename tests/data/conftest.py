import shutil
from pathlib import Path

import pytest

from data.read import BUILT_IN, load_region
from data.region import Region


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in region that a test may spoil."""
    copy = tmp_path / "own_region"
    shutil.copytree(BUILT_IN, copy)
    return copy
