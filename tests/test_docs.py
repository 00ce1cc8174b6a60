"""The examples of docs/api.md run as they stand."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
API = ROOT / "docs" / "api.md"


@pytest.mark.slow
def test_every_example_of_the_api_page_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", API.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{API.name} example {number}", "exec"), names)  # noqa: S102 -- the examples
