"""What one project says: its declarations, its database and its policy."""

from exclave.project.database import Database
from exclave.project.declarations import catalog_of
from exclave.project.place import Place
from exclave.project.project import Project, load
from exclave.project.written_secrets import plain_secrets

__all__ = ["Database", "Place", "Project", "catalog_of", "load", "plain_secrets"]
