"""What Redis holds: nonces that wait to be used once, and how often each client called."""

from __future__ import annotations

import secrets

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

# A connection that is kept may have ended with the Redis that it led to: once more, then over a new one.
ONCE_MORE = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))


class Cache:
    """Nonces under `nonce:NONCE`, counters under `rate-limit:CLIENT`."""

    def __init__(self, url: str):
        self.redis = redis.from_url(
            url, decode_responses=True, socket_timeout=2, socket_connect_timeout=2, retry=ONCE_MORE
        )

    async def answers(self) -> bool:
        """Whether Redis answers."""
        return bool(await self.redis.ping())

    async def new_nonce(self, seconds: int) -> str:
        """A nonce that can be used once, within `seconds`."""
        nonce = secrets.token_hex(16)
        await self.redis.set(f"nonce:{nonce}", "issued", ex=seconds)
        return nonce

    async def use_nonce(self, nonce: str) -> bool:
        """Use a nonce up; whether it was there to be used."""
        return await self.redis.getdel(f"nonce:{nonce}") is not None

    async def count(self, client: str, seconds: int) -> tuple[int, int]:
        """Count a call of `client`; return the calls in this window of time, and the seconds that are left of it."""
        key = f"rate-limit:{client}"
        async with self.redis.pipeline(transaction=True) as transaction:
            count, _, left = await transaction.incr(key).expire(key, seconds, nx=True).ttl(key).execute()
        return int(count), max(1, int(left))

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()
