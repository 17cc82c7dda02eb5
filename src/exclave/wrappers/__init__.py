"""The foreign-data wrappers that ship, each a class that `exclave.create_wrapper` is told of."""
