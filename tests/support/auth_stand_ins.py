"""Runs auth's image, with the contents of database and Redis kept in memory; everything else is auth's own."""

import datetime
import secrets
import sys
import uuid

from auth_service import __main__, app


class Store:
    """Forgets each token that it hands out."""

    def __init__(self, url):
        pass

    async def prepare(self):
        pass

    async def answers(self):
        return True

    async def add(self, address, seconds):
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
        return uuid.uuid4(), secrets.token_hex(16), expires

    async def close(self):
        pass


class Cache:
    """Keeps the nonces; counts no calls, so that each request gets past the rate limit."""

    def __init__(self, url):
        self.nonces = set()

    async def answers(self):
        return True

    async def new_nonce(self, seconds):
        nonce = secrets.token_hex(16)
        self.nonces.add(nonce)
        return nonce

    async def use_nonce(self, nonce):
        known = nonce in self.nonces
        self.nonces.discard(nonce)
        return known

    async def count(self, client, seconds):
        return 1, seconds

    async def close(self):
        pass


app.Store, app.Cache = Store, Cache
sys.exit(__main__.main())
