"""Production's machines hold production's pods: requests, anti-affinity, spread and volumes, added up.

A pod is placed where Kubernetes would be allowed to place it; that it finds a way shows that there is one.
"""

import hcl2
import pytest
import yaml
from aws_schema import INSTANCE_TYPES
from aws_tools import AWS, rendered_user_data
from capacity import BESIDES, Pod, cpu, memory, place, topology, unquoted, workers, zones_of
from tests_support import kustomized

from acceptance.base.paths import ROOT

APPLICATIONS = ["auth-service", "backend-service", "frontend-service", "database", "redis"]


@pytest.fixture(scope="module")
def settings():
    """production.tfvars."""
    with (AWS / "environments" / "production.tfvars").open() as file:
        return {key: unquoted(value) for key, value in hcl2.load(file).items() if not key.startswith("__")}


@pytest.fixture(scope="module")
def user_data(tmp_path_factory):
    """A machine's files, parsed, by machine and path."""
    found = rendered_user_data(tmp_path_factory.mktemp("capacity"))
    return {
        machine: {file["path"]: file["content"] for file in yaml.safe_load(text)["write_files"]}
        for machine, text in found.items()
    }


@pytest.fixture(scope="module")
def storage(user_data):
    """What the servers deploy for volumes."""
    text = user_data["control-plane-1"]["/var/lib/rancher/k3s/server/manifests/storage.yaml"]
    return list(yaml.safe_load_all(text))


@pytest.fixture(scope="module")
def objects():
    """What the five Applications consist of in production."""
    return [item for name in APPLICATIONS for item in kustomized(f"{name}/overlays/production")]


def claims(objects):
    """Each claim of a StatefulSet's pods: its name, the pod's number, its class and its size."""
    for found in objects:
        if found["kind"] == "StatefulSet":
            for template in found["spec"].get("volumeClaimTemplates", []):
                for number in range(found["spec"]["replicas"]):
                    name = f"{template['metadata']['name']}-{found['metadata']['name']}-{number}"
                    spec = template["spec"]
                    yield name, spec["storageClassName"], memory(spec["resources"]["requests"]["storage"]) / 1024


def pods(objects, storage):
    """All pods that workers hold at once."""
    classes = {name: storage_class for name, storage_class, _ in claims(objects)}
    found = []
    for owner in objects:
        if owner["kind"] not in ("Deployment", "StatefulSet"):
            continue
        spec = owner["spec"]["template"]["spec"]
        requests = [container["resources"]["requests"] for container in spec["containers"]]
        name = owner["metadata"]["name"]
        affinity = spec.get("affinity", {}).get("podAntiAffinity", {})
        spread = spec.get("topologySpreadConstraints", [])
        for number in range(owner["spec"]["replicas"]):
            own = [claim for claim in classes if claim.endswith(f"-{name}-{number}")]
            zones = [zones_of(claim, classes[claim], storage) for claim in own]
            allowed = [zone for zone in zones if zone is not None]
            found.append(
                Pod(
                    f"{name}-{number}",
                    name,
                    sum(cpu(request["cpu"]) for request in requests),
                    sum(memory(request["memory"]) for request in requests),
                    apart=topology(affinity),
                    spread=any(item["whenUnsatisfiable"] == "DoNotSchedule" for item in spread),
                    zones=frozenset.intersection(*allowed) if allowed else None,
                )
            )
    for name, (replicas, millicores, mebibytes) in BESIDES.items():
        found += [Pod(f"{name}-{number}", name, millicores, mebibytes) for number in range(replicas)]
    return found


def test_production_fits_onto_its_workers(settings, objects, storage, user_data):
    nodes = workers(settings["worker_type"], settings["workers"], settings["zones"], user_data)
    assert not place(pods(objects, storage), nodes)


def test_the_plans_two_workers_of_2_cpus_do_not_hold_it(settings, objects, storage, user_data):
    homeless = place(pods(objects, storage), workers("m6i.large", 2, settings["zones"], user_data))
    assert {"yb-tserver-0", "yb-tserver-1", "yb-tserver-2"} <= set(homeless)


def test_with_any_worker_gone_everything_but_its_volumes_finds_a_place(settings, objects, storage, user_data):
    for lost in range(settings["workers"]):
        nodes = workers(settings["worker_type"], settings["workers"], settings["zones"], user_data)
        gone = nodes.pop(lost)
        homeless = set(place(pods(objects, storage), nodes))
        bound = {pod.name for pod in pods(objects, storage) if pod.zones is not None and gone.zone in pod.zones}
        # One tserver and one master cannot: they stay apart, and the others are where they would have to go.
        apart = {pod.name for pod in pods(objects, storage) if pod.apart}
        assert homeless <= bound | apart, f"without the worker in {gone.zone}"
        assert len(homeless & apart) <= 2


def test_with_any_worker_gone_another_reaches_traefiks_volume(settings, storage, user_data):
    (claim,) = [found for found in storage if found["metadata"]["name"] == "ingress"]
    zones = claim["allowedTopologies"][0]["matchLabelExpressions"][0]["values"]
    nodes = workers(settings["worker_type"], settings["workers"], settings["zones"], user_data)
    assert sum(node.zone in zones for node in nodes) >= 2


def test_a_lost_zone_takes_one_master_and_one_tserver_at_most(settings, objects, storage, user_data):
    nodes = workers(settings["worker_type"], settings["workers"], settings["zones"], user_data)
    assert not place(pods(objects, storage), nodes)
    for zone in settings["zones"]:
        held = [pod.app for node in nodes if node.zone == zone for pod in node.pods]
        assert held.count("yb-master") <= 1
        assert held.count("yb-tserver") <= 1


def test_a_lost_zone_ends_what_its_disks_hold_and_what_users_see_finds_a_place(settings, objects, storage, user_data):
    """Decision 7 says what the loss of the first zone ends: it has two of the four workers."""
    first, *_ = settings["zones"]
    for zone in settings["zones"]:
        nodes = workers(settings["worker_type"], settings["workers"], settings["zones"], user_data)
        everything = pods(objects, storage)
        homeless = set(place(everything, [node for node in nodes if node.zone != zone]))
        bound = {pod.name for pod in everything if pod.zones == {zone}}
        assert bound == ({"redis-0", "yb-tserver-0"} if zone == first else set())
        # A member of the database goes where its disk is and no other member.
        members = {name for name in homeless if name.startswith(("yb-tserver", "yb-master"))}
        assert len(members) <= 2, f"without {zone}: {sorted(homeless)}"
        # Traefik's disk is in the first zone; Argo CD asks for nothing, and starts wherever it may.
        excused = {name for name in homeless if name.startswith("argocd") or (zone == first and name == "traefik-0")}
        assert homeless <= bound | members | excused, f"without {zone}: {sorted(homeless)}"
        assert zone == first or homeless == members


def test_the_shapes_are_not_below_the_criteria(settings):
    assert settings["control_planes"] >= 3
    assert settings["workers"] >= 2
    assert INSTANCE_TYPES[settings["control_plane_type"]] >= (2, 4096)
    cpus, mebibytes = INSTANCE_TYPES[settings["worker_type"]]
    assert cpus >= 2
    assert mebibytes >= 8192


def test_a_database_of_three_replicas_has_three_zones(settings, objects):
    replicas = [
        item["spec"]["replicas"]
        for item in objects
        if item["metadata"]["name"] == "yb-tserver" and "replicas" in item["spec"]
    ]
    assert replicas == [3]
    assert len(settings["zones"]) >= 3


def test_claims_meet_their_classes_and_the_static_volumes(objects, storage, settings):
    wanted = {name: (storage_class, size) for name, storage_class, size in claims(objects)}
    for found in storage:
        if found["kind"] == "PersistentVolume":
            spec = found["spec"]
            storage_class, size = wanted[spec["claimRef"]["name"]]
            assert storage_class == spec["storageClassName"], (
                f"{spec['claimRef']['name']} would be given another volume"
            )
            assert memory(spec["capacity"]["storage"]) / 1024 >= size
    sizes = (settings["database_volume_gb"], settings["redis_volume_gb"])
    assert sizes == (wanted["disk0-yb-tserver-0"][1], wanted["data-redis-0"][1])


def test_the_cost_estimate_counts_the_same_machines_and_adds_up(settings):
    text = (ROOT / "docs" / "measurements.md").read_text().partition("| what | count | each | sum |")[2]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    counts = {row[0]: row[1] for row in rows}
    assert counts[f"{settings['control_plane_type']}, servers"] == str(settings["control_planes"])
    assert counts[f"{settings['worker_type']}, workers"] == str(settings["workers"])
    assert counts["gp3, the two volumes"] == f"{settings['database_volume_gb'] + settings['redis_volume_gb']} GB"
    sums = [int(row[3].strip("*")) for row in rows if row[3].strip("*").isdigit()]
    assert sum(sums[:-1]) == sums[-1]
