"""What a declared materialized view was called before."""

from __future__ import annotations

from exclave.objects import Catalog, ForeignObject, MaterializedView


def former_view(
    actual: Catalog, desired: Catalog, wanted: ForeignObject
) -> MaterializedView | None:
    """Give the materialized view that is there under the former name of a declared one.

    Parameters
    ----------
    actual, desired
        The two catalogs.
    wanted
        The declared object.
    """
    if not isinstance(wanted, MaterializedView) or wanted.renamed_from is None:
        return None
    key = (wanted.renamed_from.schema or wanted.schema, wanted.renamed_from.name)
    if wanted.key in actual.materialized_views or key in desired.materialized_views:
        return None
    return actual.materialized_views.get(key)
