"""Argo CD's badges of Applications, which anyone can request, reveal nothing without a session."""

import http.server
from types import SimpleNamespace as Thing
from urllib.parse import parse_qs, urlsplit

from tests_support import http_server, reply

from acceptance.drivers.argocd.projects import told_by_badges

BADGES = {"redis": ("Unknown", "Unknown"), "database": ("Healthy", "Synced"), "backend-service": ("Not Found", "")}
SVG = """<svg><text id="leftText" x="435" textLength="470">{}</text>
<text id="rightText" x="995" fill="#fff">{}</text><text id="revisionText" display="none">(aaaaaaa)</text></svg>"""


class Argo(http.server.BaseHTTPRequestHandler):
    """Draws badges."""

    def do_GET(self):
        """The badge of an Application."""
        address = urlsplit(self.path)
        assert address.path == "/api/badge"
        reply(self, SVG.format(*BADGES[parse_qs(address.query)["name"][0]]).encode(), kind="image/svg+xml")

    def log_message(self, *_):
        """Nothing."""


def test_what_a_badge_tells_is_found():
    with http_server(Argo) as address:
        assert told_by_badges(Thing(base=lambda: f"http://{address}"), BADGES) == {"database": ["Healthy", "Synced"]}
