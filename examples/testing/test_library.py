"""The library's own tests, on real servers, each undone before the next."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from library import AnyBook, AnyLoan, NoCopyLeftError, branches_with, catalogue, lend
from sqlalchemy import exc
from sqlalchemy.orm import Session

from exclave.testing import HubDatabase, MemberDatabase, RolledBackConnection, Seed

Members = Mapping[str, MemberDatabase]


def test_a_book_is_lent_where_it_is(exclave_session: Session, exclave_seed: Seed) -> None:
    exclave_seed("amsterdam", "books", [{"title": "Ulysses"}, {"title": "Max Havelaar"}])
    [book] = exclave_seed("utrecht", "books", [{"title": "Max Havelaar", "copies": 2}])
    loan = lend(exclave_session, "utrecht", "Max Havelaar", "Ada")
    assert (loan.branch, loan.book_id) == ("utrecht", book["id"])
    assert loan.id is not None  # the branch gave it
    assert branches_with(exclave_session, "Max Havelaar") == ["amsterdam", "utrecht"]


def test_no_more_is_lent_than_there_is(exclave_session: Session, exclave_seed: Seed) -> None:
    exclave_seed("utrecht", "books", [{"title": "Ulysses", "copies": 1}])
    lend(exclave_session, "utrecht", "Ulysses", "Ada")
    exclave_session.rollback()  # too late, it was committed
    with pytest.raises(NoCopyLeftError, match="all copies of Ulysses in utrecht are lent"):
        lend(exclave_session, "utrecht", "Ulysses", "Grace")


@pytest.mark.parametrize("time", range(4))  # one more than workers: some worker does it twice
def test_nothing_is_left_of_what_a_test_has_written(
    exclave_session: Session, exclave_members: Members, exclave_seed: Seed, time: int
) -> None:
    assert exclave_session.scalars(sa.select(AnyBook)).all() == []
    assert exclave_session.scalars(sa.select(AnyLoan)).all() == []
    for branch in exclave_members:
        exclave_seed(branch, "books", [{"title": "Ulysses"}])
        lend(exclave_session, branch, "Ulysses", "Ada")  # commits, at one branch after the other
    lent = exclave_session.scalars(sa.select(AnyLoan.branch).order_by(AnyLoan.branch)).all()
    assert lent == ["amsterdam", "utrecht"]
    for member in exclave_members.values():
        with member.connect() as past_the_hub:
            assert past_the_hub.execute("SELECT * FROM loans").fetchall() == []


def test_a_branch_that_cannot_be_reached_is_named(
    exclave_session: Session, exclave_members: Members, exclave_seed: Seed
) -> None:
    exclave_seed("amsterdam", "books", [{"title": "Ulysses"}])
    with (
        exclave_members["utrecht"].refuse(),
        pytest.raises(exc.OperationalError, match="library_utrecht"),
    ):
        branches_with(exclave_session, "Ulysses")


def test_a_branch_that_is_not_asked_may_be_down(
    exclave_session: Session, exclave_members: Members, exclave_seed: Seed
) -> None:
    exclave_seed("amsterdam", "books", [{"title": "Ulysses"}])
    with exclave_members["utrecht"].silence():
        lend(exclave_session, "amsterdam", "Ulysses", "Ada")


def test_the_catalogue_does_without_a_branch_that_is_down(
    exclave_hub: HubDatabase,
    exclave_connection: RolledBackConnection,
    exclave_members: Members,
    exclave_seed: Seed,
) -> None:
    exclave_seed("amsterdam", "books", [{"title": "Ulysses"}])
    assert catalogue(exclave_hub.hub(exclave_connection)) == ({"Ulysses"}, set())
    with exclave_members["utrecht"].drop_database():
        assert catalogue(exclave_hub.hub(exclave_connection)) == ({"Ulysses"}, {"utrecht"})
