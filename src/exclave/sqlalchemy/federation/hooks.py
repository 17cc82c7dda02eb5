"""Everything by which federations listen to SQLAlchemy, registered when it is imported."""

from sqlalchemy import event
from sqlalchemy.orm import Mapper

import exclave.sqlalchemy.federation.refusals  # noqa: F401 # pyright: ignore[reportUnusedImport]
from exclave.sqlalchemy.federation import membership, relationships

event.listen(Mapper, "before_mapper_configured", relationships.spell_out)
event.listen(Mapper, "mapper_configured", membership.watch)
