"""What docs/region.md says of the tables is what they are."""

import csv
import re
from pathlib import Path

import pytest

from data import response_tables, service_tables
from data.read import load_region, table_types
from data.tables import columns
from tests.data.spreadsheet import Sheet

PAGE = (Path(__file__).parents[2] / "docs" / "region.md").read_text(encoding="utf-8")
# Told in words under "Sites".
IN_WORDS = {"sites", "functions", "deliveries"}
DESCRIBED = [
    name
    for name, kind in table_types().items()
    if kind.__module__ in (service_tables.__name__, response_tables.__name__)
    and name not in IN_WORDS
]


def described(name: str) -> str:
    """Line of the page's tables about one table."""
    (line,) = [each for each in PAGE.splitlines() if each.startswith(f"| `{name}`")]
    return line


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_column_of_a_table_is_named_on_the_page(name):
    words = set(re.findall(r"`(\w+)`", PAGE if name == "dependencies" else described(name)))
    own = {column for column, _ in columns(table_types()[name])} - {"source", "quality", "origin"}
    # The key of a table with one row an area or site is told in words.
    assert own - words <= {"area_id", "site_id"}


def test_what_the_page_calls_a_column_of_dependencies_is_one():
    part = PAGE.split("## What needs what")[1].split("## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
    own = [column for column, _ in columns(service_tables.Dependencies)]
    assert named == own[: len(named)]
    for word in (*service_tables.NEEDS, *service_tables.RULES):
        assert f"`{word}`" in part


def test_the_example_of_the_page_fits_the_built_in_region(folder):
    (block,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    rows = list(csv.DictReader(block.splitlines()))
    table = Sheet(folder / "dependencies.csv")
    assert list(rows[0]) == table.header
    for row in rows:
        table.add(**row)
    assert len(load_region(folder).dependencies) == len(table.rows)


@pytest.mark.parametrize("skill", response_tables.SKILLS)
def test_the_page_counts_the_crews_there_are(region, skill):
    crews = region.depots.crews[region.depots.skill == skill].sum()
    assert re.search(rf"\b{crews}\b", described("depots"))
