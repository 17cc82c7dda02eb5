"""Secrets that stand in declarations as they are, are found wherever they stand."""

from __future__ import annotations

import tomllib

import pytest

from exclave.project import plain_secrets

PLAIN = """
[wrappers.w]
options = { api_token = "1", debug = true }
[servers.s]
password = "2"
options = { host = "h", url = "https://user:3@host", password = 44, fetch_size = 10 }
[servers.s.mappings.app]
options = { user = "reader", password = "5", sslkey = "/path", token = { env = "NAME" } }
[[user_mappings]]
server = "s"
role = "app"
options = { user = "u", anything = "7", certificate = { file = "/run/secrets/x" } }
[foreign_tables.secrets]
server = "s"
columns = { password = "text", token = { type = "text", options = { secret = "8" } } }
checks = { secret = "password <> ''" }
grants = { secret = "SELECT" }
options = { passphrase = "" }
"""


def test_what_is_a_secret_by_name_by_content_or_in_a_mapping_is_found() -> None:
    found = plain_secrets(tomllib.loads(PLAIN))
    assert found == {"1", "2", "https://user:3@host", "44", "5", "7", "8"}


@pytest.mark.parametrize("data", [None, 1, "password", [], {}, {"servers": 1}, {"servers": [{}]}])
def test_there_need_be_no_sense_in_what_is_searched(data: object) -> None:
    assert plain_secrets(data) == frozenset()


@pytest.mark.parametrize("name", ["password=", "", "a" * 64])
def test_a_mapping_with_a_name_that_is_refused_is_searched_too(name: str) -> None:
    data = {"servers": {"s": {"mappings": {"app": {"options": {name: "a secret"}}}}}}
    assert plain_secrets(data) == {"a secret"}
