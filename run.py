#!/usr/bin/env python3
"""Beredt's command line: sets itself up once, parses arguments, calls one function, prints.

Only the standard library is imported before the environment is ready, and only what a
command needs after that.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / ".beredt-lock"
OLDEST = (3, 11)
ENTERED = "BEREDT_ENTERED"
NEEDED = (
    "altair", "babel", "highspy", "lxml", "numba", "numpy", "openpyxl", "pandapower", "pandas",
    "pyarrow", "pydantic", "pyproj", "rich", "ruamel.yaml", "scipy", "shapely", "simbench",
    "simpy", "streamlit", "typer", "vl_convert", "xarray",
)  # fmt: skip
NEEDED_FOR_TESTS = ("pytest", "hypothesis", "playwright", "axe_playwright_python", "xdist")


def _is_ready(modules: tuple) -> bool:
    """Whether this interpreter has the modules; nothing is imported."""
    try:
        return all(importlib.util.find_spec(name) is not None for name in modules)
    except ModuleNotFoundError:
        return False


def _venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _set_up(lock: Path) -> Path:
    """Make .venv from a lock file with hashes checked; return its interpreter."""
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    python = _venv_python()
    stamps = STAMP.read_text().split() if STAMP.is_file() else []
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    if python.is_file() and wanted in stamps and not inside:
        return python
    uv = shutil.which("uv")
    _say(f"Setting up Beredt once in {VENV} from {lock.name} ({'uv' if uv else 'venv and pip'}).")
    _say("This needs the network and takes a minute or two; later runs need neither.")
    try:
        if uv:
            if not python.is_file():
                make = [uv, "venv", "-q", "--allow-existing", "--python", sys.executable, VENV]
                subprocess.run(make, check=True)
            install = [uv, "pip", "install", "-q", "--python", python]
        else:
            if not python.is_file() or not (VENV / "pyvenv.cfg").is_file():
                subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
            elif subprocess.run(
                [python, "-m", "pip", "-V"], check=False, capture_output=True
            ).returncode:
                subprocess.run([python, "-m", "ensurepip"], check=True, capture_output=True)
            install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, "--require-hashes", "-r", lock], check=True)
    except (subprocess.CalledProcessError, OSError) as error:
        _say(f"The set-up failed: {error}")
        _say("Check the network, and that Python has venv (Debian: apt install python3-venv).")
        _say("Nothing else was changed; the same command tries again.")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        _say("Stopped. Nothing else was changed; the same command tries again.")
        raise SystemExit(1) from None
    STAMP.write_text("\n".join([*stamps, wanted]) + "\n")
    _say("Set-up done.")
    return python


def _enter_environment() -> None:
    """Continue in an environment that has everything, making it if there is none."""
    if sys.version_info < OLDEST:
        has = sys.version.split()[0]
        _say(f"Beredt needs Python {OLDEST[0]}.{OLDEST[1]} or later, this is {has}.")
        raise SystemExit(2)
    wants_tests = sys.argv[1:2] == ["test"]
    if _is_ready(NEEDED + (NEEDED_FOR_TESTS if wants_tests else ())):
        return
    if os.environ.get(ENTERED):
        _say(f"{VENV} lacks something it should have. Delete it; the same command makes it anew.")
        raise SystemExit(1)
    lock = ROOT / ("requirements-dev.lock" if wants_tests else "requirements.lock")
    python = _set_up(lock)
    os.environ[ENTERED] = "1"
    command = [str(python), str(ROOT / "run.py"), *sys.argv[1:]]
    if os.name == "nt":
        raise SystemExit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)


if __name__ == "__main__":
    _enter_environment()
    # One thread per process: the ensemble uses the cores, and sums keep their order.
    for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(_name, "1")
    from ui.command_line import main

    raise SystemExit(main())
