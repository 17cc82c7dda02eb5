"""Which member an error came from."""

from __future__ import annotations

import re
from collections.abc import Iterable

from exclave.catalog import Connection
from exclave.federation.member import MemberState

_SERVER = re.compile(r'could not connect to server "((?:[^"]|"")+)"')
_STATEMENT = re.compile(
    r'^SQL statement "(?:INSERT INTO|UPDATE|DELETE FROM) (?:"((?:[^"]|"")+)"|([\w$]+))\.',
    re.MULTILINE,
)
_NAMED = re.compile(r'\bmember "([^"]+)"', re.IGNORECASE)


def member_of_error(
    connection: Connection, error: Exception, members: Iterable[MemberState]
) -> str | None:
    """Find the member that an error came from, or that it is about.

    Parameters
    ----------
    connection
        The session on the hub that raised it.
    error
        The driver's exception.
    members
        The members of the federation.

    Returns
    -------
    str or None
        The slug; ``None`` when neither message nor context tells, as of an error of a read.
    """
    known = {member.slug: member for member in members}
    message, context = connection.message(error), connection.context(error)
    if found := _SERVER.search(message):
        return next((slug for slug, each in known.items() if each.server == found[1]), None)
    for quoted, plain in _STATEMENT.findall(context):
        schema = quoted.replace('""', '"') or plain
        for slug, member in known.items():
            if schema == member.schema:
                return slug
    for slug in reversed(_NAMED.findall(message.partition("\n")[0])):
        if slug in known:
            return slug
    return None
