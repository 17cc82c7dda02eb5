"""Any database with an ADBC driver or a dialect of SQLAlchemy, as foreign tables: `Database`.

``SELECT exclave.create_wrapper('database', 'exclave.wrappers.database:Database')`` makes the
foreign-data wrapper; a superuser then says which drivers and URLs its servers may have.
"""

from exclave.wrappers.database.wrapper import Database

__all__ = ["Database"]
