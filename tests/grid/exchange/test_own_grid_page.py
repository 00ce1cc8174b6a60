"""The page for utility engineers says what is so."""

import re
from pathlib import Path

from data.region import KILE_GROUPS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "own-grid.md"


def test_its_example_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, PAGE.name, "exec"), {})  # noqa: S102 -- the example
    out = capsys.readouterr().out
    assert "UCTE-DEF 30 MW" in out
    assert "customers of 2 loads" in out


def test_it_names_every_kile_group():
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{group}`" in text for group in KILE_GROUPS)
