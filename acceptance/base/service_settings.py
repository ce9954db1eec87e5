"""What the suite must know about the services beyond the criteria: the table [services] of an environment."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator


class Section(BaseModel):
    """A table of an environment file: typed, and rejecting unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


HEADINGS = {
    "/": "Alternate Futures",
    "/consulting": "Consulting",
    "/products": "Products",
    "/products/web-services": "Web services",
}


class ServiceSettings(Section):
    """What the suite must know about the services beyond the criteria; defaults are the reference services'.

    `sign_in`: `siwe` (a nonce, and a message that the client builds) or `challenge` (auth writes the message, in
    `challenge_field` of its answer). `client_header`: the header by which auth tells clients apart to its rate limit;
    empty if it goes by address. `public_query` returns what `public_table` holds in `public_columns`, each row once.
    `protected_shows`: what the answer to `protected_query` says of the caller, with {address} for the wallet's.
    """

    sign_in: Literal["siwe", "challenge"] = "siwe"
    siwe_path: str = "/api/auth/siwe"
    nonce_path: str = "/api/auth/nonce"
    challenge_field: str = "message"
    token_field: str = "personalAccessToken"
    expiry_field: str = "expiresAt"
    jwt_expiry_field: str = "jwtExpiresAt"
    """Where the answer to a sign-in says when its JWT expires; an answer need not say it."""
    validate_path: str = "/api/auth/validate"
    validate_field: str = ""
    """The field of a JSON body in which auth takes the token to validate; empty where it is the bearer."""
    valid_field: str = "valid"
    subject_field: str = "sub"
    tokens_table: str = "auth.personal_access_tokens"
    tokens_hash_column: str = "token_hash"
    tokens_expiry_column: str = "expires_at"
    tokens_owner_column: str = "address"
    auth_health_path: str = "/api/health"
    graphql_path: str = "/graphql"
    public_query: str = "{ products { slug name } }"
    public_table: str = "backend.products"
    public_columns: tuple[str, str] = ("slug", "name")
    public_page: int = 100
    """The most rows that an answer to `public_query` has: a record is looked for among fewer."""
    protected_query: str = "{ protectedQuery }"
    export_folder: str = "/out"
    """Where the frontend's pods keep the exported files."""
    home_page: str = "app/page.jsx"
    """The source of the home page in the frontend's folder: a text after its heading reaches the page as it is."""
    logo_path: str = "/assets/logo.svg"
    """Path of the logo that each page shows; empty if no page shows one that is a file."""
    headings: dict[str, str] = HEADINGS
    """The first heading of each page, by path, which tells pages apart. Pages not listed keep the defaults."""
    protected_shows: str = "{address}"
    protected_counts: str = ""
    """What the answer to `protected_query` says of `public_table`, with {count} for its rows; empty if nothing."""
    mode_variable: str = "NODE_ENV"
    """The variable that tells auth and the backend that they run in production; empty if they have none."""
    client_header: str = ""
    rate_limit_key: str = "rate-limit:{client}"
    """The name of a client's counter in Redis; with * for the period where each has one of its own."""
    rate_limit_variable: str = ""
    rate_limit_seconds_variable: str = ""
    """The variables of auth's pods for the rate limit in calls and its period in seconds; empty where auth has no such
    variable, or counts in another way."""
    nonces_are_limited: bool = True
    """Whether auth's rate limit also applies to nonces (or challenges): the criterion only names sign-ins."""
    auth_url_end: str = "/"
    """What a changed AUTH_SERVICE_URL ends with: a slash; a path (`/behind/`), where the backend promises to put it
    before its own; empty where the backend uses the URL literally."""

    @field_validator("headings")
    @classmethod
    def every_page(cls, value: dict[str, str]) -> dict[str, str]:
        """Each page has a heading of its own."""
        found = {**HEADINGS, **value}
        if len({*found.values()}) < len(found):
            raise ValueError(f"two pages have the same heading, so they cannot be told apart: {found}")
        return found

    @field_validator("public_columns", mode="before")
    @classmethod
    def pair(cls, value: object) -> object:
        """TOML only has lists."""
        return tuple(value) if isinstance(value, list) else value
