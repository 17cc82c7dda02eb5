"""A program that adds and removes a member of a federation for as long as it is let."""

from __future__ import annotations

import sys

from exclave.errors import PlanError
from exclave.federation import Federation, Hub, Member

FEDERATION = Federation("everything", ["orders", "lines"])


def main(dsn: str, owner: str, slug: str, port: str, dbname: str, password: str) -> None:
    """Begin when a line comes in, and never end."""
    hub = Hub(dsn, owner=owner)
    member = Member.postgres(
        slug, host="127.0.0.1", port=port, dbname=dbname, user="postgres", password=password
    )
    print("ready", flush=True)  # noqa: T201 - whoever kills this waits for it
    sys.stdin.readline()
    while True:
        try:
            hub.add_member(FEDERATION, member)
        except PlanError:  # it was being removed when the one before was killed
            hub.apply(FEDERATION)
            continue
        hub.apply(FEDERATION)
        hub.remove_member(FEDERATION, slug)


if __name__ == "__main__":
    main(*sys.argv[1:])
