"""PostgreSQL foreign data for Python: declare it, create it, compare it, query it."""
