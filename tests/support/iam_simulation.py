"""What IAM would say, by iam-simulate, which knows conditions and resource types as AWS documents them.

Needs Node.js.
"""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

from aws_account import ACCOUNT, KEY, REGION, STATE_KEY
from aws_tools import AWS, CACHE, once

SOURCE = Path(__file__).with_name("iam")
NAME = "alternate-futures-production"
VALUES = {
    "account": ACCOUNT, "partition": "aws", "region": REGION, "name": NAME, "bucket": "the-bucket", "key": STATE_KEY,
    "platform_key": KEY,
}  # fmt: skip


def operators_policies():
    """The operators' policies as bootstrap/ makes them for production."""
    texts = [path.read_text() for path in sorted((AWS / "bootstrap").glob("operator-*.json.tftpl"))]
    return [json.loads(re.sub(r"\$\{(\w+)\}", lambda found: VALUES[found[1]], text)) for text in texts]


def simulator():
    """The folder of the simulator and what it needs, installed from its lock."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = CACHE / "checks" / f"iam-{hashlib.sha256(lock).hexdigest()[:16]}"
    with once(folder) as missing:
        if missing:
            folder.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, folder)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-2000:]
        # Node.js looks for packages beside the program.
        shutil.copy(SOURCE / "simulate.mjs", folder)
    return folder


def simulate(policies, requests):
    """The answer to each request of (action, resource, context): Allowed, ImplicitlyDenied or ExplicitlyDenied.

    Raises AssertionError for a request that AWS does not know: an action, or a resource that it does not apply to.
    """
    keys = ("action", "resource", "context")
    wanted = {"policies": policies, "requests": [dict(zip(keys, request, strict=True)) for request in requests]}
    done = subprocess.run(
        ["node", simulator() / "simulate.mjs"],
        input=json.dumps(wanted), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout)
    for request, answer in zip(requests, answers, strict=True):
        assert answer["answer"] != "invalid", f"{request}: {answer['why']}"
    return [answer["answer"] for answer in answers]
