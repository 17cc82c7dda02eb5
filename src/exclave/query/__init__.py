"""Reading SQL: which joined tables a statement names; restricting it to some members."""

from exclave.query.joined_name import JoinedName
from exclave.query.placeholders import Style
from exclave.query.read import Reading, reading
from exclave.query.restriction import restrict

__all__ = ["JoinedName", "Reading", "Style", "reading", "restrict"]
