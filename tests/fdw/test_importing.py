"""IMPORT FOREIGN SCHEMA: what a class answers becomes tables."""

from __future__ import annotations

from exclave.fdw import ImportRequest, Options


def test_a_request_tells_which_tables_are_wanted() -> None:
    def request(selection: str, *tables: str) -> ImportRequest:
        return ImportRequest("there", "here", selection, tables, Options())  # type: ignore[arg-type]

    assert request("all").wants("a")
    assert request("limit_to", "a").wants("a")
    assert not request("limit_to", "a").wants("b")
    assert not request("except", "a").wants("a")
    assert request("except", "a").wants("b")
