"""What the registry of options says of the wrappers that ship is what their classes say."""

from __future__ import annotations

import importlib
import re
from importlib.resources import files
from pathlib import Path

import pytest

import exclave as xc
from exclave.errors import DeclarationError
from exclave.fdw import ForeignDataWrapper, Options, ScanContext, ScanPlan, SecretText
from exclave.fdw.registry import register, rules, toml
from exclave.objects import registry
from exclave.wrappers.files import Files

SHIPPED = {
    "database": ("exclave.wrappers.database", "Database", ""),
    "files": ("exclave.wrappers.files", "Files", ""),
    "http": ("exclave.wrappers.http", "Http", ""),
    "mufdw": ("exclave.wrappers.mufdw", "Mufdw", "mufdw"),
    "python": ("exclave.wrappers.python", "Functions", ""),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_file_of_a_wrapper_is_that_of_its_class(name: str) -> None:
    module, attribute, extension = SHIPPED[name]
    cls = getattr(importlib.import_module(module), attribute)
    written = files("exclave.objects.registry").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    assert written == toml(name, cls, extension)
    assert registry.rules_of(name) == rules(name, cls, extension)


def test_a_misspelt_option_of_a_wrapper_that_ships_is_refused_before_any_sql() -> None:
    with pytest.raises(DeclarationError, match="'root'"):
        check(xc.Server("data", wrapper="files", options={"rot": "/srv"}))


def check(server: xc.Server) -> None:
    """Check the options of a server as a plan does."""
    registry.check_options(server.options, server.wrapper, "server", str(server))


@pytest.mark.parametrize("value", ["yes", "NO", 1, 0, True, "off"])
def test_a_wrapper_in_python_reads_more_spellings_of_a_boolean(value: str | int) -> None:
    options = xc.Server("s", options={"spill": value}).options
    registry.check_options(options, "files", "wrapper", "it")
    assert isinstance(
        Files.WrapperOptions.parse({"spill": str(options["spill"])}, "wrapper").spill, bool
    )


class Own(ForeignDataWrapper):
    """A wrapper of somebody's."""

    class ServerOptions(Options):
        size: int = 1

    class MappingOptions(Options):
        who: str = ""
        word: SecretText = ""

    def scan(self, plan: ScanPlan, context: ScanContext) -> list[tuple[object, ...]]:
        return []


def test_a_wrapper_can_be_made_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})
    server = xc.Server("s", wrapper="own", options={"sise": 2})
    check(server)
    register("own", Own)
    with pytest.raises(DeclarationError, match="'size'"):
        check(server)
    with pytest.raises(DeclarationError, match="a whole number"):
        check(xc.Server("s", wrapper="own", options={"size": "big"}))
    assert registry.is_secret("own", "user_mapping", "word", "x")
    assert "who" in registry.open_mapping_options()
    assert "word" not in registry.open_mapping_options()
    registry.open_mapping_options.cache_clear()


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "wrappers.md"
TABLE = re.compile(r"<!-- ([\w.]+):(\w+) (\w+) -->\n\n(\|(?:.*\n)+?)(?=\n|\Z)")


def test_the_documentation_of_options_is_that_of_the_classes() -> None:
    tables = TABLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len({module for module, *_ in tables}) == len(SHIPPED)
    for module, attribute, level, table in tables:
        options = getattr(getattr(importlib.import_module(module), attribute), level)
        assert table.rstrip("\n") == options.documentation(), f"{attribute}.{level}"
