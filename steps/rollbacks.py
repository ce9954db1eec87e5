"""Rollouts of the platform's services, and taking them back, by kubectl and by Argo CD."""

import secrets
import shutil
import time
from dataclasses import dataclass, field

import yaml
from pytest_bdd import given, parsers, then, when

from fixtures.cluster import is_ready
from fixtures.components import is_rolled_out
from fixtures.components.gitops import ARGOCD, GROUP, messages, summary
from fixtures.load import RequestLoop
from fixtures.paths import ROOT
from fixtures.waiting import ROLLED_OUT, eventually

VERSION = "dev.alternate-futures.version"
AUTOMATED = {"prune": True, "selfHeal": True}
STAYS = 8
"""Seconds within which auto-sync or self-heal would have undone a rollback."""


@dataclass
class Service:
    """One of the platform's services under change: its Application, its Deployment, its overlay in Git."""

    name: str
    cluster: object
    argocd: object
    repository: object
    overlay: str = ""
    first: str = ""
    pushed: str = ""
    version: str = ""
    before: dict = field(default_factory=dict)

    @property
    def path(self):
        """The file in Git that scenarios change."""
        return f"k8s/{self.name}/overlays/kind/kustomization.yaml"

    @property
    def hint(self):
        """What to look at when it does not do what it should."""
        return f"kubectl -n argocd describe application {self.name}; kubectl rollout status deployment/{self.name}"

    def deployment(self):
        """Its Deployment."""
        return self.cluster.apps.read_namespaced_deployment(self.name, "default")

    def pods(self):
        """Its pods that are not going, by UID."""
        listed = self.cluster.core.list_namespaced_pod("default", label_selector=f"app={self.name}").items
        return {pod.metadata.uid: pod for pod in listed if not pod.metadata.deletion_timestamp}

    def auto_sync(self, on):
        """Switch auto-sync (and self-healing with it) on or off."""
        body = {"spec": {"syncPolicy": {"automated": AUTOMATED if on else None}}}
        self.cluster.custom.patch_namespaced_custom_object(*GROUP, ARGOCD, "applications", self.name, body)

    def is_still_off(self):
        """Raise AssertionError if auto-sync came back: it would undo what an operator does."""
        # From the API server: Argo CD's own API may be a moment behind.
        seen = self.cluster.custom.get_namespaced_custom_object(*GROUP, ARGOCD, "applications", self.name)
        assert not seen["spec"].get("syncPolicy", {}).get("automated"), (
            f"auto-sync of {self.name} was switched off, and is on again: who owns its sync policy? Try: {self.hint}"
        )

    def push(self, *operations, message):
        """Push its overlay with JSON patch operations on the Deployment; return the commit."""
        document = yaml.safe_load(self.overlay)
        patch = {"target": {"kind": "Deployment", "name": self.name}, "patch": yaml.safe_dump(list(operations))}
        document["patches"] = [*document.get("patches", []), patch]
        self.pushed = self.repository.commit({self.path: yaml.safe_dump(document, sort_keys=False)}, message)
        return self.pushed

    def push_version(self):
        """Push a version that differs from the last one by its name alone."""
        # Not hexadecimal alone: 1234e567 is a number to whoever reads it as YAML.
        self.version = f"version-{secrets.token_hex(4)}"
        operation = {"op": "add", "path": "/spec/template/metadata/annotations", "value": {VERSION: self.version}}
        return self.push(operation, message=f"{self.name}: {self.version}")

    def status(self, refresh=False):
        """Its Application's status."""
        return self.argocd.application(self.name, refresh=refresh)["status"]

    def wait_deployed(self, commit, version):
        """Wait until a sync of `commit` has Succeeded and all pods are of `version` (None: without one)."""

        def deployed():
            status = self.status()
            operation = status.get("operationState", {})
            seen = (operation.get("phase"), operation.get("syncResult", {}).get("revision"))
            assert seen == ("Succeeded", commit), f"{seen[0]} of {(seen[1] or '')[:8]} {messages(status)}"
            self.all_of(version)
            return status

        return eventually(deployed, within=ROLLED_OUT, what=f"{self.name} at {commit[:8]}", hint=self.hint)

    def all_of(self, version):
        """Raise AssertionError unless all replicas run, ready, in one version."""
        deployment = self.deployment()
        assert is_rolled_out(deployment), f"{deployment.status.updated_replicas} of {deployment.spec.replicas} updated"
        pods = self.pods().values()
        versions = {(pod.metadata.annotations or {}).get(VERSION) for pod in pods}
        assert versions == {version} and all(is_ready(pod) for pod in pods), f"its pods run {versions}"
        return True


def service_under_change(name, cluster, argocd, repository):
    """A service as it is before a scenario changes it, and as it is put back afterwards."""
    service = Service(name, cluster, argocd, repository)
    service.overlay = repository.read(service.path)
    wait_settled(service)
    service.first = service.status()["operationState"]["syncResult"]["revision"]
    service.before = service.pods()
    return service


def wait_settled(service):
    """Wait until the Application is Synced and Healthy at the repository's last commit."""
    head = service.repository.git("ls-remote", service.repository.remote(), "refs/heads/main").split()[0]

    def settled():
        status = service.status(refresh=True)
        seen = summary(status)
        assert seen[:2] == ("Synced", "Healthy") and status["sync"]["revision"] == head, (
            f"{'/'.join(seen)} at {status['sync'].get('revision', '')[:8]} {messages(status)}"
        )
        # Succeeded, or Failed at a commit that is no longer what Git says.
        assert seen[2] != "Running", "a sync is running"
        return service.all_of(None)

    eventually(settled, within=ROLLED_OUT, what=f"{service.name} as Git has it", hint=service.hint)


def put_back(service):
    """Git, auto-sync and pods as they were."""
    service.repository.commit({service.path: service.overlay}, f"{service.name}: as it was")
    service.auto_sync(True)
    wait_settled(service)
    if summary(service.status())[2] != "Succeeded":
        # The last word on record shall be the working version's.
        service.argocd.sync(service.name)
        head = service.status()["sync"]["revision"]
        service.wait_deployed(head, None)


@given(parsers.parse('auto-sync of "{name}" is on'), target_fixture="service")
def auto_sync_on(cluster, argocd, repository, platform, applications, name):
    platform.get(name)
    service = service_under_change(name, cluster, argocd, repository)
    yield service
    put_back(service)


@given(parsers.parse('auto-sync of "{name}" is off'), target_fixture="service")
def auto_sync_off(cluster, argocd, repository, platform, applications, name):
    platform.get(name)
    service = service_under_change(name, cluster, argocd, repository)
    service.auto_sync(False)
    yield service
    put_back(service)


@given(parsers.parse('"{url}" is asked all the time'), target_fixture="requests_lost")
def asked_all_the_time(web, routes, environment, url):
    with RequestLoop(web, url.format(domain=environment.domain)) as loop:
        eventually(lambda: loop.answered >= 5 or None, within=ROLLED_OUT, what=f"answers of {loop.url}")
        yield loop


@then("no request was lost")
def nothing_lost(requests_lost, evidence):
    evidence.add("requests", {"answered": requests_lost.answered, "lost": requests_lost.lost})
    requests_lost.judge("the change and its taking back")


@when("an operator rolls out a version of it that never becomes ready")
def roll_out_broken(service):
    running = service.deployment().spec.template.spec.containers[0]
    assert running.readiness_probe and running.readiness_probe.http_get, (
        f"{service.name} asks none of its pods whether it is ready, so a bad version would get requests. "
        f"Try: kubectl get deployment {service.name} -o yaml"
    )
    container = running.name
    probe = {"name": container, "readinessProbe": {"httpGet": {"path": "/no-such-path", "port": "http"}}}
    body = {"spec": {"template": {"spec": {"containers": [probe]}}}}
    service.cluster.apps.patch_namespaced_deployment(service.name, "default", body)

    def new_pod():
        new = [pod for uid, pod in service.pods().items() if uid not in service.before]
        assert new and all(pod.status.phase == "Running" for pod in new), "no pod of the new version runs yet"
        return True

    eventually(new_pod, within=ROLLED_OUT, what="a pod of the bad version running", hint=service.hint)


@then("its old pods are still there")
def old_pods_there(service):
    gone = set(service.before) - set(service.pods())
    assert not gone, f"{len(gone)} pods of the working version are gone. Try: {service.hint}"


@when("the operator undoes the rollout")
def undo(service, evidence):
    evidence.add("kubectl rollout undo", service.cluster.kubectl("rollout", "undo", f"deployment/{service.name}"))


@then("it runs the version before, with all its replicas")
def version_before(service):
    def back():
        service.all_of(None)
        template = service.deployment().spec.template.spec.containers[0].readiness_probe.http_get.path
        assert template != "/no-such-path", "the Deployment still has the bad version"
        return True

    eventually(back, within=ROLLED_OUT, what=f"{service.name} back on the version before", hint=service.hint)
    assert set(service.before) == set(service.pods()), "pods of the working version were replaced"


@when("a change that the API refuses is pushed for it")
def push_refused(service):
    # A Deployment's selector cannot be changed.
    labels = [
        {"op": "add", "path": f"/spec/{where}/extra", "value": "other"}
        for where in ("selector/matchLabels", "template/metadata/labels")
    ]
    service.push(*labels, message=f"{service.name}: a change that the API refuses")
    service.status(refresh=True)


@then("its sync fails and says why")
def sync_fails(service, evidence):
    def failed():
        operation = service.status().get("operationState", {})
        seen = (operation.get("phase"), operation.get("syncResult", {}).get("revision"))
        assert seen == ("Failed", service.pushed), f"{seen[0]} of {(seen[1] or '')[:8]} {operation.get('message', '')}"
        return operation

    operation = eventually(
        failed, within=ROLLED_OUT, what=f"the sync of {service.pushed[:8]} Failed", hint=service.hint
    )
    says = [operation["message"], *(item.get("message", "") for item in operation["syncResult"].get("resources", []))]
    evidence.add("what it says", says)
    assert any("immutable" in text for text in says), f"expected the API's refusal, it says {says}"


@then("its pods are those from before, not restarted")
def pods_undisturbed(service):
    now = service.pods()
    assert set(now) == set(service.before), "pods were replaced although the sync failed"
    for uid, pod in now.items():
        restarts = pod.status.container_statuses[0].restart_count
        assert restarts == service.before[uid].status.container_statuses[0].restart_count, (
            f"{pod.metadata.name} restarted"
        )
        assert is_ready(pod), f"{pod.metadata.name} is not ready"


def push_and_deploy(service):
    """Push another version, have it synced as an operator does, and wait for it; return its commit."""
    commit = service.push_version()
    service.status(refresh=True)
    service.is_still_off()
    service.argocd.sync(service.name)
    service.wait_deployed(commit, service.version)
    return commit


@when("two more versions of it are pushed and deployed, one after the other")
def deploy_two(service, evidence):
    evidence.add("commits", {"before": service.first, "then": [push_and_deploy(service), push_and_deploy(service)]})


@given("another version of it is pushed and deployed")
def deploy_one(service):
    push_and_deploy(service)


@when("the operator rolls back to the commit before both")
@when("the operator rolls back to the commit before")
def roll_back(service, evidence):
    history = service.status()["history"]
    evidence.add("history before", [{key: entry[key] for key in ("id", "revision", "deployedAt")} for entry in history])
    entry = [entry for entry in history if entry["revision"] == service.first][-1]
    service.is_still_off()
    service.argocd.rollback(service.name, entry["id"])


@then("its pods run what that commit says, and stay with it")
def pods_run_first(service, evidence):
    service.wait_deployed(service.first, None)
    until = time.monotonic() + STAYS
    eventually(lambda: time.monotonic() >= until, within=ROLLED_OUT, what="the time to pass")
    history = [entry["revision"] for entry in service.status()["history"]]
    evidence.add(f"history {STAYS} s later", history)
    undone = f"the rollback of {service.name} did not last: auto-sync or self-heal undid it. Try: {service.hint}"
    assert history[-1] == service.first, f"{history[-1][:8]} was deployed after it; {undone}"
    try:
        service.all_of(None)
    except AssertionError as error:
        raise AssertionError(f"{error}; {undone}") from error


@then("its record names that commit")
def record_names(service, evidence):
    entry = service.status()["history"][-1]
    evidence.add("history's last entry", {key: entry[key] for key in ("id", "revision", "deployedAt")})
    assert entry["revision"] == service.first, f"the record's last entry is {entry['revision'][:8]}"


@when("a version of it that never becomes ready is pushed")
def push_broken(service):
    path = "/spec/template/spec/containers/0/readinessProbe/httpGet/path"
    operation = {"op": "replace", "path": path, "value": "/no-such-path"}
    service.push(operation, message=f"{service.name}: a version that never becomes ready")
    service.status(refresh=True)


@then("its Application becomes Degraded and says why")
def becomes_degraded(service, evidence):
    def degraded():
        status = service.status()
        health = status["health"]["status"]
        assert health == "Degraded", f"it is {health}"
        return messages(status)

    says = eventually(degraded, within=ROLLED_OUT, what=f"{service.name} Degraded", hint=service.hint)
    evidence.add("what it says", says)
    assert "progress deadline" in says, f"expected it to say that the deadline passed, it says {says!r}"


@when("auto-sync is switched off and the operator rolls back")
def switch_off_and_roll_back(service, evidence):
    # Argo CD refuses a rollback while auto-sync is on.
    service.auto_sync(False)
    eventually(lambda: stop_sync(service), within=ROLLED_OUT, what="the sync of the broken version ended")
    roll_back(service, evidence)


def stop_sync(service):
    """End a sync that is waiting for a version that never becomes healthy."""
    if service.status()["operationState"]["phase"] == "Running":
        service.argocd.call("DELETE", f"applications/{service.name}/operation")
        raise AssertionError("a sync is running")
    return True


@then("its Application is Healthy again")
def healthy_again(service):
    def healthy():
        health = service.status()["health"]["status"]
        assert health == "Healthy", f"it is {health}"
        return True

    eventually(healthy, within=ROLLED_OUT, what=f"{service.name} Healthy", hint=service.hint)


@when("the text of the home page is changed and its image is built and pushed", target_fixture="new_text")
def build_changed_page(images, tmp_path, run, evidence):
    text = f"Text of run {run.id} {secrets.token_hex(3)}"
    source = tmp_path / "frontend"
    shutil.copytree(ROOT / "services" / "frontend", source, ignore=shutil.ignore_patterns("node_modules", "out"))
    page = source / "app" / "page.jsx"
    changed = page.read_text().replace("</h1>", f"</h1><p>{text}</p>", 1)
    assert text in changed, f"{page.name} has no heading to put a text after"
    page.write_text(changed)
    tag = f"run-{secrets.token_hex(4)}"
    began = time.monotonic()
    images.build_and_push(source, "frontend", tag, log=run.folder / "home-page.log")
    evidence.add("built and pushed", {"tag": tag, "seconds": round(time.monotonic() - began, 1)})
    return text, tag


@when("the image's tag is committed to Git")
def commit_tag(service, new_text, evidence):
    _, tag = new_text
    document = yaml.safe_load(service.overlay)
    for image in document["images"]:
        if image["name"] == "alternate-futures/frontend":
            image["newTag"] = tag
            # A digest would win over the tag.
            image.pop("digest", None)
    files = {service.path: yaml.safe_dump(document, sort_keys=False)}
    service.pushed = service.repository.commit(files, f"frontend-service: image {tag}")
    evidence.add("commit", service.pushed)


@then("the home page shows the new text")
def page_shows_text(service, web, environment, new_text, evidence):
    began = time.monotonic()
    text, _ = new_text

    def shown():
        answer = web.get(f"https://www.{environment.domain}/")
        assert answer.status_code == 200 and text in answer.text, f"HTTP {answer.status_code}, without the text"
        return True

    eventually(shown, within=ROLLED_OUT, what="the new text on the home page", hint=service.hint)
    evidence.add("from push to the first page with the new text", f"{time.monotonic() - began:.1f} s")
    service.wait_deployed(service.pushed, None)
