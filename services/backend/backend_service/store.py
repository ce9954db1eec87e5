"""Products in the database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

log = logging.getLogger("backend_service.store")

TABLE = """
CREATE TABLE IF NOT EXISTS backend.products (
    slug text PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
)
"""
FIRST = [("consulting", "Consulting"), ("web-services", "Web services")]
CONNECTION = {
    # A member that only follows is passed over, and one that fell silent is given up within seconds.
    "target_session_attrs": "read-write",
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
    # A statement that the server keeps fails for as long as its connection lasts once a migration changes a column.
    "prepare_threshold": None,
}
UNREACHABLE = (psycopg.OperationalError, PoolTimeout)
CONNECTED_SECONDS = 3
RETRY_SECONDS = 1


def pool_of(url: str, most: int) -> AsyncConnectionPool:
    """A pool, not open yet, of at most so many connections."""
    return AsyncConnectionPool(url, kwargs=CONNECTION, min_size=1, max_size=most, open=False, reconnect_timeout=10)


class Store:
    """The table backend.products."""

    def __init__(self, url: str):
        self.pool = pool_of(url, 5)
        # Health asks over a connection of its own: while five writes wait for a slow disk, the database still answers.
        self.pings = pool_of(url, 1)
        self.prepared = False

    @contextlib.asynccontextmanager
    async def connection(self, pool: AsyncConnectionPool | None = None) -> AsyncIterator[psycopg.AsyncConnection]:
        """A connection that works, of the given pool or the one for queries. Raises PoolTimeout.

        After a failover each one that the pool holds is broken. Its own check would wait a second or two after each.
        """
        ends = time.monotonic() + CONNECTED_SECONDS
        while True:
            async with (pool or self.pool).connection(timeout=ends - time.monotonic()) as connection:
                try:
                    await AsyncConnectionPool.check_connection(connection)
                except psycopg.OperationalError:
                    continue
                yield connection
                return

    async def prepare(self) -> None:
        """Connect and make the table, however long it takes; another replica may be doing the same."""
        await self.pool.open()
        await self.pings.open()
        while not self.prepared:
            try:
                async with self.connection() as connection:
                    await connection.execute(TABLE)
                async with self.connection() as connection, connection.cursor() as cursor:
                    insert = "INSERT INTO backend.products (slug, name) VALUES (%s, %s) ON CONFLICT DO NOTHING"
                    await cursor.executemany(insert, FIRST)
                self.prepared = True
            except (psycopg.Error, PoolTimeout) as error:
                log.warning("database not ready yet", extra={"error": str(error).strip()})
                await asyncio.sleep(RETRY_SECONDS)

    async def answers(self) -> bool:
        """Whether the database answers and the table is there."""
        async with self.connection(self.pings) as connection:
            await connection.execute("SELECT 1")
        return self.prepared

    async def products(self) -> list[tuple[str, str]]:
        """Slug and name of every product."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT slug, name FROM backend.products ORDER BY slug")
            return await cursor.fetchall()

    async def close(self) -> None:
        """Close the connections."""
        await self.pool.close()
        await self.pings.close()
