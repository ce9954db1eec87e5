"""How defects are made in a kept platform, seen to be in effect, and undone."""

from __future__ import annotations

import json
import re
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import yaml

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT, STATE
from acceptance.base.waiting import Deadline, eventually
from acceptance.clients.docker import docker
from acceptance.clients.git import Repository
from acceptance.clients.process import run
from acceptance.cluster.cluster import Cluster
from acceptance.images.build import Images
from acceptance.infrastructure.contract import Machine
from acceptance.proof.catalogue import Defect

IN_EFFECT = Deadline(180, "the catalogue: a defect by Git is synced and rolled out")
AT_ONCE = Deadline(45, "the catalogue: what a command does is done when it ends")
UNDONE = Deadline(180, "the catalogue: what was undone is rolled out again")
SETTLED_FIELDS = ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields")
LEADER = "app=yb-tserver,role in (master,primary)"
TAGS = "k8s/environment/run/kustomization.yaml"
"""Where the platform's repository says which tags of images are deployed."""
STUCK = {"ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerConfigError"}
COMMANDS = ("execute", "node", "sql", "engine")
Undo = Callable[[], object]


class Workbench:
    """A kept platform, to put defects into. `web` reaches its hosts as users do."""

    def __init__(self, cluster: Cluster, repository: Repository, images: Images, web: requests.Session, domain: str):
        self.cluster = cluster
        self.images = images
        self.repository = repository
        self.web = web
        self.domain = domain

    def make(self, defect: Defect) -> Undo:
        """Make a defect; return what undoes it. Raises UserError for a way that this platform does not have."""
        maker = getattr(self, f"make_{defect.way}", None)
        if maker is None:
            raise UserError(f"{defect.id} is made by `{defect.way}`, which is not built yet", "make it by hand")
        undo: Undo = maker(defect.make[defect.way])
        return undo

    def wait_in_effect(self, defect: Defect) -> str:
        """Wait until the defect's own look sees it; return what was seen. A defect that does not take is no proof."""
        way, look = next(iter(defect.effect.items()))
        seen = lambda: self.expect(way, look)  # noqa: E731
        within = AT_ONCE if defect.way in COMMANDS else IN_EFFECT
        return eventually(seen, within=within, what=f"the effect of {defect.id}", hint=str(defect.effect))

    def wait_undone(self, defect: Defect) -> None:
        """Wait until the defect's own look sees it no more."""
        way, look = next(iter(defect.effect.items()))

        def gone() -> bool:
            try:
                self.expect(way, look)
            except AssertionError:
                return True
            raise AssertionError("it is still in effect")

        eventually(gone, within=UNDONE, what=f"{defect.id} undone", hint=str(defect.effect))

    def wait_as_before(self) -> None:
        """Wait until Argo CD has deployed all that Git says, and all of it is healthy."""
        states = "{range .items[*]}{.metadata.name}={.status.sync.status}/{.status.health.status} {end}"

        self.end_syncs()

        def settled() -> bool:
            self.delete_stuck_pods()
            listed = self.kubectl("-n", "argocd", "get", "applications", "-o", f"jsonpath={states}").split()
            other = [state for state in listed if not state.endswith("=Synced/Healthy")]
            assert listed and not other, f"Applications are {', '.join(other) or 'gone'}"
            return True

        eventually(settled, within=UNDONE, what="the platform as it was before", hint="kubectl get app -A; make down")

    def end_syncs(self) -> None:
        """End syncs that still wait for what a defect broke: Argo CD begins none while one is running."""
        phases = "{range .items[*]}{.metadata.name}={.status.operationState.phase} {end}"
        for state in self.kubectl("-n", "argocd", "get", "applications", "-o", f"jsonpath={phases}").split():
            name, _, phase = state.partition("=")
            if phase == "Running":
                ending = '{"status": {"operationState": {"phase": "Terminating"}}}'
                self.kubectl("-n", "argocd", "patch", "application", name, "--type", "merge", "--patch", ending)
        self.refresh()

    def delete_stuck_pods(self) -> None:
        """Delete pods of StatefulSets that cannot start: a StatefulSet waits for them also once it was put right."""
        for pod in json.loads(self.kubectl("get", "pods", "-A", "-o", "json"))["items"]:
            owners = [owner["kind"] for owner in pod["metadata"].get("ownerReferences", [])]
            states = [status["state"] for status in pod["status"].get("containerStatuses", [])]
            reasons = [state["waiting"].get("reason", "") for state in states if "waiting" in state]
            if "StatefulSet" in owners and {*reasons} & STUCK:
                name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
                self.kubectl("delete", "pod", name, "-n", namespace, "--wait=false", check=False)

    def expect(self, way: str, look: dict[str, Any]) -> str:
        """What a look sees. Raises AssertionError if it is not what the catalogue expects of the defect."""
        text = str(getattr(self, f"look_{way}")(look)).strip()
        wanted = str(look.get("expect", look.get("expect_status", "")))
        assert re.search(wanted, text, re.MULTILINE), f"expected {wanted!r}, saw {text[:300]!r}"
        return str(text)

    # Ways to make a defect.

    def make_git(self, what: dict[str, Any]) -> Undo:
        """Replace a text of a file in the platform's repository; Argo CD deploys it."""
        before = self.repository.read(what["file"])
        if what["replace"] not in before:
            raise UserError(f"{what['file']} does not hold {what['replace']!r}", "mend the defect")
        after = before.replace(what["replace"], what["with"], 1)
        self.repository.commit({what["file"]: after}, "A defect")
        self.refresh()

        def undo() -> None:
            self.repository.commit({what["file"]: before}, "A defect undone")
            self.refresh()

        return undo

    def make_patch(self, what: dict[str, Any]) -> Undo:
        """Patch an object; it is put back field by field as it was."""
        before = self.read(what)
        kind = "json" if "json" in what else "merge"
        patch = json.dumps(what["json" if kind == "json" else "merge"])
        self.kubectl("patch", what["kind"], what["name"], *self.where(what), "--type", kind, "--patch", patch)
        return lambda: self.put_back(before)

    def make_create(self, what: dict[str, Any]) -> Undo:
        """Create an object."""
        text = yaml.safe_dump(what)
        self.kubectl("create", "-f", "-", stdin=text)
        return lambda: self.kubectl_quietly("delete", "--ignore-not-found", "--wait", "-f", "-", stdin=text)

    def make_delete(self, what: dict[str, Any]) -> Undo:
        """Delete an object."""
        before = self.read(what)
        self.kubectl("delete", what["kind"], what["name"], *self.where(what))
        return lambda: self.put_back(before)

    def make_scale(self, what: dict[str, Any]) -> Undo:
        """Scale an object."""
        before = self.read(what)["spec"]["replicas"]

        def scale(count: int) -> str:
            return self.kubectl("scale", what["kind"], what["name"], *self.where(what), f"--replicas={count}")

        scale(what["replicas"])
        return lambda: scale(before)

    def make_execute(self, what: dict[str, Any]) -> Undo:
        """Run a command in the pods of a selector, in the first or in each."""
        pods = self.pods(what)
        for pod in pods:
            self.execute(pod, what, what["command"])
        return lambda: [self.execute(pod, what, what["undo"]) for pod in pods]

    def make_node(self, what: dict[str, Any]) -> Undo:
        """Run a shell command on machines."""
        machines = self.machines(what["machines"])
        for machine in machines:
            self.cluster.on_node(machine.name, "sh", "-ec", what["command"])
        return lambda: [self.cluster.on_node(m.name, "sh", "-c", what["undo"]) for m in machines]

    def make_sql(self, what: dict[str, Any]) -> Undo:
        """Run a statement as the database's superuser."""
        self.sql(what, what["statement"])
        return lambda: self.sql(what, what["undo"])

    def make_engine(self, what: dict[str, Any]) -> Undo:
        """Run a command of the container engine."""
        docker(*what["command"])
        return lambda: docker(*what["undo"], check=False)

    def make_source(self, what: dict[str, Any]) -> Undo:
        """Change a reference service's source, build its image, and deploy it by Git."""
        service, tag = what["service"], f"defect-{secrets.token_hex(4)}"
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, service)
            shutil.copytree(ROOT / "services" / service, source, ignore=shutil.ignore_patterns("node_modules", "out"))
            file = source / what["file"]
            before = file.read_text()
            if what["replace"] not in before:
                raise UserError(f"{file.name} does not hold {what['replace']!r}", "mend the defect")
            file.write_text(before.replace(what["replace"], what["with"], 1))
            self.images.build_and_push(source, service, tag, log=STATE / "prove.log")
        found = self.repository.read(TAGS)
        images = yaml.safe_load(found)
        entry = next(image for image in images["images"] if image["name"] == f"alternate-futures/{service}")
        entry["newTag"] = tag
        self.repository.commit({TAGS: yaml.safe_dump(images, sort_keys=False)}, "A defect")
        self.refresh()

        def undo() -> None:
            self.repository.commit({TAGS: found}, "A defect undone")
            self.refresh()

        return undo

    # Ways to look.

    def look_image(self, look: dict[str, Any]) -> str:
        """Whether all pods of a service run an image with a defect: `all`, or the images of those that are there."""
        where = ("-n", "default", "-l", f"app={look['service']}-service")
        pods = json.loads(self.kubectl("get", "pods", *where, "-o", "json"))["items"]
        images = [
            status["image"] if status["ready"] else f"{status['image']}, not ready"
            for pod in pods
            for status in pod["status"].get("containerStatuses", [])
        ]
        new = [image for image in images if ":defect-" in image and not image.endswith("not ready")]
        return "all" if len(new) == len(pods) else "\n".join(images)

    def look_kubectl(self, look: dict[str, Any]) -> str:
        """What kubectl prints."""
        return self.kubectl(*shlex.split(look["arguments"]), check=False)

    def look_execute(self, look: dict[str, Any]) -> str:
        """What a command prints in the pods of a selector."""
        return "\n".join(self.execute(pod, look, look["command"], check=False) for pod in self.pods(look))

    def look_node(self, look: dict[str, Any]) -> str:
        """What a shell command prints on machines."""
        machines = self.machines(look["machines"])
        return "\n".join(self.cluster.on_node(m.name, "sh", "-c", look["command"], check=False) for m in machines)

    def look_sql(self, look: dict[str, Any]) -> str:
        """What a query gives."""
        return self.sql(look, look["statement"])

    def look_http(self, look: dict[str, Any]) -> str:
        """The status and body of a page."""
        answer = self.web.get(look["url"].format(domain=self.domain), headers={"Connection": "close"})
        return str(answer.status_code) if "expect_status" in look else answer.text

    def look_engine(self, look: dict[str, Any]) -> str:
        """What a command of the container engine prints."""
        return docker(*look["command"], check=False)

    # What these stand on.

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl; return what it printed."""
        return run([*self.cluster.kubectl_command, *arguments], stdin=stdin, timeout=120, check=check).stdout

    def kubectl_quietly(self, *arguments: str, stdin: str | None = None) -> None:
        """Run kubectl."""
        self.kubectl(*arguments, stdin=stdin)

    def where(self, what: dict[str, Any]) -> list[str]:
        """The namespace of an object, as kubectl takes it."""
        return ["-n", what["namespace"]] if what.get("namespace") else []

    def read(self, what: dict[str, Any]) -> dict[str, Any]:
        """An object as it is now."""
        return dict(json.loads(self.kubectl("get", what["kind"], what["name"], *self.where(what), "-o", "json")))

    def put_back(self, before: dict[str, Any]) -> None:
        """Replace an object by what it was, or create it."""
        for field in SETTLED_FIELDS:
            before["metadata"].pop(field, None)
        before.pop("status", None)
        if before["kind"] == "Application" and "argoproj.io" in before["apiVersion"]:
            # Applications keep their records in a status that is no resource of its own; a replace would wipe it.
            before["status"] = self.status_now(before)
        text = json.dumps(before)
        there = self.kubectl("get", "--ignore-not-found", "-o", "name", "-f", "-", stdin=text, check=False)
        self.kubectl("replace" if there else "create", "-f", "-", stdin=text)

    def status_now(self, item: dict[str, Any]) -> dict[str, Any]:
        """The status that an object has now; empty if it is gone."""
        there = self.kubectl("get", "--ignore-not-found", "-o", "json", "-f", "-", stdin=json.dumps(item), check=False)
        return dict(json.loads(there).get("status", {})) if there.strip() else {}

    def pods(self, what: dict[str, Any]) -> list[str]:
        """The pods of a selector: the first, or with `every` all."""
        listed = self.kubectl("get", "pods", *self.where(what), "-l", what["pod"], "-o", "name").split()
        assert listed, f"no pod has the labels {what['pod']}"
        return listed if what.get("every") else listed[:1]

    def execute(self, pod: str, what: dict[str, Any], command: list[str], check: bool = True) -> str:
        """Run a command in a pod; return what it printed."""
        container = ["-c", what["container"]] if what.get("container") else []
        return self.kubectl("exec", pod, *self.where(what), *container, "--", *map(str, command), check=check)

    def machines(self, which: str) -> list[Machine]:
        """The machines that a word of the catalogue means."""
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
        """Have Argo CD look into Git now."""
        applications = self.kubectl("-n", "argocd", "get", "applications", "-o", "name").split()
        self.kubectl("-n", "argocd", "annotate", *applications, "argocd.argoproj.io/refresh=normal", "--overwrite")
