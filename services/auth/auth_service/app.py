"""The HTTP side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError

from auth_service import siwe_messages, tokens
from auth_service.cache import Cache
from auth_service.limits import BodyLimit
from auth_service.settings import Settings
from auth_service.store import UNREACHABLE, Store

log = logging.getLogger("auth_service")
PING_SECONDS = 2


class SignIn(BaseModel):
    """A signed EIP-4361 message."""

    message: Annotated[str, Field(max_length=4096)]
    # 65 bytes in hexadecimal digits.
    signature: Annotated[str, Field(pattern=r"^(0x)?[0-9a-fA-F]{130}$")]


class Validation(BaseModel):
    """A JWT to be checked; the Authorization header may carry it instead."""

    token: Annotated[str, Field(max_length=8192)] | None = None


async def passes(name: str, check: Awaitable[bool]) -> bool:
    """Whether a check passes in time."""
    try:
        async with asyncio.timeout(PING_SECONDS):
            return await check
    except Exception as error:
        log.warning("not healthy", extra={"check": name, "error": f"{type(error).__name__}: {error}".strip()})
        return False


def bearer(request: Request) -> str | None:
    """The bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def create_app(settings: Settings) -> FastAPI:
    """The application."""
    store, cache = Store(settings.database_url), Cache(settings.redis_url)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        preparing = asyncio.create_task(store.prepare())
        yield
        preparing.cancel()
        await store.close()
        await cache.close()

    app = FastAPI(title="auth", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    app.add_middleware(BodyLimit)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent stays out of the answer: it may be a secret, or nothing that JSON has (NaN, half a character).
        found = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
        return JSONResponse({"error": "malformed request", "details": found}, 422)

    async def unavailable(_: Request, error: Exception) -> JSONResponse:
        log.error("database or Redis cannot be reached", extra={"error": str(error).strip()})
        return JSONResponse({"error": "temporarily unavailable"}, 503)

    for kind in (*UNREACHABLE, RedisError):
        app.add_exception_handler(kind, unavailable)

    async def limited(request: Request) -> None:
        """Count a call; refuse it over the limit."""
        address = request.client.host if request.client else "unknown"
        named = None if settings.rate_limit_by == "address" else request.headers.get(settings.rate_limit_by)
        client = (named or address)[:128]
        count, left = await cache.count(client, settings.rate_limit_seconds)
        if count > settings.rate_limit:
            log.warning("rate limit", extra={"client": client, "count": count})
            raise HTTPException(429, "too many requests", {"Retry-After": str(left)})

    @app.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready")
    @app.get("/health")
    @app.get("/api/health")
    async def health() -> JSONResponse:
        database, redis = await asyncio.gather(passes("database", store.answers()), passes("redis", cache.answers()))
        healthy = database and redis
        body = {"status": "healthy" if healthy else "unhealthy", "database": database, "redis": redis}
        return JSONResponse(body, 200 if healthy else 503)

    @app.get("/api/auth/nonce", dependencies=[Depends(limited)])
    async def nonce() -> dict[str, Any]:
        return {"nonce": await cache.new_nonce(settings.nonce_seconds), "expiresIn": settings.nonce_seconds}

    @app.post("/api/auth/siwe", dependencies=[Depends(limited)], status_code=201)
    async def sign_in(body: SignIn) -> dict[str, Any]:
        try:
            message = await asyncio.to_thread(
                siwe_messages.verify, body.message, body.signature, settings.siwe_domains, settings.siwe_chains
            )
            if not await cache.use_nonce(message.nonce):
                raise tokens.Refused("nonce unknown, expired or used before")
        except siwe_messages.Malformed as error:
            raise HTTPException(400, str(error)) from error
        except tokens.Refused as error:
            log.info("sign-in refused", extra={"reason": str(error)})
            raise HTTPException(401, str(error)) from error
        identity, token, expires = await store.add(message.address, settings.token_seconds)
        signed, jwt_expires = tokens.issue(settings.jwt_secret, message.address, str(identity), settings.jwt_seconds)
        log.info("signed in", extra={"address": message.address, "token_id": str(identity)})
        return {
            "address": message.address,
            "personalAccessToken": token,
            "expiresAt": expires.isoformat(),
            "jwt": signed,
            "jwtExpiresAt": jwt_expires.isoformat(),
        }

    @app.post("/api/auth/validate")
    async def validate(request: Request, body: Validation | None = None) -> JSONResponse:
        token = bearer(request) or (body.token if body else None)
        try:
            if not token:
                raise tokens.Refused("no token")
            claims = tokens.check(settings.jwt_secret, token)
        except tokens.Refused as error:
            log.debug("token refused", extra={"reason": str(error)})
            return JSONResponse({"valid": False, "reason": str(error)}, 401, {"WWW-Authenticate": "Bearer"})
        return JSONResponse({"valid": True, "sub": claims["sub"], "exp": claims["exp"]})

    return app
