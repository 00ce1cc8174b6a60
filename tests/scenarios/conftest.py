from collections.abc import Callable
from pathlib import Path

import pytest

from data.problems import InputError, Problem
from data.read import load_region
from data.region import Region
from scenarios.read import LIBRARY, MODELS, parse

ReadText = Callable[..., tuple[Problem, ...]]


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region()


@pytest.fixture
def problems_of(tmp_path: Path) -> ReadText:
    """Read a text as a file of one kind and return what is wrong with it."""

    def read(content: str | bytes, kind: str = "scenario") -> tuple[Problem, ...]:
        path = tmp_path / "own.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        try:
            parse(MODELS[kind], path)
        except InputError as error:
            return error.problems
        return ()

    return read


def shipped(kind: str, name: str) -> str:
    """Text of a file of the library."""
    return (LIBRARY / kind / f"{name}.yaml").read_text(encoding="utf-8")
