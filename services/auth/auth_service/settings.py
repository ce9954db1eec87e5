"""Settings, all from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Settings:
    """What the environment says. `rate_limit_by` is `address`, or the name of the header that names the client."""

    jwt_secret: str
    database_url: str
    redis_url: str
    port: int = 3001
    production: bool = False
    siwe_domains: frozenset[str] = frozenset({"www.alternatefutures.ai"})
    siwe_chains: frozenset[int] = frozenset({1})
    token_seconds: int = 90 * 24 * 3600
    jwt_seconds: int = 3600
    nonce_seconds: int = 300
    rate_limit: int = 20
    rate_limit_seconds: int = 60
    rate_limit_by: str = "address"


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings. Raises ValueError naming what is missing or wrong."""
    missing = [name for name in ("JWT_SECRET", "DATABASE_URL", "REDIS_URL") if not environment.get(name)]
    if missing:
        raise ValueError(f"not set: {', '.join(missing)}")
    if len(environment["JWT_SECRET"]) < SHORTEST_SECRET:
        raise ValueError(f"JWT_SECRET is shorter than {SHORTEST_SECRET} characters")
    defaults = Settings("", "", "")

    def number(name: str, default: int) -> int:
        return int(environment.get(name) or default)

    domains = environment.get("SIWE_DOMAINS", "").split(",")
    chains = environment.get("SIWE_CHAINS", "").split(",")
    return Settings(
        jwt_secret=environment["JWT_SECRET"],
        database_url=environment["DATABASE_URL"],
        redis_url=environment["REDIS_URL"],
        port=number("PORT", defaults.port),
        production=environment.get("NODE_ENV") == "production",
        siwe_domains=frozenset(part.strip() for part in domains if part.strip()) or defaults.siwe_domains,
        siwe_chains=frozenset(int(part) for part in chains if part.strip()) or defaults.siwe_chains,
        token_seconds=number("TOKEN_SECONDS", defaults.token_seconds),
        jwt_seconds=number("JWT_SECONDS", defaults.jwt_seconds),
        nonce_seconds=number("NONCE_SECONDS", defaults.nonce_seconds),
        rate_limit=number("RATE_LIMIT", defaults.rate_limit),
        rate_limit_seconds=number("RATE_LIMIT_SECONDS", defaults.rate_limit_seconds),
        rate_limit_by=(environment.get("RATE_LIMIT_BY") or defaults.rate_limit_by).lower(),
    )
