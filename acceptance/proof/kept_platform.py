"""The kept platform that defects are injected into: how to reach it, and how to check that it is back to normal."""

from __future__ import annotations

import json
from typing import Any

import requests

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import eventually, when_reachable
from acceptance.clients.git import Repository
from acceptance.clients.process import run
from acceptance.cluster.cluster import Cluster
from acceptance.images.build import Images
from acceptance.infrastructure.contract import Machine
from acceptance.platform.application_status import TERMINATING

UNDONE = Deadline(180, "the catalogue: the undone change is rolled out again")
SETTLED_FIELDS = ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields")
LEADER = "app=yb-tserver,role in (master,primary)"
STUCK = {"ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerConfigError"}


class KeptPlatform:
    """A platform that `make up` kept. `web` reaches its hosts as users do."""

    def __init__(self, cluster: Cluster, repository: Repository, images: Images, web: requests.Session, domain: str):
        self.cluster = cluster
        self.images = images
        self.repository = repository
        self.web = web
        self.domain = domain

    def wait_as_before(self) -> None:
        """Wait until Argo CD has deployed everything in Git, and all of it is healthy."""
        states = "{range .items[*]}{.metadata.name}={.status.sync.status}/{.status.health.status} {end}"

        eventually(
            self.answers, within=UNDONE, what="the API and the system's pods to be back", hint="kubectl get pods -A"
        )
        self.end_syncs()

        def settled() -> bool:
            self.delete_stuck_pods()
            listed = self.kubectl("-n", "argocd", "get", "applications", "-o", f"jsonpath={states}").split()
            other = [state for state in listed if not state.endswith("=Synced/Healthy")]
            assert listed and not other, f"Applications are {', '.join(other) or 'gone'}"
            return True

        eventually(
            settled,
            within=UNDONE,
            what="every Application to be Synced and Healthy again",
            hint="kubectl get app -A; make down",
        )

    def answers(self) -> bool:
        """Raise AssertionError unless the API answers and each of the system's pods is ready, on every machine."""
        ready = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}'
        listed = self.kubectl("-n", "kube-system", "get", "pods", "-o", f"jsonpath={ready}", check=False).split()
        other = [state for state in listed if not state.endswith("=True")]
        assert listed and not other, f"not ready in kube-system: {', '.join(other) or 'nothing is listed'}"
        return True

    def end_syncs(self) -> None:
        """Terminate syncs that still wait for what a defect broke: Argo CD starts none while one is running.

        A sync of what is in Git now goes on. Argo CD would not try that commit again by itself.
        """
        states = "{range .items[*]}{.metadata.name}={.status.operationState.phase}"
        states += "={.status.operationState.operation.sync.revision} {end}"
        listed = self.kubectl("-n", "argocd", "get", "applications", "-o", f"jsonpath={states}").split()
        running = [state for state in listed if "=Running=" in state]
        tip = when_reachable(self.repository.tip) if running else ""
        for name, _, revision in (state.split("=") for state in running):
            if revision != tip:
                ending = json.dumps(TERMINATING)
                self.kubectl("-n", "argocd", "patch", "application", name, "--type", "merge", "--patch", ending)
        self.refresh()

    def delete_stuck_pods(self) -> None:
        """Delete pods of StatefulSets that cannot start: a StatefulSet waits for them even after it is fixed."""
        for pod in json.loads(self.kubectl("get", "pods", "-A", "-o", "json"))["items"]:
            owners = [owner["kind"] for owner in pod["metadata"].get("ownerReferences", [])]
            states = [status["state"] for status in pod["status"].get("containerStatuses", [])]
            reasons = [state["waiting"].get("reason", "") for state in states if "waiting" in state]
            if "StatefulSet" in owners and {*reasons} & STUCK:
                name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
                self.kubectl("delete", "pod", name, "-n", namespace, "--wait=false", check=False)

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl; return what it printed."""
        return run([*self.cluster.kubectl_command, *arguments], stdin=stdin, timeout=120, check=check).stdout

    def kubectl_quietly(self, *arguments: str, stdin: str | None = None) -> None:
        """Run kubectl."""
        self.kubectl(*arguments, stdin=stdin)

    def where(self, what: dict[str, Any]) -> list[str]:
        """The namespace of an object, as arguments of kubectl."""
        return ["-n", what["namespace"]] if what.get("namespace") else []

    def read(self, what: dict[str, Any]) -> dict[str, Any]:
        """An object as it is now."""
        return dict(json.loads(self.kubectl("get", what["kind"], what["name"], *self.where(what), "-o", "json")))

    def put_back(self, before: dict[str, Any]) -> None:
        """Restore an object's previous state, or create it."""
        for field in SETTLED_FIELDS:
            before["metadata"].pop(field, None)
        before.pop("status", None)
        if before["kind"] == "Application" and "argoproj.io" in before["apiVersion"]:
            # Applications keep records in a status that is not a subresource; a replace would wipe it.
            before["status"] = self.status_now(before)
        text = json.dumps(before)
        there = self.kubectl("get", "--ignore-not-found", "-o", "name", "-f", "-", stdin=text, check=False)
        self.kubectl("replace" if there else "create", "-f", "-", stdin=text)

    def status_now(self, item: dict[str, Any]) -> dict[str, Any]:
        """The status that an object has now; empty if it is gone."""
        # By name: for objects given with `-f`, kubectl prints a list.
        kind, name = item["kind"], item["metadata"]["name"]
        where = self.where(item["metadata"])
        there = self.kubectl("get", kind, name, *where, "--ignore-not-found", "-o", "json", check=False)
        return dict(json.loads(there).get("status", {})) if there.strip() else {}

    def pods(self, what: dict[str, Any]) -> list[str]:
        """The pods of a selector: the first, or all with `every`."""
        listed = self.kubectl("get", "pods", *self.where(what), "-l", what["pod"], "-o", "name").split()
        assert listed, f"no pod has the labels {what['pod']}"
        return listed if what.get("every") else listed[:1]

    def execute(self, pod: str, what: dict[str, Any], command: list[str], check: bool = True) -> str:
        """Run a command in a pod; return what it printed."""
        container = ["-c", what["container"]] if what.get("container") else []
        return self.kubectl("exec", pod, *self.where(what), *container, "--", *map(str, command), check=check)

    def machines(self, which: str) -> list[Machine]:
        """The machines that a word of the catalogue stands for."""
        outputs = self.cluster.outputs
        every = {"workers": outputs.workers, "control-planes": outputs.control_planes}
        every["all"] = [*outputs.control_planes, *outputs.workers]
        return every[which] if which in every else every[f"{which.removeprefix('first-')}s"][:1]

    def sql(self, what: dict[str, Any], statement: str) -> str:
        """Run SQL as the superuser on the leading member; return what it printed."""
        account = 'PGPASSWORD="$PATRONI_SUPERUSER_PASSWORD" psql -h 127.0.0.1 -p 5433 -U "$PATRONI_SUPERUSER_USERNAME"'
        command = f"{account} -v ON_ERROR_STOP=1 -tA {what.get('database', 'alternatefutures')}"
        pod = self.pods({"pod": LEADER, "namespace": "default"})[0]
        return self.kubectl("exec", "-i", pod, "-n", "default", "--", "sh", "-c", command, stdin=statement)

    def refresh(self) -> None:
        """Have Argo CD poll Git now; an API server that a defect has just restarted is waited for."""

        def ask() -> None:
            # An API server whose etcd is away keeps a request for a minute; the next try reaches another one.
            argocd = "-n", "argocd", "--request-timeout=10s"
            names = self.kubectl(*argocd, "get", "applications", "-o", "name").split()
            self.kubectl(*argocd, "annotate", *names, "argocd.argoproj.io/refresh=normal", "--overwrite")

        when_reachable(ask)
