"""Settings, all from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What the environment says. `jwt_secret` signs what the backend says itself; tokens of clients go to auth."""

    jwt_secret: str
    database_url: str
    auth_service_url: str = "http://auth-service:3001"
    auth_seconds: float = 2.0
    port: int = 4000
    production: bool = False


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings. Raises ValueError naming what is missing or wrong."""
    missing = [name for name in ("JWT_SECRET", "DATABASE_URL") if not environment.get(name)]
    if missing:
        raise ValueError(f"not set: {', '.join(missing)}")
    return Settings(
        jwt_secret=environment["JWT_SECRET"],
        database_url=environment["DATABASE_URL"],
        auth_service_url=(environment.get("AUTH_SERVICE_URL") or Settings.auth_service_url).rstrip("/"),
        auth_seconds=float(environment.get("AUTH_SECONDS") or Settings.auth_seconds),
        port=int(environment.get("PORT") or Settings.port),
        production=environment.get("NODE_ENV") == "production",
    )
