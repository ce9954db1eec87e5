"""Transactions of the database. Source: 6.7."""

from pytest_bdd import given, then, when

from acceptance.drivers.data import table_constraints
from acceptance.drivers.data.database import SERVICE
from acceptance.drivers.data.durability import who_had_commits, without_both_replicas
from acceptance.drivers.data.member_loss import HINT
from acceptance.drivers.data.transfers import ACCOUNTS, CLIENTS, MONEY, TRANSFERS, Transfers, wait_for_transfers


@then("a commit is acknowledged only once all nodes have it")
def commits_are_synchronous(db, table, evidence):
    if db.is_yugabytedb:
        evidence.add("replication", db.fully_replicated())
        return
    seen = who_had_commits(db, table)
    evidence.add("who had each commit when it was acknowledged", seen)
    saw = without_both_replicas(seen) or (not seen and "no commit")
    assert not saw, f"expected two synchronous replicas with each commit on disk, saw {saw}. Try: {HINT}"


@given("accounts with money in them", target_fixture="table")
def accounts(db):
    table = db.create("id bigint primary key, balance bigint not null default 0")
    db.ask(SERVICE, f"insert into {table} select n, {MONEY} from generate_series(1, {ACCOUNTS}) n")
    return table


@when("clients transfer money concurrently, and some of them abort halfway", target_fixture="transfers")
def transfer(db, table, evidence):
    ledger = db.create("id text primary key, source bigint, target bigint, amount bigint")
    transfers = Transfers(db.address(SERVICE), db.login, table, ledger)
    transfers.run()
    evidence.add("transfers", transfers.describe())
    assert not transfers.errors, f"expected every client's transfers to succeed, saw {transfers.errors}. Try: {HINT}"
    transfers.prove_something()
    return transfers


@then("no money was created or lost at any moment")
def money_conserved(db, table, transfers):
    total = ACCOUNTS * MONEY
    assert set(transfers.sums) == {total}, (
        f"expected the sum of all balances to be {total} at every moment, saw {sorted(set(transfers.sums))}"
    )
    assert len(transfers.done) == CLIENTS * TRANSFERS, (
        f"expected {CLIENTS * TRANSFERS} acknowledged transfers, saw {len(transfers.done)}"
    )
    transfers.check(db, db.leader())


@then("every node has every transfer")
def transfers_everywhere(db, transfers):
    for name in db.names():
        wait_for_transfers(db, name, transfers)


@then("a write that violates a table constraint is rejected, and no constraint is disabled")
def rules_hold(db, evidence):
    table = table_constraints.make_table(db)
    evidence.add("writes that were tried", sorted(table_constraints.BREAKS))
    found = table_constraints.taken(db, table) + table_constraints.silenced(db) + table_constraints.unchecked(db)
    hint = "Try: select rolconfig from pg_roles; \\d+ TABLE: its triggers, NOT VALID constraints and INVALID indexes"
    assert not found, f"expected every constraint to be in force for the services' role, saw {found}. {hint}"
