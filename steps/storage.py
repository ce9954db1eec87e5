"""Claims, and the disks of their volumes."""

import time

from pytest_bdd import parsers, then, when

from acceptance.base.deadlines import VOLUME_BOUND
from acceptance.base.waiting import eventually
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.data import default_classes, kept_claims
from acceptance.drivers.data.storage import (
    all_bound,
    claim,
    claim_each,
    claimed,
    claims_rendered,
    classes_named,
    lacks_claims,
    mounts_of_class,
    no_room,
    on_other_disks,
    read_disk,
    smaller,
    write_on_every_worker,
    writer,
)
from acceptance.drivers.workloads import production_pods, volume_owners
from acceptance.drivers.workloads.dry_runs import refused_claims
from acceptance.platform.applications import APPLICATIONS

CLASSES = "kubectl describe pvc -A; kubectl get storageclasses"
NO_WAY = "the suite has no way to a disk of this environment but through the pod that writes to it"


@when("a pod on each worker requests a PersistentVolumeClaim", target_fixture="asked")
def pods_ask_for_claims(namespace, outputs):
    asked = {f"asked-{number}": worker.name for number, worker in enumerate(outputs.workers)}
    for name, worker in asked.items():
        namespace.create(claim(name))
        namespace.create(writer(namespace.cluster.probe, name, {name: "text"}, worker))
    return list(asked), time.monotonic()


@then(parsers.parse("each claim is Bound within {seconds:d} seconds"))
def claims_are_bound(namespace, asked, seconds, evidence):
    assert seconds == VOLUME_BOUND.seconds, f"expected {VOLUME_BOUND.seconds} s in the scenario, saw {seconds} s"
    names, began = asked
    hint = f"kubectl -n {namespace.name} describe pvc; kubectl -n local-path-storage logs deploy/local-path-provisioner"
    eventually(lambda: all_bound(namespace, names), within=VOLUME_BOUND, what="each claim to be Bound", hint=hint)
    took = time.monotonic() - began
    evidence.add("time to Bound", f"{took:.1f} s")
    assert took <= seconds, f"expected each claim Bound within {seconds} s, saw it after {took:.1f} s"


@then("each pod writes to its volume")
def pods_write(namespace, asked):
    for name in asked[0]:
        namespace.wait_ready(name)
        log = namespace.cluster.core.read_namespaced_pod_log(name, namespace.name)
        assert "written" in log, f"expected pod {name} in {namespace.name} to log `written`, saw {log!r}"


@then("a pod's claims of every storage class that the platform uses are Bound")
def claims_of_each_class(namespace, cluster, platform, outputs, evidence):
    classes = classes_named(cluster, [item for name in APPLICATIONS for item in platform.render(name)])
    assert classes, "expected storage classes in the platform's claims, but no claim names one"
    began, names = time.monotonic(), claim_each(namespace, classes, outputs.workers[0].name)
    what = "a claim of each class to be Bound"
    eventually(lambda: all_bound(namespace, names), within=VOLUME_BOUND, what=what, hint=CLASSES)
    took = time.monotonic() - began
    evidence.add("seconds until a claim of each class was Bound", f"{took:.1f} s: {', '.join(classes)}")
    assert took <= VOLUME_BOUND.seconds, f"expected a claim of each class Bound within 30 s, it took {took:.1f} s"


@then("claims without a class get a default one, which is none of the platform's own")
def default_class(cluster):
    found = default_classes.mistaken(cluster)
    assert not found, f"expected a default class without a disk of its own, but {'; '.join(found)}. Try: {CLASSES}"


@then("no quota or limit range blocks another claim in the platform's namespace")
def room_for_claims(cluster):
    found = no_room(cluster, "default") + refused_claims(cluster, "default")
    assert not found, f"expected room for a claim in the namespace default, but {'; '.join(found)}"


@when("a pod on each worker writes to a persistent volume of each class", target_fixture="written")
def pods_write_to_each_class(namespace, outputs, environment):
    if environment.is_long_lived:
        raise Unverifiable(NO_WAY)
    return write_on_every_worker(namespace, outputs)


@then("the written data is on the disk that the infrastructure created for that class")
def written_on_disk(outputs, written, images, evidence):
    image = images.tag(images.lock["busybox"])
    for key, volume in outputs.volumes.items():
        seen = read_disk(volume.id, image)
        evidence.add(f"read back from the disk {volume.id}", seen)
        missing = [name for name in written.claims_of(key) if written.texts[name] not in seen]
        hint = f"Try: kubectl describe pv; docker volume inspect {volume.id}"
        assert not missing, f"expected the texts of the claims {missing} on the disk {volume.id}, saw {seen}. {hint}"


@then("the database and Redis, if deployed, have bound claims of their own storage class for every pod")
def claims_have_own_class(default, outputs, evidence):
    for key, volume in outputs.volumes.items():
        seen = claimed(default, key)
        evidence.add(f"claims of {key}", {name: vars(claim) for name, claim in seen.items()})
        others = {name: c for name, c in seen.items() if (c.storage_class, c.phase) != (volume.storage_class, "Bound")}
        assert not others, f"expected claims of {key} to be Bound and of class {volume.storage_class}, saw {others}"
        without = lacks_claims(default, key)
        assert not without, f"expected a persistent volume for each pod of {key}, but these have none: {without}"


@then("each of their volumes is on the same disk as what the pods wrote")
def claims_are_on_disks(cluster, namespace, written, outputs, evidence):
    for key, volume in outputs.volumes.items():
        seen = mounts_of_class(cluster, volume.storage_class)
        evidence.add(f"mount points of {key}'s claims", {name: mount for name, (*_, mount) in seen.items()})
        elsewhere = on_other_disks(seen, namespace.name)
        assert not elsewhere, f"expected all claims of {key} on {volume.id}, saw them on {elsewhere}"


@then(parsers.parse("production claims at least {database:d} GB for each database member and {redis:d} GB for Redis"))
def production_sizes(platform, database, redis, evidence):
    for name, size in {"database": database, "redis": redis}.items():
        seen = claims_rendered(platform.rendering.production(name), name)
        evidence.add(f"what production claims for {name}", seen)
        assert seen and not smaller(seen, size), (
            f"expected production to claim {size} GB or more for {name}, saw {seen}"
        )


@then("production claims only volumes that its infrastructure has")
def production_claims_disks(platform):
    found = production_pods.without_disk(platform)
    assert not found, f"expected production to claim volumes of its own disks, saw {'; '.join(found)}"


@then(parsers.parse('the pods of "{name}" may write to new volumes, here and in production'))
def volumes_are_theirs(platform, name):
    found = volume_owners.barred_everywhere(platform, name)
    hint = f"Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/{name}/overlays/production"
    assert not found, f"expected pods to which their volumes belong, but {'; '.join(found)}. {hint}"


@then(parsers.parse('the volumes of "{name}" outlive its pods and its StatefulSet, here and in production'))
def volumes_outlive_pods(platform, name):
    found = kept_claims.not_kept(platform, name)
    assert not found, (
        f"expected the volumes of {name} to outlive its pods and its StatefulSet, saw: {'; '.join(found)}. "
        f"Try: kubectl get pvc -l app.kubernetes.io/name={name} -o yaml"
    )
