"""Injects defects into a kept platform, checks that they are in effect, and undoes them."""

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

import yaml

from acceptance.base.deadlines import Deadline
from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT, STATE
from acceptance.base.waiting import eventually
from acceptance.clients.docker import docker
from acceptance.clients.process import run
from acceptance.proof.catalogue import Defect
from acceptance.proof.kept_platform import UNDONE, KeptPlatform

IN_EFFECT = Deadline(180, "the catalogue: a defect in Git is synced and rolled out")
AT_ONCE = Deadline(75, "the catalogue: a command has taken effect when it ends, a silent kubelet after 50 s")
TAGS = "k8s/environment/run/kustomization.yaml"
"""The file of the platform's repository with the deployed image tags."""
COMMANDS = ("execute", "node", "sql", "engine", "host")
Undo = Callable[[], object]


class Workbench(KeptPlatform):
    """A kept platform to inject defects into."""

    def make(self, defect: Defect) -> Undo:
        """Inject a defect; return a function that undoes it. Raises UserError for a way that is not implemented."""
        maker = getattr(self, f"make_{defect.way}", None)
        if maker is None:
            raise UserError(f"{defect.id} is injected by `{defect.way}`, which is not implemented", "inject it by hand")
        undo: Undo = maker(defect.make[defect.way])
        return undo

    def wait_in_effect(self, defect: Defect) -> str:
        """Wait until the defect's own look sees it; return what was seen. A defect without effect proves nothing."""
        way, look = next(iter(defect.effect.items()))
        seen = lambda: self.expect(way, look)  # noqa: E731
        within = AT_ONCE if defect.way in COMMANDS else IN_EFFECT
        return eventually(seen, within=within, what=f"{defect.id} to take effect", hint=str(defect.effect))

    def wait_undone(self, defect: Defect) -> None:
        """Wait until the defect's own look no longer sees it."""
        way, look = next(iter(defect.effect.items()))

        def gone() -> bool:
            try:
                self.expect(way, look)
            except AssertionError:
                return True
            raise AssertionError("it is still in effect")

        eventually(gone, within=UNDONE, what=f"{defect.id} to be undone", hint=str(defect.effect))

    def expect(self, way: str, look: dict[str, Any]) -> str:
        """What a look sees. Raises AssertionError if it is not what the catalogue expects."""
        text = str(getattr(self, f"look_{way}")(look)).strip()
        wanted = str(look.get("expect", look.get("expect_status", "")))
        assert re.search(wanted, text, re.MULTILINE), f"expected {wanted!r}, saw {text[:300]!r}"
        return str(text)

    # Ways to inject a defect.

    def make_git(self, what: dict[str, Any]) -> Undo:
        """Replace text in a file of the platform's repository; Argo CD deploys it."""
        before = self.repository.read(what["file"])
        if what["replace"] not in before:
            raise UserError(f"{what['file']} does not contain {what['replace']!r}", "fix the defect")
        after = before.replace(what["replace"], what["with"], 1)
        self.repository.commit({what["file"]: after}, "A defect")
        self.refresh()

        def undo() -> None:
            self.repository.commit({what["file"]: before}, "A defect undone")
            self.refresh()

        return undo

    def make_patch(self, what: dict[str, Any]) -> Undo:
        """Patch an object; undoing restores it field by field."""
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
        """Run a command in the first pod of a selector, or in each."""
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

    def make_host(self, what: dict[str, Any]) -> Undo:
        """Run a shell command on this machine, with the path of the kubeconfig."""
        self.on_host(what["command"])
        return lambda: self.on_host(what["undo"])

    def make_source(self, what: dict[str, Any]) -> Undo:
        """Change a reference service's source, build its image, and deploy it through Git."""
        service, tag = what["service"], f"defect-{secrets.token_hex(4)}"
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, service)
            shutil.copytree(ROOT / "services" / service, source, ignore=shutil.ignore_patterns("node_modules", "out"))
            file = source / what["file"]
            before = file.read_text()
            if what["replace"] not in before:
                raise UserError(f"{file.name} does not contain {what['replace']!r}", "fix the defect")
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
        """Whether all pods of a service run an image with a defect: `all`, or the images of the existing ones."""
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
        """What a query returns."""
        return self.sql(look, look["statement"])

    def look_http(self, look: dict[str, Any]) -> str:
        """The status and body of a page."""
        answer = self.web.get(look["url"].format(domain=self.domain), headers={"Connection": "close"})
        return str(answer.status_code) if "expect_status" in look else answer.text

    def look_engine(self, look: dict[str, Any]) -> str:
        """What a command of the container engine prints."""
        return docker(*look["command"], check=False)

    def look_host(self, look: dict[str, Any]) -> str:
        """What a shell command prints on this machine."""
        return self.on_host(look["command"])

    def on_host(self, command: str) -> str:
        """What a shell command prints on this machine; `$KUBECONFIG` is the kubeconfig of the outputs."""
        where = {"KUBECONFIG": str(self.cluster.kubeconfig_path)}
        return run(["sh", "-ec", command], environment=where, timeout=60).stdout
