"""``exclave fed adopt``, ``upgrade`` and ``uninstall``: the hub as a whole."""

from __future__ import annotations

from exclave.cluster import fresh_database

from .conftest import Fed


def test_nothing_is_left_after_an_uninstallation(shops: Fed) -> None:
    done = shops.run("uninstall")
    assert (done.status, done.out) == (1, "")
    assert "--yes" in done.err
    shops.on_hub("CREATE VIEW all_orders AS SELECT * FROM shops.orders")
    done = shops.run("uninstall", "--yes")
    assert (done.status, done.out) == (1, "")
    assert "view all_orders" in done.err
    assert "--cascade" in done.err
    out = shops.done("uninstall", "--yes", "--cascade")
    assert out.startswith("Dropped: ")
    assert "all_orders" in out
    assert (
        shops.on_hub(
            "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^(shops|exclave)' UNION ALL "
            "SELECT srvname::text FROM pg_foreign_server"
        )
        == []
    )
    assert shops.json("uninstall", "--yes") == {"dropped": [], "along": [], "left": []}


def test_a_copy_touches_no_member_until_it_is_adopted(shops: Fed) -> None:
    cluster = shops.shell.database.cluster
    with fresh_database(cluster, template=shops.shell.database.name, prefix="copy") as copy:
        url = copy.url()
        done = shops.run("apply", DATABASE_URL=url)
        assert (done.status, done.out) == (1, "")
        assert "exclave fed adopt" in done.err
        assert shops.run("adopt", DATABASE_URL=url).status == 1
        done = shops.run("adopt", "--yes", DATABASE_URL=url)
        assert (done.status, done.out, done.err) == (0, "The hub is adopted.\n", "")
        assert shops.run("apply", DATABASE_URL=url).status == 0
        done = shops.run("adopt", "--yes", "--json", DATABASE_URL=url)
        assert done.out == '{\n  "adopted": false\n}\n'
        with copy.connect() as connection:
            connection.execute(f'DROP OWNED BY "{shops.owner}" CASCADE'.encode())


def test_a_registry_of_this_version_needs_no_upgrade(shops: Fed) -> None:
    assert shops.done("upgrade") == "The registry is up to date.\n"
    assert shops.json("upgrade") == {"upgraded": False}
