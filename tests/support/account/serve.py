"""What machines find outside themselves: the metadata service, the secret store, and K3s's downloads.

It runs in a container with the folder of a test: `machines.json` says who is who by address, `calls` is what was asked,
`aws.sock` leads to moto, and while there is a file `silent` the secret store gives no answer.
"""

import http.client
import json
import re
import secrets
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path("/account")
# Role: the secrets that it may read and write (modules/k3s-cluster/iam.tf).
RIGHTS = {
    "control-plane": {"GetSecretValue": r".*", "PutSecretValue": r".*"},
    "worker": {"GetSecretValue": r".*/agent-token"},
}


class Handler(BaseHTTPRequestHandler):
    """Answers with a status and a body."""

    protocol_version = "HTTP/1.1"

    def machine(self):
        """The machine that asks."""
        return json.loads((FOLDER / "machines.json").read_text()).get(self.client_address[0])

    def reply(self, status, body=b"", kind="text/plain"):
        """Send an answer."""
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def keep(self, **call):
        """Note a call."""
        with (FOLDER / "calls").open("a") as file:
            file.write(json.dumps({"from": self.client_address[0], **call}) + "\n")

    def log_message(self, *_):
        """Calls are noted elsewhere."""


class Metadata(Handler):
    """Version 2 of the instance metadata service: nothing without a session's token."""

    # Each answer ends its connection, whose hops are its own.
    protocol_version = "HTTP/1.0"
    sessions: dict[str, tuple[str, float]] = {}  # noqa: RUF012

    def do_PUT(self):
        machine = self.machine()
        seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if machine is None or self.path != "/latest/api/token":
            self.reply(404)
        elif "X-Forwarded-For" in self.headers:
            self.reply(403)
        elif not seconds.isdigit() or not 1 <= int(seconds) <= 21600:
            self.reply(400)
        else:
            token = secrets.token_urlsafe(40)
            self.sessions[token] = (self.client_address[0], time.time() + int(seconds))
            self.keep(service="metadata", action="token")
            # The answer lives for so many hops: with one, it ends at the machine and reaches none of its pods.
            self.connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, machine["hops"])
            self.reply(200, token)

    def do_GET(self):
        machine, address = self.machine(), self.client_address[0]
        owner, end = self.sessions.get(self.headers.get("X-aws-ec2-metadata-token", ""), ("", 0))
        if owner != address or end < time.time():
            self.reply(401)
            return
        role = machine["role"]
        credentials = {
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": f"ASIA{role.upper()}", "SecretAccessKey": "some",
            "Token": "some", "LastUpdated": when(0), "Expiration": when(6),
        }  # fmt: skip
        answers = {
            "instance-id": machine["instance-id"],
            "local-ipv4": address,
            "iam/security-credentials/": role,
            f"iam/security-credentials/{role}": json.dumps(credentials),
        }
        answer = answers.get(self.path.removeprefix("/latest/meta-data/"))
        self.keep(service="metadata", action=self.path)
        self.reply(404 if answer is None else 200, answer or "")


def when(hours):
    """The time in some hours, as AWS writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + hours * 3600))


class Internet(Handler):
    """The secret store and the places to download from, by TLS, each under its own name."""

    def do_GET(self):
        place = FOLDER / "downloads" / self.headers["Host"] / self.path.lstrip("/").replace("/", "_")
        self.keep(service=self.headers["Host"], action=self.path)
        if place.is_file():
            self.reply(200, place.read_bytes())
        else:
            self.reply(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        secret = json.loads(body)["SecretId"]
        self.keep(service="secrets", action=action, secret=secret)
        if (FOLDER / "silent").exists():
            self.close_connection = True
            return
        key = re.search(r"Credential=ASIA([A-Z-]+)/", self.headers["Authorization"])
        role = key[1].lower() if key else ""
        if not re.fullmatch(RIGHTS.get(role, {}).get(action, "(?!)"), secret):
            says = f"assumed-role/{role} is not authorized to perform: secretsmanager:{action}"
            self.reply(
                400, json.dumps({"__type": "AccessDeniedException", "Message": says}), "application/x-amz-json-1.1"
            )
            return
        moto = http.client.HTTPConnection("moto")
        moto.sock = socket.socket(socket.AF_UNIX)
        moto.sock.connect(str(FOLDER / "aws.sock"))
        moto.request("POST", "/", body, {name: value for name, value in self.headers.items() if name != "Connection"})
        answer = moto.getresponse()
        self.reply(answer.status, answer.read(), answer.headers["Content-Type"])
        moto.close()


def main():
    """Serve both until the end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "tls.pem")
    internet = ThreadingHTTPServer(("", 443), Internet)
    internet.socket = context.wrap_socket(internet.socket, server_side=True)
    threading.Thread(target=internet.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", 80), Metadata).serve_forever()


main()
