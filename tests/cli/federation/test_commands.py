"""What holds for all commands of ``exclave fed``: they are on the page, and work in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .conftest import Fed

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli-fed.md"


def commands(fed: Fed, *group: str) -> Iterator[list[str]]:
    shown = fed.run(*group, "--help", NO_COLOR="1").out
    for name in re.findall(r"^│ ([a-z]+)  +\S", shown, re.MULTILINE):
        if name == "table":
            yield from commands(fed, "table")
        else:
            yield [*group, name]


def test_every_command_and_option_is_on_the_page(fed: Fed) -> None:
    page = PAGE.read_text(encoding="utf-8") + (PAGE.parent / "cli.md").read_text(encoding="utf-8")
    found = list(commands(fed))
    assert ["add"] in found
    assert ["table", "list"] in found
    for words in found:
        assert f"{' '.join(words)}`" in page or f"`exclave fed {' '.join(words)} " in page, words
        shown = fed.run(*words, "--help", NO_COLOR="1", COLUMNS="200").out
        for option in re.findall(r"^│ .*?(--[a-z-]+)", shown, re.MULTILINE):
            assert f"`{option}`" in page or f"`{option} " in page, (words, option)


def test_every_command_tells_a_wrong_option_with_status_1(fed: Fed) -> None:
    for words in commands(fed):
        done = fed.run(*words, "--bogus")
        assert (done.status, done.out) == (1, ""), words
        assert "--bogus" in done.err


def test_no_option_takes_a_password(fed: Fed) -> None:
    for words in commands(fed):
        shown = fed.run(*words, "--help", NO_COLOR="1", COLUMNS="200").out
        options = set(re.findall(r"^│ .*?(--[a-z-]+)", shown, re.MULTILINE))
        secret = {each for each in options if "password" in each or "secret" in each}
        assert secret <= {"--password-env", "--password-file", "--no-password", "--secret"}, words
