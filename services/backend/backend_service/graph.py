"""The GraphQL schema."""

from __future__ import annotations

import logging
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.permission import BasePermission

from backend_service.auth import Unreachable
from backend_service.store import UNREACHABLE

log = logging.getLogger("backend_service.graph")


class Authenticated(BasePermission):
    """The bearer token of the request is one that auth accepts; whom it speaks for is in the context."""

    message = "Unauthorized"
    error_extensions = {"code": "UNAUTHENTICATED"}  # noqa: RUF012

    async def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        """Ask auth. Without an answer the whole response is a 503."""
        scheme, _, token = info.context["request"].headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return False
        try:
            info.context["subject"] = await info.context["auth"].subject(token.strip())
        except Unreachable as error:
            raise unavailable(info) from error
        return info.context["subject"] is not None


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


schema = Schema(Query)
