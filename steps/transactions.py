"""Transactions of the database. Source: 6.7."""

from pytest_bdd import given, then, when

from acceptance.base.waiting import REPLICATED, eventually
from acceptance.drivers.transfers import ACCOUNTS, CLIENTS, MONEY, TRANSFERS, Transfers
from steps.database import HINT


@then("a commit is acknowledged only once all nodes have it")
def commits_are_synchronous(db, table, evidence):
    if db.is_yugabytedb:
        evidence.add("replication", db.fully_replicated())
        return
    # One connection, so that nothing comes between the commit and the look at who had it.
    with db.connect(db.leader(), db.admin) as connection:
        with connection.transaction():
            connection.execute(f"insert into {table} (id) values (1000)")
            position = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone()[0]
        rows = connection.execute(
            "select application_name, sync_state, flush_lsn >= %s::pg_lsn from pg_stat_replication", (position,)
        ).fetchall()
    with db.connect(db.leader()) as connection:
        waits = connection.execute("show synchronous_commit").fetchone()[0]
    evidence.add("who had a commit when it was acknowledged", rows)
    assert waits in ("on", "remote_apply"), f"expected a commit to wait for the others' disks, it waits for {waits}"
    behind = [row for row in rows if row[1] != "sync" or not row[2]]
    assert len(rows) == 2 and not behind, f"expected two others with the commit on disk, saw {rows}. Try: {HINT}"


@given("accounts with money on them", target_fixture="table")
def accounts(db):
    table = db.create("id bigint primary key, balance bigint not null default 0")
    db.ask(db.leader(), f"insert into {table} select n, {MONEY} from generate_series(1, {ACCOUNTS}) n")
    return table


@when("clients transfer money at the same time, and some of them break off half-way", target_fixture="transfers")
def transfer(db, table, evidence):
    ledger = db.create("id text primary key, source bigint, target bigint, amount bigint")
    transfers = Transfers(db.address(db.leader()), db.login, table, ledger)
    transfers.run()
    evidence.add("transfers", {
        "acknowledged": len(transfers.done), "broken off": transfers.broken_off,
        "conflicts tried again": transfers.conflicts, "sums seen meanwhile": sorted(set(transfers.sums)),
        "looks at the sum": len(transfers.sums), "errors": transfers.errors,
    })  # fmt: skip
    if transfers.errors or not transfers.broken_off or len(transfers.sums) < 5:
        raise RuntimeError(f"the clients did not do what they were to do: {transfers.errors or 'see the evidence'}")
    return transfers


@then("no money was made or lost, at no moment")
def money_conserved(db, table, transfers):
    total = ACCOUNTS * MONEY
    assert set(transfers.sums) == {total}, f"expected {total} at every moment, saw {sorted(set(transfers.sums))}"
    assert len(transfers.done) == CLIENTS * TRANSFERS, f"{len(transfers.done)} of {CLIENTS * TRANSFERS} came through"
    balances = dict(db.ask(db.leader(), f"select id, balance from {table}"))
    expected = transfers.expected_balances()
    assert balances == expected, f"expected the balances {expected}, saw {balances}"
    rows = set(db.ask(db.leader(), f"select * from {transfers.ledger}"))
    assert rows == set(transfers.done), f"{len(rows)} are written down, {len(transfers.done)} were acknowledged"


@then("every node has every transfer")
def transfers_everywhere(db, table, transfers):
    for name in db.names():

        def has_all_transfers(name=name):
            rows = db.ask(name, f"select * from {transfers.ledger}")
            assert set(rows) == set(transfers.done), f"{name} has {len(rows)} of {len(transfers.done)} transfers"
            balances = dict(db.ask(name, f"select id, balance from {table}"))
            assert balances == transfers.expected_balances(), f"the balances on {name} are {balances}"
            return True

        eventually(has_all_transfers, within=REPLICATED, what=f"every transfer on {name}", hint=HINT)
