"""What the authentication service says of a token. Nothing is remembered: each answer holds for one request."""

from __future__ import annotations

import asyncio
import logging
import time

import httpx

log = logging.getLogger("backend_service.auth")
PATH = "/api/auth/validate"
REFUSED_SECONDS = 0.5


class Unreachable(Exception):
    """The authentication service gave no answer that means yes or no."""


class Auth:
    """The authentication service, asked over HTTP."""

    def __init__(self, url: str, seconds: float):
        self.url = url + PATH
        self.seconds = seconds
        self.client = httpx.AsyncClient(timeout=seconds)

    async def subject(self, token: str) -> str | None:
        """Who a token speaks for, or None if auth says no. Raises Unreachable."""
        began = time.monotonic()
        try:
            answer = await self.ask(token)
            if answer.status_code == 401:
                log.debug("auth says no", extra={"url": self.url})
                return None
            claims = answer.raise_for_status().json()
            if claims["valid"] is not True:
                return None
            subject = str(claims["sub"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.error(
                "auth service cannot be reached",
                extra={"url": self.url, "error": f"{type(error).__name__}: {error}".strip()},
            )
            raise Unreachable from error
        milliseconds = round((time.monotonic() - began) * 1000, 1)
        log.info("validated by auth service", extra={"subject": subject, "url": self.url, "milliseconds": milliseconds})
        return subject

    async def ask(self, token: str) -> httpx.Response:
        """Auth's answer to a token, whole and in time: the client's limit is for each read, so it may trickle in."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self.post(token)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no whole answer in time") from error

    async def post(self, token: str) -> httpx.Response:
        """Pass the bearer token on; once more where the connection was an old one that had been closed, or refused.

        Network policies know a new pod a moment later than the pod itself, so the first connection may be refused.
        """
        headers = {"Authorization": f"Bearer {token}"}
        try:
            return await self.client.post(self.url, headers=headers)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return await self.client.post(self.url, headers=headers)
        except httpx.ConnectError:
            await asyncio.sleep(REFUSED_SECONDS)
            return await self.client.post(self.url, headers=headers)

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
