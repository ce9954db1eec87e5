"""Personal access tokens in the database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from auth_service import tokens

log = logging.getLogger("auth_service.store")

TABLE = """
CREATE TABLE IF NOT EXISTS auth.personal_access_tokens (
    id uuid PRIMARY KEY,
    address text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
)
"""
CONNECTION = {
    # A member that only follows is passed over, and one that fell silent is given up within seconds.
    "target_session_attrs": "read-write",
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}
UNREACHABLE = (psycopg.OperationalError, PoolTimeout)
CONNECTED_SECONDS = 3
RETRY_SECONDS = 1


def pool_of(url: str, most: int) -> AsyncConnectionPool:
    """A pool, not open yet, of at most so many connections."""
    return AsyncConnectionPool(url, kwargs=CONNECTION, min_size=1, max_size=most, open=False, reconnect_timeout=10)


class Store:
    """The table auth.personal_access_tokens."""

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
                self.prepared = True
            except (psycopg.Error, PoolTimeout) as error:
                log.warning("database not ready yet", extra={"error": str(error).strip()})
                await asyncio.sleep(RETRY_SECONDS)

    async def answers(self) -> bool:
        """Whether the database answers and the table is there."""
        async with self.connection(self.pings) as connection:
            await connection.execute("SELECT 1")
        return self.prepared

    async def add(self, address: str, seconds: int) -> tuple[uuid.UUID, str, datetime]:
        """Make a token; keep its hash with the time it expires. Returns id, token and that time."""
        identity, token = uuid.uuid4(), tokens.new_token()
        created = datetime.now(UTC)
        expires = created + timedelta(seconds=seconds)
        async with self.connection() as connection:
            await connection.execute(
                "INSERT INTO auth.personal_access_tokens VALUES (%s, %s, %s, %s, %s)",
                (identity, address, tokens.hash_of(token), created, expires),
            )
        return identity, token, expires

    async def close(self) -> None:
        """Close the connections."""
        await self.pool.close()
        await self.pings.close()
