"""What may be reached, by whom: drivers and URLs that a superuser allowed, and passwords."""

from __future__ import annotations

from sqlalchemy.engine import URL

from exclave.fdw import WrapperError
from exclave.wrappers.database import locations
from exclave.wrappers.database.levels import MappingOptions, ServerOptions, WrapperOptions

_HINT = (
    "A superuser allows it: ALTER FOREIGN DATA WRAPPER … OPTIONS (ADD {option} '{value}'), "
    "or SET where there are others, separated by {by}."
)


def check_allowed(wrapper: WrapperOptions, server: ServerOptions) -> URL:
    """Give the URL of a server's database, if it and its driver are allowed.

    Raises
    ------
    WrapperError
        If they are not; a URL that is not allowed is not even asked whether it exists.
    """
    url = locations.read(server.url)
    driver = server.driver or url.drivername
    if driver not in {name.strip() for name in wrapper.drivers.split(",")}:
        raise WrapperError(
            f'the driver "{driver}" is not allowed',
            sqlstate="42501",
            hint=_HINT.format(option="drivers", value=driver, by="commas"),
        )
    if not any(locations.permits(locations.read(each), url) for each in wrapper.urls.split()):
        raise WrapperError(
            "the URL of the server is not allowed",
            sqlstate="42501",
            hint=_HINT.format(option="urls", value=f"{url.drivername}://…", by="blanks"),
        )
    return url


def needs_password(wrapper: WrapperOptions, url: URL, *, superuser: bool) -> bool:
    """Tell whether a connection must be one that really uses a password.

    A database that is a file knows no passwords; the paths that are allowed protect it.
    """
    return wrapper.password_required and not superuser and not locations.is_file(url)


def check_password(mapping: MappingOptions | None) -> None:
    """Refuse to connect without a password: the other side may know the server's own user."""
    if mapping is None or not mapping.password or not mapping.user:
        raise WrapperError(
            "user and password are required",
            sqlstate="2F003",
            detail="All but superusers must give a user and a password in the user mapping.",
            hint="Without them the database could take you for the user who runs PostgreSQL.",
        )
