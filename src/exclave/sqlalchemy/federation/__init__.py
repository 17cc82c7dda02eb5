"""Federations with SQLAlchemy: joined tables as tables and classes, and sessions over members."""
