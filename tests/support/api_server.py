"""A minimal API server: what an attached run requests before it touches anything."""

import datetime
import http.server
import json
import ssl
import threading
from email.utils import format_datetime

import yaml

from acceptance.platform.authority import own_certificate

UID = "11111111-2222-3333-4444-555555555555"


LEASES = "/apis/coordination.k8s.io/v1/namespaces/acceptance/leases"


class ApiServer:
    """As much of an API server as guard rails ask, on 127.0.0.1."""

    def __init__(self, folder):
        self.folder = folder
        self.status, self.clock, self.provider = 200, datetime.timedelta(), "aws:///eu-central-1a/i-0"
        self.lease = None
        self.asked = []
        self.silent = threading.Event()
        authority, certificate, key = own_certificate("localhost")
        (folder / "tls.pem").write_text(certificate + key)
        self.authority = authority
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.pem")
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                api.asked.append(f"{self.command} {self.path.partition('?')[0]}")
                if api.silent.is_set():
                    api.released.wait(30)
                    return
                length = int(self.headers.get("Content-Length") or 0)
                status, body = api.respond(self.command, self.path, json.loads(self.rfile.read(length) or "null"))
                text = json.dumps(body).encode()
                self.send_response_only(status)
                now = datetime.datetime.now(datetime.UTC) + api.clock
                self.send_header("Date", format_datetime(now, usegmt=True))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = answer

            def log_message(self, *_):
                pass

        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.kubeconfig(authority)

    def kubeconfig(self, authority):
        """Write a kubeconfig that trusts an authority."""
        (self.folder / "ca.pem").write_text(authority)
        cluster = {
            "server": f"https://localhost:{self.server.server_address[1]}",
            "certificate-authority": str(self.folder / "ca.pem"),
        }
        document = {
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "here", "user": {"token": "some-token"}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
        }  # fmt: skip
        (self.folder / "kubeconfig").write_text(yaml.safe_dump(document))

    def respond(self, method, path, body):
        """Status and body of an answer."""
        path = path.partition("?")[0]
        if self.status != 200:
            return self.status, {"message": "no", "reason": "no"}
        if path == "/api/v1/namespaces/kube-system":
            return 200, {"metadata": {"name": "kube-system", "uid": UID}}
        if path == "/api/v1/nodes":
            return 200, {"items": [{"metadata": {"name": "n"}, "spec": {"providerID": self.provider}}]}
        if path.startswith(LEASES):
            if method == "GET" and self.lease is None:
                return 404, {}
            if method in ("POST", "PUT"):
                self.lease = body
            elif method == "PATCH":
                self.lease["spec"] |= body["spec"]
            return 200, self.lease
        return 404, {}
