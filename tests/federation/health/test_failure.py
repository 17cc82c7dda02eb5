"""What failures say of members."""

from __future__ import annotations

import pytest

from exclave.federation.health.failure import is_outage, reason_of

NOT_CONNECTED = 'could not connect to server "world_lga"\nconnection to server at "h" failed: '


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Connection refused", "refused"),
        ("No route to host", "refused"),
        ('could not translate host name "h" to address: Name or service not known', "refused"),
        ("timeout expired", "silent"),
        ('FATAL:  password authentication failed for user "u"', "password"),
        ('FATAL:  role "u" does not exist', "password"),
        ('FATAL:  role "u" is not permitted to log in', "password"),
        ('FATAL:  no pg_hba.conf entry for host "h", user "u", database "d"', "password"),
        ("fe_sendauth: no password supplied", "password"),
        ('FATAL:  database "d" does not exist', "database"),
        ('FATAL:  database "d" is not currently accepting connections', "database"),
        ('FATAL:  permission denied for database "d"', "permission"),
        ("FATAL:  sorry, too many clients already", "busy"),
        ("FATAL:  the database system is starting up", "busy"),
        ("FATAL:  the database system is shutting down", "busy"),
        ("server closed the connection unexpectedly", "broken"),
        ("auf Deutsch: Verbindungsaufbau abgelehnt", "refused"),
    ],
)
def test_what_libpq_says_when_the_hub_cannot_connect(message: str, reason: str) -> None:
    assert reason_of("08001", NOT_CONNECTED + message) == reason


@pytest.mark.parametrize(
    ("sqlstate", "reason", "outage"),
    [
        ("08006", "broken", True),
        ("57P01", "broken", True),
        ("57P03", "busy", True),
        ("57014", "silent", True),
        ("HV00N", "refused", True),
        ("42501", "permission", False),
        ("42P01", "table", False),
        ("42703", "table", False),
        ("22012", "other", False),
    ],
)
def test_what_a_sqlstate_says(sqlstate: str, reason: str, outage: bool) -> None:
    assert reason_of(sqlstate, "") == reason
    assert is_outage(sqlstate) is outage


def test_an_exception_that_is_not_the_servers_is_no_outage() -> None:
    assert not is_outage(None)
