"""A registry on loopback that knows the digests of a few images."""

import http.server
import json
import urllib.parse

HASH = "sha256:" + "0123456789abcdef" * 4


INDEX = json.dumps({"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}).encode()


class Registry(http.server.BaseHTTPRequestHandler):
    """Version 2 of the registries' API: manifests of some repositories, for clients with a token."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        path, _, query = self.path.partition("?")
        server = self.server
        server.seen.append((self.command, self.path, self.headers.get("Accept", "")))
        if path == "/token":
            return self.send(200, json.dumps({"token": urllib.parse.unquote(query)}).encode(), {}, body)
        repository, _, rest = path.removeprefix("/v2/").partition("/manifests/")
        if server.private and f"repository:{repository}:pull" not in str(self.headers.get("Authorization")):
            realm = f'Bearer realm="http://127.0.0.1:{server.server_port}/token",service="tests"'
            return self.send(401, b"", {"WWW-Authenticate": realm}, body)
        if f"{repository}:{rest}" not in server.images:
            return self.send(404, b"", {}, body)
        digest = server.images[f"{repository}:{rest}"]
        return self.send(200, INDEX, {"Docker-Content-Digest": digest} if digest else {}, body)

    def send(self, status, content, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass
