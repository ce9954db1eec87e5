"""What the suite has to know of the services beyond the criteria's words: the table [services] of an environment."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator


class Section(BaseModel):
    """A table of an environment file: typed, and closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


HEADINGS = {
    "/": "Alternate Futures",
    "/consulting": "Consulting",
    "/products": "Products",
    "/products/web-services": "Web services",
}


class ServiceSettings(Section):
    """What the suite has to know of the services beyond the criteria's words; the defaults are the reference's.

    `sign_in`: `siwe` (a nonce, a message that the client makes) or `challenge` (auth writes the message, in
    `challenge_field` of its answer). `client_header`: the header by which auth tells clients apart to its rate limit;
    empty where it goes by their address. `public_query` answers with what `public_table` holds in `public_columns`.
    `protected_shows`: what the answer to `protected_query` holds of who asks, with {address} for the wallet's.
    """

    sign_in: Literal["siwe", "challenge"] = "siwe"
    siwe_path: str = "/api/auth/siwe"
    nonce_path: str = "/api/auth/nonce"
    challenge_field: str = "message"
    token_field: str = "personalAccessToken"
    expiry_field: str = "expiresAt"
    validate_path: str = "/api/auth/validate"
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
    protected_query: str = "{ protectedQuery }"
    export_folder: str = "/out"
    """Where the frontend's pods have the files of the export."""
    logo_path: str = "/assets/logo.svg"
    """Where the site has the logo that each page shows; empty if the pages show none that is a file."""
    headings: dict[str, str] = HEADINGS
    """The first heading of each page, by its path: what tells it from the others. Those not given are the defaults."""
    protected_shows: str = "{address}"
    client_header: str = ""
    rate_limit_key: str = "rate-limit:{client}"
    nonces_are_limited: bool = True
    """Whether auth's rate limit holds for nonces (or challenges), too: the criterion names sign-ins alone."""
    auth_url_end: str = "/"
    """What a changed AUTH_SERVICE_URL ends with, as people write it; empty where the backend takes it to the letter."""

    @field_validator("headings")
    @classmethod
    def every_page(cls, value: dict[str, str]) -> dict[str, str]:
        """Each page has a heading, and no other page has the same."""
        found = {**HEADINGS, **value}
        if len({*found.values()}) < len(found):
            raise ValueError(f"two pages have the same heading, which tells neither from the other: {found}")
        return found

    @field_validator("public_columns", mode="before")
    @classmethod
    def pair(cls, value: object) -> object:
        """TOML has lists only."""
        return tuple(value) if isinstance(value, list) else value
