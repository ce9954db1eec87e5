"""Argo CD at work on small Applications of the scenarios' own: noticing, syncing, health, records, rollback."""

import contextlib
import datetime
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
import requests
import yaml
from kubernetes.client import ApiException
from pytest_bdd import given, parsers, then, when

from fixtures.clients.git import Repository
from fixtures.cluster import SCENARIO_LABEL, Namespace, of_scenario, pod_spec, probe_container
from fixtures.components.gitops import ARGOCD, GOOD, GROUP, messages, summary
from fixtures.manifests import apply
from fixtures.platform import own_namespace, steps_of
from fixtures.waiting import DETECTED_BY_POLLING, DETECTED_BY_WEBHOOK, POD_READY, SYNCED, eventually

LOGS = "kubectl -n argocd logs statefulset/argocd-application-controller"


LOOK_EVERY = 5
"""Seconds between two looks into Git that are asked for."""
UI = "the Argo CD UI"
API = "the API that it reads, for this image has no UI"


def see_ui(argocd, evidence):
    """Judge on the API where the running image was built without the UI, and say so."""
    if not argocd.has_ui():
        evidence.substitute(UI, API)


@dataclass
class Demo:
    """A small Application: a ConfigMap, a Deployment, and where readiness is judged the hook that waits for it."""

    name: str
    repository: Repository
    namespace: Namespace
    argocd: object
    automated: bool
    first: str = ""
    pushed: str = ""
    text: str = ""
    pushed_at: float = 0.0
    looked_at: float = 0.0
    commits: list = field(default_factory=list)

    def files(self, text="first", **changes):
        """The Application's manifests, as one file in the repository."""
        return {f"{self.name}/application.yaml": yaml.safe_dump_all(manifests(self.name, text, **changes))}

    def push(self, text=None, **changes):
        """Commit and push another version; return its SHA."""
        # A letter first: what looks like a number (12e345) is one to other readers of YAML than the one that wrote it.
        self.text = text or f"text-{secrets.token_hex(6)}"
        self.pushed = self.repository.commit(self.files(self.text, **changes), f"{self.name}: {self.text}")
        self.pushed_at, self.looked_at = time.monotonic(), 0.0
        self.commits.append(self.pushed)
        return self.pushed

    def push_and_ask(self, **changes):
        """Push another version, have Argo CD look into Git, and ask for a sync, as an operator does."""
        self.push(**changes)
        self.look()
        self.argocd.sync(self.name)

    def look(self):
        """Have Argo CD look into Git now; return the status after that."""
        self.looked_at = time.monotonic()
        return self.argocd.application(self.name, refresh=True).get("status", {})

    def status(self, refresh=False):
        """The Application's status, as the UI reads it; with `refresh`, after a look into Git of these seconds."""
        # Each look is work for Argo CD and the API server, which whoever waits would ask for four times a second.
        if refresh and time.monotonic() - self.looked_at > LOOK_EVERY:
            return self.look()
        return self.argocd.application(self.name).get("status", {})

    def deployed_text(self):
        """What the ConfigMap in the cluster says, or None."""
        try:
            return self.namespace.cluster.core.read_namespaced_config_map(self.name, self.namespace.name).data["text"]
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    def delete(self):
        """Take the Application and its pods away, if they are there; the rest goes with the namespace."""
        cluster = self.namespace.cluster
        with contextlib.suppress(ApiException):
            cluster.custom.delete_namespaced_custom_object(*GROUP, ARGOCD, "applications", self.name)
        with contextlib.suppress(ApiException):
            cluster.apps.delete_namespaced_deployment(self.name, self.namespace.name)

    @property
    def hint(self):
        """What to look at when it does not do what it should."""
        return f"kubectl -n argocd describe application {self.name}; {LOGS}"


def manifests(name, text, ready_after=0, never_ready=False, label="demo"):
    """A demo's objects. `ready_after` delays readiness, `never_ready` fails it (soon), `label` is immutable.

    Only a version that is about pods has any.
    """
    labels = {"app": name}
    selector = labels if label == "demo" else {**labels, "extra": label}
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "initialDelaySeconds": ready_after}
    if never_ready:
        # Nothing listens there.
        probe = {"tcpSocket": {"port": 9}, "periodSeconds": 1}
    container = probe_container(readinessProbe=probe)
    about_pods = bool(ready_after or never_ready)
    if about_pods:
        container["env"].append({"name": "TEXT", "value": text})
    hook = {
        "argocd.argoproj.io/hook": "PostSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation,HookSucceeded",
    }
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}},
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": int(about_pods), "progressDeadlineSeconds": 10 if never_ready else 30,
                     "selector": {"matchLabels": selector},
                     "template": {"metadata": {"labels": {**labels, "extra": label}},
                                  "spec": pod_spec(container)}},
        },
        {
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"{name}-healthy", "annotations": hook},
            "spec": {"backoffLimit": 0, "template": {"spec": pod_spec(probe_container("pass"), restartPolicy="Never")}},
        },
    ]  # fmt: skip
    return objects if ready_after else objects[:-1]


def create_applications(demos):
    """The Application objects; nothing but its own path of its repository is each one's."""
    apply(demos[0].namespace.cluster, [application(demo) for demo in demos])


def application(demo):
    """A demo's Application."""
    return {
        "apiVersion": "/".join(GROUP), "kind": "Application",
        "metadata": {
            "name": demo.name, "namespace": ARGOCD, "labels": {SCENARIO_LABEL: "true"},
            # A push to the repository that all demos share is about those whose files it changes.
            "annotations": {"argocd.argoproj.io/manifest-generate-paths": "."},
        },
        "spec": {
            "project": "demo",
            "source": {"repoURL": demo.repository.url, "targetRevision": "main", "path": demo.name},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": demo.namespace.name},
            "syncPolicy": {
                **({"automated": {"prune": True, "selfHeal": True}} if demo.automated else {}),
                # By itself Argo CD tries a refused change five times, which takes minutes.
                "retry": {"limit": 1, "backoff": {"duration": "1s"}},
            },
        },
    }  # fmt: skip


def wait_status(demo, wanted, revision):
    """Wait until the Application is Synced/Healthy/Succeeded (or what is wanted) at a commit; return its status."""

    def reached():
        status = demo.status(refresh=True)
        seen = summary(status)
        assert seen == wanted and status["sync"].get("revision") == revision, (
            f"{'/'.join(seen)} at {status.get('sync', {}).get('revision', 'no commit')[:8]} {messages(status)}"
        )
        return status

    what = f"{demo.name} {'/'.join(wanted)} at {revision[:8]}"
    return eventually(reached, within=SYNCED, what=what, hint=demo.hint)


def new_demo(repository, namespace, argocd, automated):
    """An Application that is not there yet."""
    return Demo(f"demo-{secrets.token_hex(3)}", repository, namespace, argocd, automated)


class Demos:
    """Applications with their first version deployed, one for each scenario of the run that asks for one.

    They are made at once, in one namespace, since all of them together come up about as fast as one. Each scenario
    takes one, and waits for that one alone: what is wrong with it is wrong for that scenario.
    """

    def __init__(self, namespace, git, argocd, wanted):
        self.made, self.taken = {}, []
        for repository in sorted({repository for repository, _ in wanted}):
            kinds = [automated for name, automated in wanted if name == repository]
            self.make([new_demo(git.repository(repository), namespace, argocd, kind) for kind in kinds])

    def make(self, demos):
        """Deploy the first version of demos of one repository, by one commit."""
        files = {path: text for demo in demos for path, text in demo.files().items()}
        commit = demos[0].repository.commit(files, f"{len(demos)} demos: first")
        for demo in demos:
            demo.text = "first"
            demo.commits.append(commit)
            self.made.setdefault((demo.repository.name, demo.automated), []).append(demo)
        create_applications(demos)
        for demo in demos:
            if not demo.automated:
                # Whoever takes it asks again, should Argo CD not know it yet.
                with contextlib.suppress(requests.RequestException):
                    demo.argocd.sync(demo.name)

    def take(self, repository, automated):
        """One of them for good, once its first version is deployed."""
        demo = self.made[repository, automated].pop(0)
        self.taken.append(demo)

        def deployed():
            status = demo.status()
            if summary(status) != GOOD:
                status = demo.status(refresh=True)
            if not automated and "operationState" not in status:
                demo.argocd.sync(demo.name)
            seen = summary(status)
            assert seen == GOOD, f"{'/'.join(seen)} {messages(status)}"
            # Commits of other scenarios may have come between.
            return status["operationState"]["syncResult"]["revision"]

        demo.first = eventually(deployed, within=SYNCED, what=f"{demo.name} {'/'.join(GOOD)}", hint=demo.hint)
        return demo

    def all(self):
        """All of them, also those that no scenario took."""
        return [*self.taken, *(demo for demos in self.made.values() for demo in demos)]


DEMO = re.compile(r'^an Application of the repository "([^"]+)" (with|without) auto-sync$')


@pytest.fixture(scope="session")
def demos(request, run, cluster, git, argocd, infrastructure, scenario_namespaces):
    """The Applications that the selected scenarios ask for."""
    steps = [step.name for item in request.session.items for step in steps_of(item)]
    wanted = [(match[1], match[2] == "with") for step in steps if (match := DEMO.match(step))]
    with own_namespace(cluster, infrastructure) as namespace:
        with run.phase("demo Applications"):
            demos = Demos(namespace, git, argocd, wanted)
        yield demos
        if not infrastructure.destroyed:
            remove(demos.all())


def remove(demos):
    """Take Applications and their files away."""
    for demo in demos:
        demo.delete()
    for name in {demo.repository.name for demo in demos}:
        ours = [demo for demo in demos if demo.repository.name == name]
        files = {f"{demo.name}/application.yaml": None for demo in ours}
        ours[0].repository.commit(files, f"{len(ours)} demos: gone")


@given(parsers.parse('an Application of the repository "{repository}" with auto-sync'), target_fixture="demo")
def automated_demo(demos, repository):
    demo = demos.take(repository, automated=True)
    yield demo
    demo.delete()


@given(parsers.parse('an Application of the repository "{repository}" without auto-sync'), target_fixture="demo")
def manual_demo(demos, repository):
    demo = demos.take(repository, automated=False)
    yield demo
    demo.delete()


@then("Argo CD says that it can read that repository")
def repository_is_read(argocd, demo, evidence):
    def connected():
        found = argocd.call("GET", f"repositories/{quote(demo.repository.url, safe='')}", forceRefresh="true")
        state = found.get("connectionState", {})
        assert state.get("status") == "Successful", f"{state.get('status')}: {state.get('message', '')[:300]}"
        return state

    hint = "kubectl -n argocd logs deploy/argocd-repo-server; kubectl -n git get pods"
    evidence.add("connection", eventually(connected, within=POD_READY, what=f"{demo.repository.url} read", hint=hint))


@then("the Application's commit is the last one of the repository's main branch")
def commit_is_head(demo):
    head = demo.repository.git("ls-remote", demo.repository.remote(), "refs/heads/main").split()[0]

    def at_head():
        seen = demo.status(refresh=True)["sync"].get("revision")
        assert seen == head, f"it is at {seen}"
        return True

    eventually(at_head, within=DETECTED_BY_WEBHOOK, what=f"{demo.name} at {head}", hint=demo.hint)


@given("Argo CD has just looked into Git")
def just_looked(demo):
    # Its next look by itself is a whole polling interval away: what is noticed sooner was not found by polling.
    demo.look()


@when("a change is pushed to main")
def push_change(demo):
    demo.push()


@when("a change is pushed to main and a sync is asked for")
def push_and_ask(demo):
    demo.push_and_ask()


def detected(demo, deadline):
    """Wait until the Application is OutOfSync at the pushed commit; return how long that took, in seconds."""

    def noticed():
        status = demo.status()
        seen = status["sync"]
        assert (seen.get("revision"), seen["status"]) == (demo.pushed, "OutOfSync"), (
            f"{seen['status']} at {seen.get('revision', '')[:8]}"
        )
        return time.monotonic() - demo.pushed_at

    return eventually(noticed, within=deadline, what=f"the push of {demo.pushed[:8]} noticed", hint=demo.hint)


@then("it is noticed by polling")
def noticed_by_polling(demo, environment, evidence):
    took = detected(demo, DETECTED_BY_POLLING)
    evidence.add("from git push to detected by polling", f"{took:.1f} s (every {environment.gitops.polling_seconds} s)")


@then("it is noticed by webhook")
def noticed_by_webhook(demo, environment, evidence):
    took = detected(demo, DETECTED_BY_WEBHOOK)
    evidence.add("from git push to detected by webhook", f"{took:.1f} s")
    assert took < environment.gitops.polling_seconds / 2, f"after {took:.1f} s it may have been polling that noticed it"


@then("the cluster has the change")
def cluster_has_change(demo, evidence):
    def has_change():
        seen = demo.deployed_text()
        assert seen == demo.text, f"the ConfigMap says {seen!r}"
        return True

    # Whether the push is noticed by itself is another criterion's: here Argo CD is told to look.
    demo.look()
    eventually(has_change, within=SYNCED, what=f"the ConfigMap with {demo.text!r}", hint=demo.hint)
    wait_status(demo, GOOD, demo.pushed)
    evidence.add("deployed", {"commit": demo.pushed, "text": demo.text})


@when(
    parsers.parse("a version that takes {seconds:d} seconds to become ready is pushed to main and a sync is asked for")
)
def push_slow(demo, seconds):
    demo.push_and_ask(ready_after=seconds)


def new_pods_ready(demo):
    """Whether the Deployment's newest version has all its pods ready."""
    deployment = demo.namespace.cluster.apps.read_namespaced_deployment(demo.name, demo.namespace.name)
    env = {item.name: item.value for item in deployment.spec.template.spec.containers[0].env}
    status = deployment.status
    current = status.observed_generation == deployment.metadata.generation
    return (
        env.get("TEXT") == demo.text
        and current
        and status.updated_replicas == 1
        and (status.unavailable_replicas or 0) == 0
    )


@then("the sync is not called successful before the new pods are ready")
def not_successful_before(demo, evidence):
    seen = []

    def ready_at_last():
        # Health is read first: what is ready after the phase was read says nothing of that moment.
        ready = new_pods_ready(demo)
        status = demo.status()
        operation = status.get("operationState", {})
        ours = operation.get("syncResult", {}).get("revision") == demo.pushed
        phase = operation.get("phase") if ours else None
        seen.append({"ready": ready, "phase": phase, "after": round(time.monotonic() - demo.pushed_at, 1)})
        if phase == "Succeeded" and not ready:
            # The pods may have become ready between the two readings; a second look tells.
            assert new_pods_ready(demo), (
                f"the sync of {demo.pushed[:8]} was called Succeeded {seen[-1]['after']} s after the push, "
                "while its pods were not ready. Try: is there a PostSync hook in the Application's manifests?"
            )
        return ready

    early = []

    def watch():
        try:
            return ready_at_last()
        except AssertionError as error:
            early.append(str(error))
            return True

    eventually(watch, within=SYNCED, what="the new pods ready", hint=demo.hint)
    evidence.add("phase of the sync and readiness of the pods", seen)
    assert not early, early[0]
    assert any(not item["ready"] and item["phase"] == "Running" for item in seen), (
        f"the sync was never seen running while the pods were not ready: {json.dumps(seen[-5:])}"
    )


@then("it is called successful afterwards")
def successful_afterwards(demo):
    wait_status(demo, GOOD, demo.pushed)


@when("a version that never becomes ready is pushed to main and a sync is asked for")
def push_broken(demo):
    demo.push_and_ask(never_ready=True)


@then("the Application becomes Degraded and says why")
def becomes_degraded(demo, evidence):
    def degraded():
        status = demo.status()
        health = status.get("health", {}).get("status")
        assert health == "Degraded", f"health is {health}"
        return status

    status = eventually(degraded, within=SYNCED, what=f"{demo.name} Degraded", hint=demo.hint)
    says = messages(status)
    evidence.add("what it says", says)
    assert demo.name in says and "progress deadline" in says, (
        f"expected it to name the Deployment and why, it says {says!r}"
    )


@then("Argo CD synchronises it by itself")
def synchronises_by_itself(demo, evidence):
    demo.look()
    operation = wait_status(demo, GOOD, demo.pushed)["operationState"]
    evidence.add("operation", operation["operation"])
    assert operation["syncResult"]["revision"] == demo.pushed, (
        f"the last sync was of {operation['syncResult']['revision']}"
    )
    by = operation["operation"].get("initiatedBy", {})
    assert by.get("automated") is True, f"expected the sync to be automated, it was asked for by {by}"
    assert demo.deployed_text() == demo.text, "the sync is called Succeeded, but the cluster does not have the change"


@then("the Application is OutOfSync at that commit")
def out_of_sync(demo):
    def at_commit():
        seen = demo.status(refresh=True)["sync"]
        assert (seen["status"], seen.get("revision")) == ("OutOfSync", demo.pushed), f"{seen['status']}"
        return True

    eventually(at_commit, within=SYNCED, what=f"{demo.name} OutOfSync at {demo.pushed[:8]}", hint=demo.hint)


@then(parsers.parse("nothing is deployed for {seconds:d} seconds"))
def nothing_deployed(demo, seconds, evidence):
    until = time.monotonic() + seconds
    looks = 0

    def waited():
        nonlocal looks
        looks += 1
        # A finding ends the wait, so that it is no "not yet".
        return demo.deployed_text() != "first" or time.monotonic() >= until

    eventually(waited, within=SYNCED, what="the time to pass")
    evidence.add("looks at the cluster", looks)
    operation = demo.status().get("operationState", {}).get("syncResult", {}).get("revision")
    assert demo.deployed_text() == "first", f"{demo.pushed[:8]} was deployed although auto-sync is off and nobody asked"
    assert operation == demo.first, f"a sync of {operation} ran although nobody asked"


@when("an operator asks for a sync")
def ask_for_sync(demo):
    demo.argocd.sync(demo.name)


def sync_record(demo, phase):
    """The record of the sync of the pushed commit, once it ended with `phase`."""

    def ended():
        status = demo.status(refresh=True)
        operation = status.get("operationState", {})
        revision = operation.get("syncResult", {}).get("revision")
        assert (revision, operation.get("phase")) == (demo.pushed, phase), (
            f"{operation.get('phase')} of {(revision or 'no commit')[:8]} {operation.get('message', '')}"
        )
        return status

    return eventually(ended, within=SYNCED, what=f"the sync of {demo.pushed[:8]} {phase}", hint=demo.hint)


def is_recent(text):
    """Whether a time of Argo CD's is of the last minutes."""
    moment = datetime.datetime.fromisoformat(text)
    return abs((datetime.datetime.now(datetime.UTC) - moment).total_seconds()) < 180


@then("the record names that commit, the time and the success")
def record_of_success(demo, evidence):
    status = sync_record(demo, "Succeeded")
    entry = status["history"][-1]
    evidence.add("history", status["history"])
    assert entry["revision"] == demo.pushed, f"the history's last entry is of {entry['revision']}"
    assert is_recent(entry["deployedAt"]), f"it was deployed at {entry['deployedAt']}"
    assert is_recent(status["operationState"]["finishedAt"])


@when("a change that the API refuses is pushed to main and a sync is asked for")
def push_refused(demo):
    # A Deployment's selector cannot be changed.
    demo.push_and_ask(label="other")


@then("the record names that commit, the time and the failure")
def record_of_failure(demo, evidence):
    operation = sync_record(demo, "Failed")["operationState"]
    evidence.add("operation", operation)
    assert is_recent(operation["finishedAt"]), f"it ended at {operation['finishedAt']}"
    said = operation["message"] + json.dumps(operation["syncResult"])
    assert "immutable" in said, f"expected the API's refusal in the record, it says {operation['message']!r}"


@given(
    parsers.parse(
        'an Application of the repository "{repository}" without auto-sync, with a change that is not deployed'
    ),
    target_fixture="other",
)
def changed_demo(git, argocd, repository, demo):
    other = new_demo(git.repository(repository), demo.namespace, argocd, automated=False)
    other.push()
    create_applications([other])
    yield other
    remove([other])


@then("the UI shows every Application with the sync status that it has")
def ui_shows_all(argocd, cluster, demo, other, evidence):
    def shown():
        shown = {
            item["metadata"]["name"]: item.get("status", {}).get("sync", {}).get("status")
            for item in argocd.applications()
        }
        assert shown.get(other.name) == "OutOfSync", f"{other.name} {shown.get(other.name)}"
        assert shown.get(demo.name) == "Synced", f"{demo.name} {shown.get(demo.name)}"
        return shown

    seen = eventually(shown, within=SYNCED, what="both Applications shown with their status", hint=demo.hint)
    evidence.add("sync status by Application", seen)
    there = cluster.custom.list_namespaced_custom_object(*GROUP, ARGOCD, "applications")["items"]
    # Those of other scenarios may be coming or going.
    names = {item["metadata"]["name"] for item in there if not of_scenario(item["metadata"].get("labels"))}
    names |= {demo.name, other.name}
    missing = names - set(seen)
    assert not missing, f"not shown: {sorted(missing)}"
    unknown = {name: seen[name] for name in names if seen[name] not in ("Synced", "OutOfSync")}
    assert not unknown, f"no sync status is shown for {unknown}"
    see_ui(argocd, evidence)


@when("a change is pushed to main and deployed")
def push_and_deploy(demo):
    demo.push_and_ask()
    wait_status(demo, GOOD, demo.pushed)
    assert demo.deployed_text() == demo.text


@when("the Application is rolled back to the commit before")
def roll_back(demo, evidence):
    history = demo.status()["history"]
    evidence.add("history before", history)
    assert [entry["revision"] for entry in history][-2:] == [demo.first, demo.pushed], f"the history is {history}"
    demo.argocd.rollback(demo.name, history[-2]["id"])


@then("the cluster has what that commit says")
def cluster_has_first(demo, evidence):
    def rolled_back():
        status = demo.status()
        operation = status.get("operationState", {})
        seen = (operation.get("phase"), operation.get("syncResult", {}).get("revision"))
        assert seen == ("Succeeded", demo.first), f"{seen[0]} of {(seen[1] or '')[:8]} {operation.get('message', '')}"
        assert demo.deployed_text() == "first", f"the ConfigMap says {demo.deployed_text()!r}"
        return status

    status = eventually(rolled_back, within=SYNCED, what=f"{demo.name} back at {demo.first[:8]}", hint=demo.hint)
    evidence.add("history after", status["history"])
