"""Setting up from nothing: what run.py does before any library is there. No network."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parent.parent


class EnteredError(Exception):
    """Raised where the process would be replaced by another."""


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """run.py as a module over an empty folder, started as an unready interpreter."""
    spec = importlib.util.spec_from_file_location("beredt_run", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text(f"{name} of this test\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / ".beredt-lock")
    monkeypatch.setattr(module, "_is_ready", lambda _: False)
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    monkeypatch.delenv(module.ENTERED, raising=False)
    monkeypatch.setattr(sys, "argv", ["run.py", "compare", "--seed", "7"])
    return module


@pytest.fixture
def started(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands run.py starts; making an environment leaves an interpreter in it."""
    commands: list[list[str]] = []

    def start(command, **_options):
        words = [str(word) for word in command]
        commands.append(words)
        if "venv" in words:
            python = bootstrap._venv_python()
            python.parent.mkdir(parents=True, exist_ok=True)
            python.write_text("")
            (bootstrap.VENV / "pyvenv.cfg").write_text("")
        return SimpleNamespace(returncode=0)

    def replace_process(path, command):
        commands.append(["exec", *command])
        raise EnteredError(path)

    monkeypatch.setattr(bootstrap.subprocess, "run", start)
    monkeypatch.setattr(bootstrap.os, "execv", replace_process)
    # execv is undone by the exception, so its mark must not outlive the test.
    monkeypatch.setattr(bootstrap.os, "environ", dict(os.environ))
    return commands


def enter(bootstrap: ModuleType) -> None:
    with pytest.raises(EnteredError):
        bootstrap._enter_environment()


def test_a_ready_environment_is_just_used(bootstrap, started, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "_is_ready", lambda _: True)
    bootstrap._enter_environment()
    assert started == []
    assert capsys.readouterr() == ("", "")


def test_from_nothing_it_makes_an_environment_from_the_lock_and_goes_on_in_it(
    bootstrap, started, tmp_path, capsys
):
    enter(bootstrap)
    python = str(bootstrap._venv_python())
    make, install, go_on = started
    assert make == [sys.executable, "-m", "venv", str(tmp_path / ".venv")]
    assert install[:4] == [python, "-m", "pip", "install"]
    assert "--require-hashes" in install
    assert install[-2:] == ["-r", str(tmp_path / "requirements.lock")]
    assert go_on == ["exec", python, str(tmp_path / "run.py"), "compare", "--seed", "7"]
    out, err = capsys.readouterr()
    assert out == ""
    assert "Setting up Beredt once" in err
    assert "network" in err
    assert "Set-up done" in err


def test_uv_is_used_where_it_is(bootstrap, started, monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: "/bin/uv")
    enter(bootstrap)
    make, install, _ = started
    assert make[:2] == ["/bin/uv", "venv"]
    assert install[:3] == ["/bin/uv", "pip", "install"]
    assert "--require-hashes" in install


def test_a_finished_set_up_is_remembered_by_the_lock_it_came_from(bootstrap, started, tmp_path):
    enter(bootstrap)
    wanted = hashlib.sha256((tmp_path / "requirements.lock").read_bytes()).hexdigest()
    assert bootstrap.STAMP.read_text().split() == [wanted]
    started.clear()
    bootstrap.os.environ.pop(bootstrap.ENTERED, None)
    enter(bootstrap)
    assert [command[0] for command in started] == ["exec"]


def test_a_changed_lock_is_installed_again(bootstrap, started, tmp_path):
    enter(bootstrap)
    started.clear()
    bootstrap.os.environ.pop(bootstrap.ENTERED, None)
    (tmp_path / "requirements.lock").write_text("another\n")
    enter(bootstrap)
    assert any("--require-hashes" in command for command in started)
    assert len(bootstrap.STAMP.read_text().split()) == 2


def test_the_tests_come_from_the_lock_for_development(bootstrap, started, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["run.py", "test", "-k", "x"])
    enter(bootstrap)
    assert started[1][-1] == str(tmp_path / "requirements-dev.lock")
    assert started[-1][-3:] == ["test", "-k", "x"]


@pytest.mark.usefixtures("started")
def test_a_failed_set_up_says_what_to_do_and_is_tried_again(bootstrap, monkeypatch, capsys):
    made = bootstrap.subprocess.run

    def fail(command, **options):
        if "--require-hashes" in command:
            raise subprocess.CalledProcessError(1, "pip")
        return made(command, **options)

    monkeypatch.setattr(bootstrap.subprocess, "run", fail)
    with pytest.raises(SystemExit) as caught:
        bootstrap._enter_environment()
    assert caught.value.code == 1
    err = capsys.readouterr().err
    assert "failed" in err
    assert "tries again" in err
    assert "Traceback" not in err
    assert not bootstrap.STAMP.exists()
    monkeypatch.setattr(bootstrap.subprocess, "run", made)
    enter(bootstrap)
    assert bootstrap.STAMP.exists()


def test_a_python_without_venv_is_told_what_to_install(bootstrap, started, monkeypatch, capsys):
    def missing(_command, **_options):
        raise OSError("No module named venv")

    monkeypatch.setattr(bootstrap.subprocess, "run", missing)
    with pytest.raises(SystemExit) as caught:
        bootstrap._enter_environment()
    assert caught.value.code == 1
    assert "python3-venv" in capsys.readouterr().err
    assert started == []


def test_an_environment_that_lacks_something_never_starts_itself_for_ever(
    bootstrap, started, capsys
):
    enter(bootstrap)
    # The process it became finds the same: modules missing, mark set.
    with pytest.raises(SystemExit) as caught:
        bootstrap._enter_environment()
    assert caught.value.code == 1
    assert "Delete it" in capsys.readouterr().err
    assert sum(command[0] == "exec" for command in started) == 1


def test_an_old_python_is_refused_by_number(bootstrap, started, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit) as caught:
        bootstrap._enter_environment()
    assert caught.value.code == 2
    assert "3.11" in capsys.readouterr().err
    assert started == []


def test_modules_are_looked_for_without_importing_them():
    code = (
        "import importlib.util, sys; "
        "spec = importlib.util.spec_from_file_location('r', 'run.py'); "
        "m = importlib.util.module_from_spec(spec); spec.loader.exec_module(m); "
        "print(m._is_ready(m.NEEDED), m._is_ready(('no_such_module.part',)), "
        "'pandapower' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(  # noqa: S603 -- this interpreter, text from above
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "False", "False"]
