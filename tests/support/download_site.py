"""A site on loopback that offers one tool, and the lock's entry of it."""

import contextlib
import dataclasses
import hashlib
import http.server

from tests_support import http_server, reply

from acceptance.images.lock import PLATFORMS, Entry

PROGRAM = b"#!/bin/sh\necho some v1.2.3\n"


@contextlib.contextmanager
def site(content=PROGRAM, statuses=(200,), lost=0):
    """A site that answers with these statuses, the last one repeatedly, and breaks off the first `lost` answers."""
    left, asked = list(statuses), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if len(asked) <= lost:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[:5])
                return
            reply(self, content, left.pop(0) if len(left) > 1 else left[0])

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield address, asked


def entry(address, content=PROGRAM, name="some", version="v1.2.3", **fields):
    """A tool's entry of the lock, with the digest of a content for each platform."""
    form = f"http://{address}/v{{version}}/{name}-{{os}}-{{arch}}"
    bare = Entry(f"{name}-tool", "tool", recipe="registry", version=version, download=form, **fields)
    digest = hashlib.sha256(content).hexdigest()
    return dataclasses.replace(bare, sha256={bare.url(*platform): digest for platform in PLATFORMS})
