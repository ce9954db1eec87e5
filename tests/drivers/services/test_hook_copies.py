"""Copies of hooks, which reach every Application but their own."""

import subprocess
import time
from datetime import timedelta
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.services import hook_copies
from acceptance.drivers.services.hook_copies import LONG_ENOUGH, NOWHERE, OTHERS, WELL, has_run, objects
from acceptance.drivers.services.service import now

MANIFESTS = {
    "auth-service": [
        {"kind": "Service", "metadata": {"name": "auth-service"}, "spec": {"ports": [{"port": 3001}]}},
        {
            "kind": "Job",
            "metadata": {"name": "auth-synced", "annotations": {"argocd.argoproj.io/hook": "PostSync"}},
            "spec": {
                "template": {
                    "spec": {
                        "serviceAccountName": "auth-service",
                        "restartPolicy": "OnFailure",
                        "containers": [
                            {
                                "name": "ask",
                                "image": "probe",
                                "args": ["await", "http://auth-service:3001/health"],
                                "env": [
                                    {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                                ],
                            }
                        ],
                        "volumes": [{"name": "script", "configMap": {"name": "script"}}, {"name": "t", "emptyDir": {}}],
                    }
                }
            },
        },
        {"kind": "ConfigMap", "metadata": {"name": "script", "namespace": "default"}, "data": {"a.sh": "true"}},
        {"kind": "ConfigMap", "metadata": {"name": "another"}, "data": {}},
    ],
    "database": [
        {"kind": "Service", "metadata": {"name": "yb-tservers"}, "spec": {"ports": [{"port": 5433}, {"port": 8008}]}},
        {"kind": "Service", "metadata": {"name": "yb-config"}, "spec": {"clusterIP": "None"}},
        {"kind": "Job", "metadata": {"name": "init", "annotations": {"argocd.argoproj.io/hook": "Sync"}}},
    ],
}


def test_a_copy_finds_all_services_but_its_own():
    there, (pod,) = objects(MANIFESTS)
    assert pod["spec"]["hostAliases"] == [{"ip": NOWHERE, "hostnames": ["auth-service"]}]
    services = {item["metadata"]["name"]: item["spec"] for item in there if item["kind"] == "Service"}
    assert {name: [port["port"] for port in spec["ports"]] for name, spec in services.items()} == {
        "auth-service": [3001],
        "yb-tservers": [5433, 8008],
    }
    assert all(spec["selector"] == {"app": OTHERS} for spec in services.values())


def test_a_copy_does_what_its_hook_does_with_no_secret_of_the_platform():
    there, (pod,) = objects(MANIFESTS)
    (container,) = pod["spec"]["containers"]
    assert container["args"] == ["await", "http://auth-service:3001/health"]
    assert container["env"][0]["name"] == "PASSWORD" and container["env"][0]["value"]
    assert pod["spec"]["restartPolicy"] == "Never" and "serviceAccountName" not in pod["spec"]
    (config,) = [item for item in there if item["kind"] == "ConfigMap"]
    assert config["metadata"] == {"name": "script"} and config["data"] == {"a.sh": "true"}
    (hook,) = [item for item in MANIFESTS["auth-service"] if item["kind"] == "Job"]
    assert hook["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure"


def a_namespace(running=None, exit_code=None):
    state = Thing(
        running=Thing(started_at=now() - timedelta(seconds=running)) if running is not None else None,
        terminated=Thing(exit_code=exit_code) if exit_code is not None else None,
        waiting=None,
    )
    status = Thing(
        phase="Running",
        conditions=None,
        init_container_statuses=None,
        container_statuses=[Thing(state=state, restart_count=0)],
    )
    metadata = Thing(deletion_timestamp=None)
    pod = Thing(metadata=metadata, status=status)
    return Thing(name="scenario-1", pod=lambda _: pod, wait_ready=lambda _: pod)


@pytest.mark.parametrize(
    ("namespace", "wrong"),
    [
        (a_namespace(running=LONG_ENOUGH + 1), []),
        (a_namespace(exit_code=1), []),
        (a_namespace(exit_code=0), ["auth-synced"]),
    ],
)
def test_a_hook_that_waits_for_nothing_of_its_own_ends_well(namespace, wrong):
    assert hook_copies.ended_well(namespace, ["auth-synced"]) == wrong


def test_a_hook_that_began_a_moment_ago_is_watched_on():
    with pytest.raises(AssertionError, match="it has run for 1 s"):
        has_run(a_namespace(running=1), "auth-synced")
    assert has_run(a_namespace(exit_code=0), "auth-synced") == WELL


SCRIPT = "for _ in $(seq 60); do false && exit; sleep 1; done; exit 0"
HURRIED = hook_copies.HURRIES + SCRIPT


@pytest.mark.parametrize(
    ("command", "args", "made"),
    [
        (["sh", "-c"], [SCRIPT], (["sh", "-c"], [HURRIED])),
        (
            ["/bin/bash", "-euo", "pipefail", "-c", SCRIPT],
            None,
            (["/bin/bash", "-euo", "pipefail", "-c", HURRIED], None),
        ),
        (["sh", "-euc"], [SCRIPT, "sh", "redis"], (["sh", "-euc"], [HURRIED, "sh", "redis"])),
        (None, ["sh", "-c", SCRIPT], (None, ["sh", "-c", HURRIED])),
        (["sh", "/init/init.sh"], None, (["sh", "/init/init.sh"], None)),
        (["python3", "-c"], ["import time"], (["python3", "-c"], ["import time"])),
        (["curl", "-c", "jar"], None, (["curl", "-c", "jar"], None)),
        (None, ["await", "http://auth-service:3001/health"], (None, ["await", "http://auth-service:3001/health"])),
        (["sh", "-c"], None, (["sh", "-c"], None)),
    ],
)
def test_a_script_that_gives_up_does_so_at_once(command, args, made):
    container = {key: value for key, value in (("command", command), ("args", args)) if value}
    found = hook_copies.hurried(container)
    assert (found.get("command"), found.get("args")) == made


def test_a_shell_understands_what_hurries_it():
    began = time.monotonic()
    assert subprocess.run(["sh", "-euc", HURRIED.replace("seq 60", "seq 10")], check=False).returncode == 0
    assert time.monotonic() - began < LONG_ENOUGH
