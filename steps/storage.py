"""Claims, and the disks that volumes lie on."""

import secrets
import time

from pytest_bdd import parsers, then, when

from acceptance.base.labels import NAME_LABEL
from acceptance.base.waiting import VOLUME_BOUND, eventually
from acceptance.clients.docker import docker
from acceptance.cluster.probe import pod_spec, probe_container
from acceptance.criteria.verdicts import Unverifiable


def claim(name, storage_class=None):
    """A claim of 1 MiB; without a class, of the default one."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def writer(name, texts):
    """A pod with a container for each claim in `texts`, which writes that claim's text to it."""
    containers = [
        probe_container("write", "/data/marker", text, volumeMounts=[{"name": key, "mountPath": "/data"}])
        | {"name": key}
        for key, text in texts.items()
    ]
    volumes = [{"name": key, "persistentVolumeClaim": {"claimName": key}} for key in texts]
    spec = pod_spec(*containers, volumes=volumes)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def bound(namespace, name):
    """The claim, once it is Bound."""
    seen = namespace.cluster.core.read_namespaced_persistent_volume_claim(name, namespace.name)
    assert seen.status.phase == "Bound", f"claim {name} {seen.status.phase}"
    return seen


@when("a pod asks for a claim", target_fixture="asked")
def pod_asks_for_claim(namespace):
    namespace.create(claim("asked"))
    namespace.create(writer("asking", {"asked": "text"}))
    return time.monotonic()


@then(parsers.parse("the claim is Bound within {seconds:d} seconds"))
def claim_is_bound(namespace, asked, seconds, evidence):
    assert seconds == VOLUME_BOUND.seconds
    hint = f"kubectl -n {namespace.name} describe pvc; kubectl -n local-path-storage logs deploy/local-path-provisioner"
    eventually(lambda: bound(namespace, "asked"), within=VOLUME_BOUND, what="the claim Bound", hint=hint)
    took = time.monotonic() - asked
    evidence.add("time to Bound", f"{took:.1f} s")
    assert took <= seconds, f"expected the claim Bound within {seconds} s, it took {took:.1f} s"


@then("the pod writes to it")
def pod_writes(namespace):
    namespace.wait_ready("asking")
    log = namespace.cluster.core.read_namespaced_pod_log("asking", namespace.name)
    assert "written" in log, f"expected the pod to say `written`, saw {log!r}"


@when("a pod writes to a persistent volume of each class", target_fixture="written")
def pod_writes_to_each_class(namespace, outputs, environment):
    if environment.is_long_lived:
        raise Unverifiable("the suite has no way to a disk of this environment but through the pod that writes to it")
    written = {key: secrets.token_hex(8) for key in outputs.volumes}
    for key, volume in outputs.volumes.items():
        namespace.create(claim(key, volume.storage_class))
    namespace.create(writer("writer", written))
    namespace.wait_ready("writer")
    return written


@then("what was written is on the disk that the infrastructure made for it")
def written_on_disk(outputs, written, images, namespace, evidence):
    seen = {}
    for key, text in written.items():
        volume = outputs.volumes[key]
        bound(namespace, key)
        found = docker(
            "run", "--rm", "--network", "none", "--volume", f"{volume.id}:/disk:ro", images.tag(images.lock["busybox"]),
            "sh", "-c", "cat /disk/*/marker", check=False,
        )  # fmt: skip
        seen[volume.id] = found
        assert text in found.split() or text in found, (
            f"expected {text} on the disk {volume.id}, saw {found or 'nothing'}. "
            f"Try: kubectl describe pv; docker volume inspect {volume.id}"
        )
    evidence.add("read back from the disks", seen)


@then("database and Redis, where they are deployed, claim volumes of their own class")
def claims_have_own_class(default, outputs, evidence):
    seen = {}
    for key, volume in outputs.volumes.items():
        claims = default.cluster.core.list_namespaced_persistent_volume_claim(
            default.name, label_selector=f"{NAME_LABEL}={key}"
        ).items
        seen[key] = {claim.metadata.name: claim.spec.storage_class_name for claim in claims}
        others = {name: given for name, given in seen[key].items() if given != volume.storage_class}
        assert not others, (
            f"expected claims of {key} to be of the class {volume.storage_class}, saw {others}. Try: kubectl get pvc"
        )
    evidence.add("claims of database and Redis, and their classes", seen)
