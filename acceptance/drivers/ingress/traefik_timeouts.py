"""Traefik's time-outs and connections: which values cut off clients or pods, and which are harmless.

Source: 4.6, 4.8 to 4.10; Traefik's reference of static options.
"""

from __future__ import annotations

import re

ENTRIES = ("web", "websecure")
"""The entry points that clients reach."""
RESPONDING = tuple(f"entrypoints.{name}.transport.respondingtimeouts." for name in ENTRIES)
CUT = ".transport.respondingtimeouts.writetimeout"
"""The end of an entry point's option for a time-out that cuts off an answer that a client is still reading."""
LEAST = {"readtimeout": 30.0, "idletimeout": 60.0}
"""Seconds for which a request may arrive, and a connection may be idle, at least; Traefik's defaults are 60 and 180.

Clients send their next request over a kept connection: one that is closed in this moment loses it, and a POST cannot
be repeated. Browsers and clients of APIs keep them for a minute or more.
"""
BETWEEN = {
    "serverstransport.forwardingtimeouts.dialtimeout": (1.0, 30.0),
    "serverstransport.forwardingtimeouts.idleconntimeout": (1.0, 90.0),
}
"""The seconds that are no worse than Traefik's defaults, which are the most: pods keep idle connections for longer."""
UNVERIFIED = "serverstransport.insecureskipverify"
"""Has no effect on the way to pods, which is plain HTTP everywhere (4.7)."""
ANSWERS, KEEPS = "serverstransport.forwardingtimeouts.responseheadertimeout", "serverstransport.maxidleconnsperhost"
PATIENT = {"clienttimeout": 120.0, "clientresponseheadertimeout": 30.0, "certificatetimeout": 30.0}
"""Time-outs of an ACME resolver towards its authority, in seconds by default; longer ones do no harm."""
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
NEVER = {"0", "0s"}
"""The values that disable a time-out."""


def seconds(duration: str) -> float:
    """A duration as Traefik reads it (`8s`, `1m30s`, `500ms`; without a unit in seconds), in seconds."""
    if duration.isdigit():
        return float(duration)
    parts = re.findall(r"([\d.]+)(ns|us|µs|ms|h|m|s)", duration)
    return sum(float(number) * UNITS.get(unit, 0.0) for number, unit in parts)


def cuts_off(name: str, value: str) -> bool:
    """Whether an option cuts off clients that are still sending, reading, or about to send their next request."""
    if name.endswith(CUT):
        return value not in NEVER
    least = LEAST.get(name.rpartition(".")[2]) if name.startswith(RESPONDING) else None
    return least is not None and value not in NEVER and seconds(value) < least


def is_harmless(name: str, value: str) -> bool:
    """Whether an option for the way to pods changes nothing for the worse."""
    if name == UNVERIFIED:
        return True
    if name == ANSWERS:
        return value in NEVER
    if name == KEEPS:
        return value.isdigit()
    least, most = BETWEEN.get(name, (1.0, 0.0))
    return least <= seconds(value) <= most


def is_patient(name: str, value: str) -> bool:
    """Whether an ACME resolver's option is a time-out that is no shorter than by default."""
    return name in PATIENT and seconds(value) >= PATIENT[name]
