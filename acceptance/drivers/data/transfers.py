"""Clients that transfer money between accounts concurrently, which shows whether transactions are ACID."""

from __future__ import annotations

import itertools
import random
import threading
from dataclasses import dataclass, field
from typing import Any

import psycopg

from acceptance.base.deadlines import REPLICATED
from acceptance.base.waiting import eventually
from acceptance.clients.sql import Connection, Login, connect
from acceptance.drivers.data.database import Database
from acceptance.drivers.data.member_loss import HINT

ACCOUNTS = 4
MONEY = 1000
CLIENTS = 4
TRANSFERS = 10
TRIES = 100
READ_AT_LEAST = 5
"""How often the sum of all accounts must be read meanwhile."""


class BreakOff(Exception):
    """A client that disappears in the middle of a transaction."""


@dataclass
class Transfers:
    """Transfers between the accounts of one table, recorded in a ledger table, and their results."""

    address: str
    login: Login
    accounts: str
    ledger: str
    done: list[tuple[str, int, int, int]] = field(default_factory=list)
    broken_off: int = 0
    conflicts: int = 0
    sums: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Let all clients transfer while an observer reads the sum. Each transfer is tried at most TRIES times."""
        ended = threading.Event()
        clients = [threading.Thread(target=self.guarded, args=(self.transfer_all, n)) for n in range(CLIENTS)]
        observer = threading.Thread(target=self.guarded, args=(self.observe, ended))
        for thread in (observer, *clients):
            thread.start()
        for thread in clients:
            thread.join()
        ended.set()
        observer.join()

    def guarded(self, work: Any, *arguments: Any) -> None:
        """Run a thread's work and record its errors."""
        try:
            work(*arguments)
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    def transfer_all(self, number: int) -> None:
        """One client: repeat each transfer until it is acknowledged."""
        chance = random.Random(number)
        with connect(self.address, self.login, autocommit=False) as connection:
            connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
            for index in range(TRANSFERS):
                key = f"{number}-{index}"
                for attempt in itertools.count(1):
                    try:
                        self.transfer(connection, key, chance, breaks_off=index % 3 == 2 and attempt == 1)
                        break
                    except BreakOff:
                        self.broken_off += 1
                    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                        self.conflicts += 1
                        if attempt == TRIES:
                            raise

    def transfer(self, connection: Connection, key: str, chance: random.Random, *, breaks_off: bool) -> None:
        """Read two balances, compute, and write both: a database without isolation loses money here."""
        source, target = chance.sample(range(1, ACCOUNTS + 1), 2)
        amount = chance.randint(1, 50)
        read = f"select balance from {self.accounts} where id = %s"
        write = f"update {self.accounts} set balance = %s where id = %s"
        with connection.transaction():
            balances = dict.fromkeys((source, target), 0)
            for account in balances:
                balances[account] = connection.execute(read, (account,)).fetchall()[0][0]
            connection.execute(write, (balances[source] - amount, source))
            if breaks_off:
                raise BreakOff
            connection.execute(write, (balances[target] + amount, target))
            values = (key, source, target, amount)
            connection.execute(f"insert into {self.ledger} values (%s, %s, %s, %s)", values)
        self.done.append(values)

    def observe(self, ended: threading.Event) -> None:
        """Read the sum of all balances until the clients are done."""
        with connect(self.address, self.login) as connection:
            while not ended.wait(0.05):
                rows = connection.execute(f"select sum(balance) from {self.accounts}").fetchall()
                self.sums.append(int(rows[0][0]))

    def expected_balances(self) -> dict[int, int]:
        """The balances if exactly the acknowledged transfers were made."""
        balances = dict.fromkeys(range(1, ACCOUNTS + 1), MONEY)
        for _, source, target, amount in self.done:
            balances[source] -= amount
            balances[target] += amount
        return balances

    def describe(self) -> dict[str, Any]:
        """The results as numbers."""
        return {
            "acknowledged": len(self.done), "broken off": self.broken_off, "conflicts tried again": self.conflicts,
            "sums seen meanwhile": sorted(set(self.sums)), "looks at the sum": len(self.sums), "errors": self.errors,
        }  # fmt: skip

    def prove_something(self) -> None:
        """Raise RuntimeError if no client broke off a transfer, or the sum was read too rarely."""
        if not self.broken_off or len(self.sums) < READ_AT_LEAST:
            raise RuntimeError(
                f"{self.broken_off} transfers were broken off and the sum was read {len(self.sums)} times, "
                "too few to prove anything"
            )

    def check(self, db: Database, member: str) -> bool:
        """Raise AssertionError unless a member has exactly the acknowledged transfers and their balances."""
        rows = set(db.ask(member, f"select * from {self.ledger}"))
        assert rows == set(self.done), f"{member} has {len(rows)} transfers, but {len(self.done)} were acknowledged"
        balances: dict[int, int] = dict(db.ask(member, f"select id, balance from {self.accounts}"))
        expected = self.expected_balances()
        assert balances == expected, f"expected the balances {expected} on {member}, saw {balances}"
        return True


def wait_for_transfers(db: Database, member: str, transfers: Transfers) -> None:
    """Wait until a member has every acknowledged transfer."""
    what = f"every transfer on {member}"
    eventually(lambda: transfers.check(db, member), within=REPLICATED, what=what, hint=HINT)
