"""Text of small scenarios, and what several tests build."""

import base64
import contextlib
import datetime
import functools
import http.server
import json
import subprocess
import threading

import requests
import yaml
from built import tool
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from acceptance.base.paths import ROOT
from acceptance.platform.applications import APPLICATIONS

PATIENCE = 180
"""Seconds that a run may take to begin or to end on a busy machine. Steps of tests that hang do so for longer."""
SCENARIO = """
  @ac-{criterion} {tags}
  Scenario: {title}
    Then {step}
"""


def scenario(criterion="2.1", step="it holds", tags="", title="Something holds"):
    """One scenario of one step."""
    return SCENARIO.format(criterion=criterion, step=step, tags=tags, title=title)


def entry(identity, outcome="passed", **fields):
    """A criterion as verdicts.json holds it."""
    return {
        "id": identity, "text": f"What {identity} says", "requirement": int(identity.strip("plan-").partition(".")[0]),
        "title": "Some requirement", "component": "Some", "tasks": [6], "outcome": outcome, "reason": "",
        "scenario": f"Scenario of {identity}", "stand_ins": {}, "started": "2026-11-24T22:00:00.000+00:00",
        "duration": 1.0, "evidence": [], "reproduce": "pytest", "subtasks": [],
        "expected": outcome not in ("failed", "error"), **fields,
    }  # fmt: skip


def verdicts(run, *criteria, beyond=(), **fields):
    """A run as verdicts.json holds it, with as little as a report needs."""
    left_out = ("not selected", "no scenario")
    ran = [item for item in [*criteria, *beyond] if item["outcome"] not in left_out]
    parts = [("6.7", ["2.1"], ""), ("7.8", [], "2.3"), ("7.1", [], "make check")]
    subtasks = [
        {"id": identity, "text": "", "state": "judged" if by else "done", "by": by, "files": [], "check": check,
         "why": "", "outcome": None}
        for identity, by, check in parts
    ]  # fmt: skip
    return {
        "run": run, "environment": "kind", "domain": "example.test", "stand_ins": {}, "cluster_uid": "uid-1",
        "kubernetes": "v1", "commit": "c0ffee", "clean": True, "who": "someone", "machine": "small", "python": "3",
        "command": f"pytest {run}", "started": f"2026-11-24T22:00:0{run[-1]}", "ended": "2026-11-24T23:00:00",
        "seconds": 100.0, "exit_code": int(not all(item["expected"] for item in ran)), "packages": {}, "problems": [],
        "counts": {}, "phases": [{"name": f"phase of {run}", "at": 1.0, "duration": 5.0, "failed": False}],
        "scenarios": [
            {"criterion": item["id"], "requirement": item["requirement"], "at": 10.0, "duration": item["duration"],
             "outcome": item["outcome"]}
            for item in ran
        ],
        "criteria": list(criteria), "beyond": list(beyond),
        "plan": [{"id": 6, "title": "Deploy", "subtasks": subtasks}], **fields,
    }  # fmt: skip


@functools.cache
def kustomized(folder):
    """The objects of a kustomization, built as Argo CD does, without leave to read outside it."""
    command = [tool("kubectl"), "kustomize", ROOT / "k8s" / folder]
    return list(yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def deployed_objects(place):
    """All objects of the Applications and of k8s/access, of one place (kind or production)."""
    return [*kustomized("access"), *(item for name in APPLICATIONS for item in kustomized(f"{name}/overlays/{place}"))]


def pod_templates(objects):
    """The pods that workloads make: labels and spec, by kind and name."""
    return {
        (item["kind"], item["metadata"]["name"]): (
            item["spec"]["template"]["metadata"]["labels"], item["spec"]["template"]["spec"],
        )
        for item in objects if item["kind"] in ("Deployment", "StatefulSet", "Job")
    }  # fmt: skip


def kubeconfig(days):
    """A kubeconfig as K3s writes it, whose certificate is valid for so many days; no two are the same."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "admin")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    data = base64.b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()
    return f"server: https://127.0.0.1:6443\n    client-certificate-data: {data}\n"


@contextlib.contextmanager
def http_server(handler):
    """`HOST:PORT` at which a handler answers, until the end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # It looks this often whether it is to end, which each test waits for.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(handler, body, status=200, kind="text/html"):
    """Have a handler of an `http_server` answer with some bytes."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def json_answer(status, body, method="POST", url="https://auth.example/api/auth/siwe"):
    """An answer as requests has it."""
    made = requests.Response()
    made.status_code, made.url, made._content = status, url, json.dumps(body).encode()
    made.headers["Content-Type"] = "application/json"
    made.request = requests.Request(method, url).prepare()
    return made
