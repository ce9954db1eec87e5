"""Serves until SIGTERM; requests that have begun are finished."""

from __future__ import annotations

import sys

import uvicorn

from backend_service import logs, settings
from backend_service.app import create_app


def main() -> int:
    """Command line: no arguments, everything comes from the environment."""
    try:
        wanted = settings.read()
    except ValueError as error:
        print(f"the backend cannot start: {error}", file=sys.stderr)
        return 2
    logs.configure("backend_service", debug=not wanted.production)
    uvicorn.run(
        create_app(wanted),
        host="0.0.0.0",
        port=wanted.port,
        log_config=None,
        server_header=False,
        ws="none",
        # Longer than the 90 s after which Traefik drops an idle connection: it must not send into one that ends here.
        timeout_keep_alive=120,
        timeout_graceful_shutdown=20,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
