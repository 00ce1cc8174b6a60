"""The house: who imports whom, what is committed, what is locked, what help costs."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PACKAGES = ("data", "scenarios", "grid", "sim", "ui")
NOT_OURS = {".git", ".venv", "runs", "test-results", "__pycache__", ".hypothesis"}
LOCKS = ("requirements.lock", "requirements-dev.lock")
IMPORT_NAMES = {"ruamel.yaml": "ruamel.yaml", "vl-convert-python": "vl_convert"}
# Typer brings pydantic, which is quick enough; everything else waits for its command.
HEAVY = {
    "altair", "highspy", "numpy", "pandapower", "pandas", "pyarrow", "pyproj", "scipy", "shapely",
    "simpy", "streamlit", "vl_convert", "xarray",
}  # fmt: skip


def ours() -> Iterator[Path]:
    """Files of the project, without environments, caches and results."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in NOT_OURS and not name.endswith("cache")
        ]
        yield from (Path(folder) / name for name in names)


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- this interpreter on this project
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def pinned(lock: str) -> dict[str, str]:
    """Name and version of everything in a lock file."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    found = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", line) for line in lines)
    return {canonicalize_name(hit[1]): hit[2] for hit in found if hit}


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_imports_go_one_way_and_each_library_stays_in_its_package():
    done = start(
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_imports_are_absolute():
    relative = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in (*PACKAGES, "tests")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_no_file_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "common", "helpers", "misc", "util", "helper"}
    assert [
        p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if p.stem in drawers
    ] == []


def test_no_committed_file_names_a_registry_or_an_index():
    # Joined here, so that this file does not name them either.
    words = ["pypi" + ".org", "python" + "hosted", "npm" + "js", "registry" + "."]
    words += [
        "--index" + "-url",
        "--extra-index" + "-url",
        "--find" + "-links",
        "--trusted" + "-host",
    ]
    named = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in ours()
        if path.suffix not in (".png", ".parquet", ".svg", ".woff2")
        for text in [path.read_text(encoding="utf-8", errors="ignore")]
        for word in words
        if word in text
    ]
    assert named == []
    assert not any((ROOT / name).exists() for name in ("uv.lock", "package-lock.json"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pinned_version_with_hashes(lock):
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    assert len(lines) > 30
    for line in lines:
        assert re.match(r"^[A-Za-z0-9._-]+(\[[^]]*\])?==[^\s;]+", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_what_the_project_asks_for_is_in_the_lock_at_a_version_it_allows():
    content = project()
    asked = [Requirement(text) for text in content["project"]["dependencies"]]
    for lock in LOCKS:
        versions = pinned(lock)
        for each in asked:
            assert each.specifier.contains(Version(versions[canonicalize_name(each.name)])), each
    versions = pinned("requirements-dev.lock")
    for text in content["dependency-groups"]["dev"]:
        each = Requirement(text)
        assert each.specifier.contains(Version(versions[canonicalize_name(each.name)])), each


def test_both_locks_pin_the_same_versions():
    plain, development = (pinned(lock) for lock in LOCKS)
    assert {name: development.get(name) for name in plain} == plain


def test_run_py_looks_for_every_library_the_project_asks_for():
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"))
    needed = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "NEEDED"
    )
    names = {Requirement(text).name for text in project()["project"]["dependencies"]}
    # Time zones are data, and on most systems already there.
    names -= {"tzdata"}
    assert {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in names} == set(needed)


def test_run_py_imports_only_the_standard_library_at_first():
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"))
    tops = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in tops
        for alias in node.names
    }
    assert names <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("arguments", [["--help"], ["compare", "--help"], ["region", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    done = start("-X", "importtime", "run.py", *arguments)
    assert done.returncode == 0
    assert "Usage" in done.stdout
    imported = {
        line.rsplit("|", 1)[1].strip().split(".")[0]
        for line in done.stderr.splitlines()
        if line.startswith("import time:") and "|" in line
    }
    assert "typer" in imported
    assert imported & HEAVY == set()
