"""The documentation as a site: it builds without a warning, and tells of every public name."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
API = ROOT / "docs" / "reference" / "api"
MODULE = re.compile(r"^# `(exclave[\w.]*)`$", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")}
    made = {page.with_suffix("") / "index.html" for page in pages if page.name != "README.md"}
    assert [str(page) for page in sorted(made) if not (site / page).is_file()] == []


def test_every_block_of_code_is_one_in_the_site(site: Path) -> None:
    pages = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    assert [str(page) for page, text in pages.items() if "```" in text] == []
    assert "on the hub" in pages[site / "how-to" / "secrets" / "index.html"]


@pytest.mark.parametrize("page", sorted(API.glob("*.md")), ids=lambda page: page.stem)
def test_the_reference_tells_of_every_public_name(page: Path, site: Path) -> None:
    [name] = MODULE.findall(page.read_text(encoding="utf-8"))
    text = (site / "reference" / "api" / page.stem / "index.html").read_text(encoding="utf-8")
    told = {anchor.rpartition(".")[2] for anchor in re.findall(r'id="(exclave\.[\w.]+)"', text)}
    module = importlib.import_module(name)
    values = {each: getattr(module, each) for each in getattr(module, "__all__", vars(module))}
    public = {
        each
        for each, value in values.items()
        if each[0].isalpha() and getattr(value, "__module__", name).startswith("exclave")
    }
    assert public - told == set()
    assert public


def test_every_room_that_users_import_has_a_page_of_the_reference() -> None:
    told = {MODULE.findall(page.read_text(encoding="utf-8"))[0] for page in API.glob("*.md")}
    rooms = {
        f"exclave.{path.parent.name}"
        for path in (ROOT / "src" / "exclave").glob("*/__init__.py")
        if getattr(importlib.import_module(f"exclave.{path.parent.name}"), "__all__", ())
    }
    assert rooms - told - {"exclave.objects"} == set(), "exclave.objects is told of as exclave"
