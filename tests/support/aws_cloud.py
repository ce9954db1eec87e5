"""AWS as moto plays it: a server that answers as AWS does, and what bootstrap/ makes there."""

import contextlib
import json
import os
import socket
import subprocess
import time

import requests
from aws_tools import programs

REGION = "eu-central-1"
BUCKET = "alternate-futures-state-test"
# What bootstrap/ writes, and what makes moto acceptable.
BACKEND = {"bucket": BUCKET, "region": REGION, "use_path_style": "true", "skip_requesting_account_id": "true"}


class Cloud:
    """An account."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.credentials = {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "NO_PROXY": "127.0.0.1",
        }  # fmt: skip
        self.environment = self.credentials | {
            "PATH": f"{programs()}:{os.environ['PATH']}", "HOME": "/nonexistent",
            "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
        }  # fmt: skip

    def aws(self, *arguments, check=True):
        """Run the AWS command line; return its answer."""
        command = [programs() / "aws", "--output", "json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        assert not check or done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null") if done.stdout[:1] in ("", "{", "[") else done.stdout

    def reset(self):
        """Everything is gone."""
        requests.post(f"{self.url}/moto-api/reset", timeout=30).raise_for_status()

    def bootstrap(self):
        """The state's bucket and key."""
        place = ["--create-bucket-configuration", f"LocationConstraint={REGION}"]
        self.aws("s3api", "create-bucket", "--bucket", BUCKET, *place)
        key = self.aws("kms", "create-key")["KeyMetadata"]["KeyId"]
        self.aws("kms", "create-alias", "--alias-name", "alias/alternate-futures-state", "--target-key-id", key)


@contextlib.contextmanager
def moto():
    """Moto on a free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [programs() / "moto_server", "--host", "127.0.0.1", "--port", str(port)]
    # Its some hundred images of machines are read at each reset, and nobody asks for one.
    environment = {**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        for _ in range(200):
            try:
                requests.get(f"http://127.0.0.1:{port}/moto-api/", timeout=2)
                break
            except requests.RequestException:
                time.sleep(0.2)
        yield Cloud(port)
    finally:
        process.terminate()
        process.wait(60)
