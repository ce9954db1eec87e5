"""The HTTP side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from backend_service.auth import Auth
from backend_service.graph import GraphQL, schema
from backend_service.limits import BodyLimit
from backend_service.settings import Settings
from backend_service.store import Store

log = logging.getLogger("backend_service")
PING_SECONDS = 2


async def passes(name: str, check: Awaitable[bool]) -> bool:
    """Whether a check passes in time."""
    try:
        async with asyncio.timeout(PING_SECONDS):
            return await check
    except Exception as error:
        log.warning("not healthy", extra={"check": name, "error": f"{type(error).__name__}: {error}".strip()})
        return False


def create_app(settings: Settings) -> FastAPI:
    """The application."""
    store, auth = Store(settings.database_url), Auth(settings.auth_service_url, settings.auth_seconds)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        log.debug("debug lines are on", extra={"auth_service_url": settings.auth_service_url})
        preparing = asyncio.create_task(store.prepare())
        yield
        preparing.cancel()
        await store.close()
        await auth.close()

    app = FastAPI(title="backend", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    app.add_middleware(BodyLimit)

    @app.middleware("http")
    async def debug_line(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await proceed(request)
        # Not request.url: a Host that is none cannot be made into a URL.
        log.debug("answered", extra={"path": request.scope["path"], "status": response.status_code})
        return response

    @app.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready")
    @app.get("/health")
    async def health() -> JSONResponse:
        database = await passes("database", store.answers())
        body = {"status": "healthy" if database else "unhealthy", "database": database}
        return JSONResponse(body, 200 if database else 503)

    async def context() -> dict[str, Any]:
        return {"store": store, "auth": auth}

    app.include_router(GraphQL(schema, path="/graphql", graphql_ide=None, context_getter=context))
    return app
