"""A library with branches, each with a database of its own, read and written as one."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from exclave.federation import Federation, Hub
from exclave.sqlalchemy import federated_args


class Branch(DeclarativeBase):
    """What each branch has."""


class Book(Branch):
    """A title, and how many copies of it the branch has."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    title: Mapped[str]
    copies: Mapped[int] = mapped_column(server_default="1")


class Loan(Branch):
    """A copy that somebody has at home."""

    __tablename__ = "loans"

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    book_id: Mapped[int] = mapped_column(sa.ForeignKey(Book.id))
    reader: Mapped[str]
    lent_on: Mapped[date] = mapped_column(server_default=sa.func.current_date())


library = Federation("library", tables=["books", "loans"], member_column="branch")


class Library(DeclarativeBase):
    """What the hub shows of all branches."""


class AnyBook(Library):
    """A book of some branch."""

    __table_args__ = federated_args(library, source=Book)


class AnyLoan(Library):
    """A loan of some branch."""

    __table_args__ = federated_args(library, source=Loan)


class NoCopyLeftError(Exception):
    """All copies of a book are lent."""


def branches_with(session: Session, title: str) -> list[str]:
    """Give the branches that have a book."""
    query = sa.select(AnyBook.branch).where(AnyBook.title == title).order_by(AnyBook.branch)
    return list(session.scalars(query))


def lend(session: Session, branch: str, title: str, reader: str) -> AnyLoan:
    """Lend a copy, and commit."""
    book = session.scalars(
        sa.select(AnyBook).where(AnyBook.branch == branch, AnyBook.title == title)
    ).one()
    lent = session.scalar(
        sa.select(sa.func.count()).where(AnyLoan.branch == branch, AnyLoan.book_id == book.id)
    )
    if lent == book.copies:
        raise NoCopyLeftError(f"all copies of {title} in {branch} are lent")
    loan = AnyLoan(branch=branch, book_id=book.id, reader=reader)
    session.add(loan)
    session.commit()
    return loan


def catalogue(hub: Hub) -> tuple[set[str], set[str]]:
    """Give the titles of all branches that answer, and the branches that do not."""
    found = hub.query("SELECT title FROM library.books", federation=library, down="skip")
    return {title for (title,) in found}, {*found.completeness.missing}
