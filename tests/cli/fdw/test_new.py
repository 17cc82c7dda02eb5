"""``exclave fdw new``: a project that works as it is; the tutorial runs its tests in PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.hosting import host_environment
from typer.testing import CliRunner, Result

from exclave.cli.app import app


def new(*words: str) -> Result:
    return CliRunner().invoke(app, ["fdw", "new", *words])


def test_a_project_is_made_and_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = new("my_weather")
    assert done.exit_code == 0
    made = done.stdout.splitlines()
    assert "my_weather/src/my_weather/wrapper.py" in made
    assert sorted(made) == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    )
    project = tomllib.loads(Path("my_weather/pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == "my_weather-fdw"
    assert "class MyWeather(" in Path("my_weather/src/my_weather/wrapper.py").read_text()

    venv = host_environment(tmp_path / "venv", tmp_path / "my_weather" / "src")
    tested = subprocess.run(
        [venv / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-k", "not postgresql"],
        cwd=tmp_path / "my_weather", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "2 passed" in tested.stdout


def test_the_code_of_a_project_is_in_the_common_format(tmp_path: Path) -> None:
    assert new("weather", "--folder", str(tmp_path / "made")).exit_code == 0
    for words in (["check", "--ignore", "I001"], ["format", "--check", "--line-length", "100"]):
        done = subprocess.run(
            [Path(sys.executable).parent / "ruff", *words, "--isolated", tmp_path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["Weather", "1st", "my-weather", "class", "x" * 60, "../up",
                                  "json", "exclave"])  # fmt: skip
def test_a_name_that_cannot_be_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = new("--", name)
    assert done.exit_code == 1
    assert "such as weather" in done.stderr or "too long" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weather").mkdir()
    Path("weather/kept.txt").write_text("kept")
    done = new("weather")
    assert done.exit_code == 1
    assert "weather exists already" in done.stderr
    assert [path.name for path in Path("weather").iterdir()] == ["kept.txt"]
    Path("file").write_text("kept")
    assert new("weather", "--folder", "file").exit_code == 1
