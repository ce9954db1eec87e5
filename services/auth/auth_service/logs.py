"""One JSON object a line, on standard output."""

from __future__ import annotations

import logging
import logging.config

from pythonjsonlogger.core import RESERVED_ATTRS

PROBES = ("/live", "/ready", "/health", "/api/health")


def configure(service: str, *, debug: bool) -> None:
    """Set up logging. Lines of level DEBUG are written only if `debug`."""
    form = {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": "%(levelname)s %(name)s %(message)s",
        "rename_fields": {"levelname": "level", "name": "logger"},
        "timestamp": "time",
        "reserved_attrs": [*RESERVED_ATTRS, "color_message"],
        "static_fields": {"service": service},
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": form},
            "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
            "root": {"level": "INFO", "handlers": ["out"]},
            "loggers": {service: {"level": "DEBUG" if debug else "INFO"}, "httpx": {"level": "WARNING"}},
        }
    )
    logging.captureWarnings(True)
    logging.getLogger("uvicorn.access").addFilter(is_no_probe)


def is_no_probe(record: logging.LogRecord) -> bool:
    """Whether an access line is of something else than a probe."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    return not (len(arguments) > 2 and str(arguments[2]).startswith(PROBES))
