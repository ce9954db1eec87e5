"""The GraphQL schema."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import strawberry
from cross_web import HTTPException
from graphql import GraphQLError
from strawberry.extensions import MaxTokensLimiter
from strawberry.fastapi import GraphQLRouter
from strawberry.permission import BasePermission

from backend_service.auth import Unreachable
from backend_service.store import UNREACHABLE

log = logging.getLogger("backend_service.graph")

MOST_TOKENS = 1000
"""Tokens of a GraphQL document: what is checked of each against each other stays a matter of milliseconds."""
TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What a bearer token may be made of (RFC 6750, 2.1)."""
LONGEST_TOKEN = 8192


class Authenticated(BasePermission):
    """The bearer token of the request is one that auth accepts; whom it speaks for is in the context."""

    message = "Unauthorized"
    error_extensions = {"code": "UNAUTHENTICATED"}  # noqa: RUF012

    async def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        """Ask auth. If it says no the whole response is a 401, without an answer a 503."""
        scheme, _, token = info.context["request"].headers.get("authorization", "").partition(" ")
        token, subject = token.strip(), None
        # What is not a token at all cannot even be passed on.
        if scheme.lower() == "bearer" and len(token) <= LONGEST_TOKEN and TOKEN.fullmatch(token):
            try:
                subject = await info.context["auth"].subject(token)
            except Unreachable as error:
                raise unavailable(info) from error
        if subject is None:
            info.context["response"].status_code = 401
            info.context["response"].headers["WWW-Authenticate"] = "Bearer"
        info.context["subject"] = subject
        return subject is not None


def unavailable(info: strawberry.Info) -> GraphQLError:
    """Make the response a 503, and the error that says so."""
    info.context["response"].status_code = 503
    return GraphQLError("Service Unavailable", extensions={"code": "SERVICE_UNAVAILABLE"})


async def read_products(info: strawberry.Info) -> list[tuple[str, str]]:
    """The products of the database; without it the response is a 503."""
    try:
        return await info.context["store"].products()
    except UNREACHABLE as error:
        log.error("database cannot be reached", extra={"error": str(error).strip()})
        raise unavailable(info) from error


@strawberry.type
class Product:
    """Something that Alternate Futures sells."""

    slug: str
    name: str


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def products(self, info: strawberry.Info) -> list[Product]:
        """Every product, for anyone."""
        return [Product(slug=slug, name=name) for slug, name in await read_products(info)]

    @strawberry.field(permission_classes=[Authenticated])
    async def protected_query(self, info: strawberry.Info) -> str:
        """Who asks, and how many products they see: only for those whom auth knows."""
        found = await read_products(info)
        return f"{info.context['subject']} sees {len(found)} products"


class Schema(strawberry.Schema):
    """A schema that logs what is unexpected; what a client is told on purpose is logged where it is decided."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Log the errors that no code of ours raised as GraphQL errors."""
        unexpected = [error for error in errors if not isinstance(error.original_error, GraphQLError | None)]
        super().process_errors(unexpected, execution_context)


class GraphQL(GraphQLRouter):
    """GraphQL over HTTP: what is no GraphQL request is answered with 400."""

    def parse_json(self, data: str | bytes) -> Any:
        """The value of a body, or of a parameter of the URL. Raises HTTPException unless it can be a request's."""
        try:
            value = super().parse_json(data)
            # Python reads more than JSON has (NaN, Infinity), and halves of characters, which no answer could repeat.
            json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, "Unable to parse request body as JSON") from error
        # A body is an object; a list is a batch, which is refused elsewhere. Variables in a URL may be null.
        if not isinstance(value, dict | list) and not (value is None and isinstance(data, str)):
            raise HTTPException(400, "A GraphQL request is a JSON object")
        return value


schema = Schema(Query, extensions=[lambda: MaxTokensLimiter(MOST_TOKENS)])
