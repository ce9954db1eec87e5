"""Time-outs that cut clients off are told from those that are harmless."""

import pytest

from acceptance.drivers.ingress import traefik_timeouts
from acceptance.drivers.ingress.traefik_timeouts import ANSWERS, KEEPS

TIMES = "transport.respondingtimeouts"
TO_PODS = "serverstransport.forwardingtimeouts"


@pytest.mark.parametrize(("text", "seconds"), [("8s", 8), ("1m30s", 90), ("500ms", 0.5), ("30", 30), ("1.5h", 5400)])
def test_durations_are_read_as_traefik_reads_them(text, seconds):
    assert traefik_timeouts.seconds(text) == seconds


@pytest.mark.parametrize(
    ("name", "value", "is_told"),
    [
        (f"entrypoints.websecure.{TIMES}.idletimeout", "5s", True),
        (f"entrypoints.web.{TIMES}.idletimeout", "500ms", True),
        (f"entrypoints.websecure.{TIMES}.idletimeout", "nonsense", True),
        (f"entrypoints.websecure.{TIMES}.idletimeout", "60s", False),
        (f"entrypoints.websecure.{TIMES}.idletimeout", "0", False),
        (f"entrypoints.metrics.{TIMES}.idletimeout", "5s", False),
        (f"entrypoints.websecure.{TIMES}.readtimeout", "8s", True),
        (f"entrypoints.websecure.{TIMES}.readtimeout", "1m", False),
        (f"entrypoints.websecure.{TIMES}.writetimeout", "1h", True),
        ("entrypoints.websecure.address", ":8443", False),
    ],
)
def test_who_is_cut_off_is_told(name, value, is_told):
    assert traefik_timeouts.cuts_off(name, value) is is_told


@pytest.mark.parametrize(
    ("name", "value", "is_harmless"),
    [
        (f"{TO_PODS}.dialtimeout", "5s", True),
        (f"{TO_PODS}.dialtimeout", "200ms", False),
        (f"{TO_PODS}.dialtimeout", "0", False),
        (f"{TO_PODS}.dialtimeout", "5m", False),
        (f"{TO_PODS}.idleconntimeout", "30s", True),
        (f"{TO_PODS}.idleconntimeout", "10m", False),
        (f"{TO_PODS}.readidletimeout", "5s", False),
        (ANSWERS, "10s", False),
        (ANSWERS, "0s", True),
        (KEEPS, "200", True),
        (KEEPS, "-1", False),
        ("core.defaultrulesyntax", "v2", False),
        ("configfile", "/data/traefik.yml", False),
    ],
)
def test_what_is_no_worse_than_the_defaults_is_harmless(name, value, is_harmless):
    assert traefik_timeouts.is_harmless(name, value) is is_harmless


@pytest.mark.parametrize(
    ("name", "value", "is_patient"),
    [("clienttimeout", "2m", True), ("clienttimeout", "5s", False), ("certificatesduration", "2160", False)],
)
def test_patience_with_the_authority_is_no_option_of_renewal(name, value, is_patient):
    assert traefik_timeouts.is_patient(name, value) is is_patient
