"""Paging: the answers of a table, one after the other, however a server tells of the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exclave.fdw import WrapperError
from exclave.wrappers.http import addresses, answers
from exclave.wrappers.http.client import NOT_FOUND, Client
from exclave.wrappers.http.options import Paging


@dataclass(frozen=True)
class Pages:
    """How pages are asked for.

    Parameters
    ----------
    kind
        How the next one is found.
    parameter
        The name of the parameter with page, offset or cursor.
    first
        Number of the first page.
    size_parameter, size
        How a page of so many rows is asked for; None to leave that to the server.
    next
        Where an answer has the next URL or cursor.
    """

    kind: Paging
    parameter: str
    first: int
    size_parameter: str | None
    size: int | None
    next: str


def rows(
    client: Client, url: str, parameters: Mapping[str, str], pages: Pages, path: str
) -> Iterator[Any]:
    """Give the rows of all pages; a page is asked for when the rows before it were taken.

    Raises
    ------
    WrapperError
        If a page refers to one that was read before.
    """
    asked = {**parameters, **_size(pages), **_start(pages)}
    seen: set[str] = set()
    count, number, most = 0, pages.first, 0
    while True:
        response = client.get(url, asked, perhaps=_is_short(pages, most) and count > 0)
        if response.status_code == NOT_FOUND:
            return
        shown = addresses.shown(url)
        answer = answers.parse(response.content, shown)
        found = answers.rows(answer, path, shown)
        yield from found
        count, number, most = count + len(found), number + 1, max(most, len(found))
        if _is_last(pages, len(found), most):
            return
        following = _next(pages, response, answer, count, number)
        if following is None:
            return
        if following in seen:
            raise WrapperError(f"{shown} refers to a page that was read before", sqlstate="HV00B")
        seen.add(following)
        if pages.kind in ("link", "next"):
            url, asked = addresses.followed(str(response.url), following), {}
        else:
            asked = {**asked, pages.parameter: following}


def _size(pages: Pages) -> dict[str, str]:
    if pages.size_parameter is None or pages.size is None:
        return {}
    return {pages.size_parameter: str(pages.size)}


def _start(pages: Pages) -> dict[str, str]:
    starts = {"page": str(pages.first), "offset": "0"}
    return {pages.parameter: starts[pages.kind]} if pages.kind in starts else {}


def _is_short(pages: Pages, count: int) -> bool:
    return pages.size is not None and count < pages.size


def _is_last(pages: Pages, count: int, most: int) -> bool:
    """Tell whether no page follows one of so many rows, where pages are counted.

    A server may give fewer rows than it is asked for, on each page.
    """
    if pages.kind not in ("page", "offset"):
        return False
    fewer_than_asked = pages.size_parameter is not None and count == most
    return count == 0 or (_is_short(pages, count) and not fewer_than_asked)


def _next(pages: Pages, response: Any, answer: Any, count: int, number: int) -> str | None:
    """Give the next URL, or the next value of the parameter; None after the last page."""
    match pages.kind:
        case "link":
            return response.links.get("next", {}).get("url")
        case "next" | "cursor":
            told = answers.at(answer, answers.steps(pages.next))
            return str(told) if isinstance(told, str | int) and told not in ("", False) else None
        case "page" | "offset":
            return str(number if pages.kind == "page" else count)
        case "none":
            return None
