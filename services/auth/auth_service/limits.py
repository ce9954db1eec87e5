"""How much a request may bring."""

from __future__ import annotations

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
"""Bytes of a body; what clients have to say takes a few hundred."""
MOST_DISCARDED = 16 * 1024 * 1024
"""Bytes of a larger body that are read and thrown away, since a client that still sends may not hear the answer."""


class BodyLimit:
    """Answers a request whose body is larger than LARGEST_BODY with 413, before the application sees it."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body; pass it on whole, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, size, more = bytearray(), 0, True
        while more and size <= MOST_DISCARDED:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            part = message.get("body", b"")
            size += len(part)
            if size <= LARGEST_BODY:
                body += part
            more = message.get("more_body", False)
        if size > LARGEST_BODY:
            await JSONResponse({"error": "body too large"}, 413)(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def whole() -> Message:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, whole, send)
