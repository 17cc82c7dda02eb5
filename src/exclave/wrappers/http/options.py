"""The options of the wrapper `Http`, level by level."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from exclave.fdw import Doc, OptionError, Options, SecretText

Paging = Literal["none", "link", "next", "page", "offset", "cursor"]

_HEADER = re.compile(r"[ -~]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LONGEST_TIMEOUT = 86_400

_PARAMETERS = {"page": "page", "offset": "offset", "cursor": "cursor"}


class WrapperOptions(Options):
    """Of the foreign-data wrapper. Only a superuser can write them."""

    allow: Annotated[
        str,
        Doc(
            "URLs, separated by blanks, below which everything may be asked for; `https://` is all."
        ),
    ] = ""

    def check(self) -> None:
        """Check that what is allowed can be read."""
        for prefix in self.allow.split():
            _parts("allow", prefix)


class Requests(Options):
    """What a server says for all of its tables, and a table for itself."""

    paging: Annotated[
        Paging | None,
        Doc(
            "How the next page is found: the header `Link`, a URL in the answer (`next`), a number "
            "of a page, a number of rows, or a cursor in the answer."
        ),
    ] = None
    page_parameter: Annotated[str | None, Doc("The parameter with page, offset or cursor.")] = None
    first_page: Annotated[int | None, Doc("Number of the first page.")] = None
    size_parameter: Annotated[str | None, Doc("The parameter with the rows of a page.")] = None
    page_size: Annotated[int | None, Doc("Rows of a page.")] = None
    next: Annotated[str | None, Doc("Where the answer has the next URL or cursor.")] = None

    def check(self) -> None:
        """Check that pages have rows."""
        if self.page_size is not None and self.page_size < 1:
            raise OptionError("the option page_size must be at least 1", sqlstate="HV024")


class ServerOptions(Requests):
    """Of a server: where the API is."""

    url: Annotated[str, Doc("What all URLs of tables begin with.")]
    timeout: Annotated[float, Doc("Seconds to wait for the server, each time.")] = 30
    retries: Annotated[int, Doc("How often a request that may succeed later is repeated.")] = 3

    def check(self) -> None:
        """Check what would never work."""
        super().check()
        if not self.url.lower().startswith(("http://", "https://")):
            raise OptionError(
                "the option url must begin with http:// or https://", sqlstate="HV024"
            )
        parts = _parts("url", self.url)
        if "@" in parts.netloc:
            raise OptionError(
                "the option url must not hold a user or password",
                sqlstate="HV024",
                hint="Everyone can read it. Give them as options of the user mapping.",
            )
        if not parts.hostname:
            raise _no_url("url")
        if not 0 < self.timeout <= _LONGEST_TIMEOUT:
            raise OptionError(
                f"the option timeout must be more than 0, and at most {_LONGEST_TIMEOUT} seconds",
                sqlstate="HV024",
            )
        if self.retries < 0:
            raise OptionError("the option retries must not be negative", sqlstate="HV024")


class MappingOptions(Options):
    """Of a user mapping: how a user shows who it is."""

    token: Annotated[SecretText | None, Doc("Sent as `Authorization: Bearer`.")] = None
    user: Annotated[str | None, Doc("Sent with the password as `Authorization: Basic`.")] = None
    password: Annotated[SecretText | None, Doc("Of the user.")] = None
    header: Annotated[str | None, Doc("The header that has the value, such as `X-API-Key`.")] = None
    value: Annotated[SecretText | None, Doc("Of the header.")] = None

    def check(self) -> None:
        """Refuse half of a pair, and two ways at once."""
        for one, other in (("user", "password"), ("header", "value")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise OptionError(f"{one} and {other} go together", sqlstate="HV00D")
        if sum(each is not None for each in (self.token, self.user, self.header)) > 1:
            raise OptionError("give one of token, user and header", sqlstate="HV00D")
        for name in ("token", "header", "value"):
            if not _HEADER.fullmatch(str(getattr(self, name) or "")):
                raise OptionError(
                    f"the option {name} has characters that no header may have", sqlstate="HV024"
                )
        if self.header is not None and not _HEADER_NAME.fullmatch(self.header):
            raise OptionError(
                "the option header must be the name of a header",
                sqlstate="HV024",
                hint="It has letters, digits and hyphens, as X-API-Key has.",
            )


class TableOptions(Requests):
    """Of a foreign table: what is asked for, and where the answer has the rows."""

    path: Annotated[str, Doc("What comes after the server's url; it may have parameters.")] = ""
    rows: Annotated[
        str,
        Doc("Where the answer has the rows: `data.items`, or `/data/items`; empty is all of it."),
    ] = ""
    estimate: Annotated[int, Doc("How many rows there are, for the planner.")] = 1000

    def check(self) -> None:
        """Check what would never be."""
        super().check()
        if self.estimate < 0:
            raise OptionError("the option estimate must not be negative", sqlstate="HV024")


class ColumnOptions(Options):
    """Of a column."""

    path: Annotated[str | None, Doc("Where a row has the value, if not under its name.")] = None
    parameter: Annotated[
        str | None, Doc("The parameter that asks for rows with one value of the column.")
    ] = None
    operator: Annotated[
        Literal["=", ">", ">=", "<", "<="],
        Doc("What the parameter does; the server may give more rows, but not fewer."),
    ] = "="


def _parts(option: str, url: str) -> SplitResult:
    """Read a URL; errors never show it, as it may hold a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _no_url(option) from None
    return parts


def _no_url(option: str) -> OptionError:
    return OptionError(
        f"the option {option} has what cannot be read as a URL",
        sqlstate="HV024",
        hint="It is written as https://host:port/path.",
    )


def setting(server: ServerOptions, table: TableOptions, name: str) -> Any:
    """Give an option of the table or, if it has none, of the server, or what holds without it."""
    own = getattr(table, name)
    found = own if own is not None else getattr(server, name)
    if found is not None:
        return found
    if name == "page_parameter":
        return _PARAMETERS.get(str(setting(server, table, "paging")))
    return {"paging": "none", "first_page": 1, "next": "next"}.get(name)
