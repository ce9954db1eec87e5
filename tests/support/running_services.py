"""The three services in their own images, on 127.0.0.1. The database and Redis are stand-ins in their memory."""

import contextlib
import secrets
from pathlib import Path

from built import image

from acceptance.clients.docker import docker
from acceptance.clients.raw_http import exchange
from acceptance.drivers.api.malformed_requests import WITHIN

HERE = Path(__file__).parent
PORTS = {"www": 3000, "auth": 3001, "api": 4000}
SECRET = secrets.token_urlsafe(48)
SETTINGS = {
    "NODE_ENV": "production",
    "JWT_SECRET": SECRET,
    "DATABASE_URL": "postgresql://",
    "REDIS_URL": "redis://",
    "AUTH_SERVICE_URL": "http://127.0.0.1:3001",
    "SIWE_DOMAINS": "www.example.test",
}
ENVIRONMENT = [part for key, value in SETTINGS.items() for part in ("--env", f"{key}={value}")]


class Services:
    """The services, and HTTP to them."""

    def __init__(self, containers, ports):
        self.containers = containers
        self.ports = ports

    def send(self, host, data):
        """Send the bytes of a request to the service of a host."""
        return exchange(("127.0.0.1", self.ports[host]), data, within=WITHIN)

    def log(self, service):
        """What a service wrote."""
        return docker("logs", self.containers[service], check=False)


@contextlib.contextmanager
def running():
    """The three services, until the end. All are in one network namespace, so that each has the others on loopback."""
    auth, backend, frontend = (image(name) for name in ("auth", "backend", "frontend"))
    containers = {}

    def run(service, tag, *options, program=None):
        python = ("--entrypoint", "python") if program else ()
        command = ("-c", (HERE / program).read_text()) if program else ()
        containers[service] = docker("run", "--detach", *options, *python, *ENVIRONMENT, tag, *command)

    try:
        published = [part for port in PORTS.values() for part in ("--publish", f"127.0.0.1::{port}")]
        run("auth", auth, *published, program="auth_stand_ins.py")
        beside = ("--network", f"container:{containers['auth']}")
        run("backend", backend, *beside, program="backend_stand_ins.py")
        run("frontend", frontend, *beside)
        ports = {
            host: int(docker("port", containers["auth"], str(port)).rpartition(":")[2]) for host, port in PORTS.items()
        }
        yield Services(containers, ports)
    finally:
        if containers:
            docker("rm", "--force", "--volumes", *containers.values(), check=False)
