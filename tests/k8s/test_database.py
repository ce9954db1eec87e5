"""Manifests of database and cache: the plan's figures (tasks 11.6 and 12.3), and that overlays share their names."""

import pytest
import yaml
from tests_support import kustomized

DATABASES = ("database/overlays/kind", "database/overlays/kind-yugabytedb", "database/overlays/production")
CACHES = ("redis/overlays/kind", "redis/overlays/production")
PRODUCTION = "database/overlays/production"


@pytest.fixture(scope="module")
def build():
    """Builds an overlay as Argo CD does: its objects by kind and name."""
    return lambda overlay: {(item["kind"], item["metadata"]["name"]): item for item in kustomized(overlay)}


def container(item):
    return item["spec"]["template"]["spec"]["containers"][0]


def claim(item):
    (template,) = item["spec"]["volumeClaimTemplates"]
    return template["spec"]


@pytest.mark.parametrize(
    ("name", "cpu", "memory", "storage", "storage_class"),
    [("yb-tserver", "2", "4Gi", "100Gi", "database"), ("yb-master", "1", "2Gi", "10Gi", "gp3")],
)
def test_production_has_the_figures_of_the_plan(build, name, cpu, memory, storage, storage_class):
    # `database` is a class of gp3 volumes, too: infrastructure/aws keeps it to the zone of the volume that exists.
    item = build(PRODUCTION)["StatefulSet", name]
    assert item["spec"]["replicas"] == 3
    assert container(item)["resources"]["requests"] == {"cpu": cpu, "memory": memory}
    assert container(item)["resources"]["limits"] == {"memory": memory}
    assert claim(item)["resources"]["requests"]["storage"] == storage
    assert claim(item)["storageClassName"] == storage_class
    release = container(item)["image"].partition(":")[2]
    assert [int(part) for part in release.split(".")[:2]] >= [2024, 2]


def test_production_replicates_to_three_nodes_apart_from_each_other(build):
    objects = build(PRODUCTION)
    assert "--replication_factor=3" in container(objects["StatefulSet", "yb-master"])["args"]
    # Two of three masters are a majority, which no zone may hold alone. Tservers follow their volumes.
    topologies = {"yb-master": "topology.kubernetes.io/zone", "yb-tserver": "kubernetes.io/hostname"}
    for name, topology in topologies.items():
        pod = objects["StatefulSet", name]["spec"]["template"]
        (term,) = pod["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == topology
        assert term["labelSelector"]["matchLabels"] == {"app": name}
        assert pod["metadata"]["labels"]["app"] == name
        budget = objects["PodDisruptionBudget", name]["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["selector"]["matchLabels"] == {"app": name}


def test_every_master_is_named_to_masters_and_tservers(build):
    objects = build(PRODUCTION)
    for name, flag in (("yb-master", "--master_addresses="), ("yb-tserver", "--tserver_master_addrs=")):
        (addresses,) = [text for text in container(objects["StatefulSet", name])["args"] if text.startswith(flag)]
        hosts = [address.partition(".")[0] for address in addresses.removeprefix(flag).split(",")]
        assert hosts == ["yb-master-0", "yb-master-1", "yb-master-2"]
    assert objects["StatefulSet", "yb-master"]["spec"]["serviceName"] == "yb-masters"


def test_yugabytedb_asks_for_passwords_and_serves_sql_and_its_ui_inside_the_cluster(build):
    objects = build(PRODUCTION)
    arguments = container(objects["StatefulSet", "yb-tserver"])["args"]
    assert {"--ysql_enable_auth=true", "--pgsql_proxy_bind_address=0.0.0.0:5433"} <= set(arguments)
    for name, port, app in (("yb-tservers", 5433, "yb-tserver"), ("yb-master-ui", 7000, "yb-master")):
        service = objects["Service", name]["spec"]
        assert [item["port"] for item in service["ports"]] == [port]
        assert service["selector"] == {"app": app}
        assert service.get("type", "ClusterIP") == "ClusterIP"


@pytest.mark.parametrize("overlay", DATABASES)
def test_every_database_has_the_same_names(build, overlay):
    objects = build(overlay)
    members = objects["StatefulSet", "yb-tserver"]
    assert members["spec"]["replicas"] == 3
    assert members["spec"]["serviceName"] == "yb-tserver"
    assert members["spec"]["template"]["metadata"]["labels"]["app"] == "yb-tserver"
    mounts = {mount["mountPath"]: mount["name"] for mount in container(members)["volumeMounts"]}
    assert mounts["/mnt/disk0"] == members["spec"]["volumeClaimTemplates"][0]["metadata"]["name"]
    assert objects["Service", "yb-tservers"]["spec"]["ports"][0]["port"] == 5433
    job = objects["Job", "yugabytedb-init"]
    assert container(job)["envFrom"] == [{"secretRef": {"name": "database-credentials"}}]
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "Sync"
    for key in container(job)["env"]:
        assert "value" in key or key["valueFrom"]["secretKeyRef"]["name"] == "database-admin"


def test_the_stand_in_replicates_synchronously_to_both_others(build):
    configuration = yaml.safe_load(build("database/overlays/kind")["ConfigMap", "patroni"]["data"]["patroni.yaml"])
    settings = configuration["bootstrap"]["dcs"]
    assert settings["synchronous_mode"] is True
    assert settings["synchronous_mode_strict"] is False
    assert settings["synchronous_node_count"] == 2
    assert settings["loop_wait"] + 2 * settings["retry_timeout"] <= settings["ttl"]
    assert all(rule.split()[-1] == "scram-sha-256" for rule in configuration["postgresql"]["pg_hba"])
    assert configuration["postgresql"]["data_dir"].startswith("/mnt/disk0/")


@pytest.mark.parametrize(
    ("overlay", "storage", "storage_class"), [(CACHES[0], "1Gi", "redis"), (CACHES[1], "20Gi", "redis")]
)
def test_redis_keeps_an_append_only_file_behind_a_password(build, overlay, storage, storage_class):
    objects = build(overlay)
    item = objects["StatefulSet", "redis"]
    assert item["spec"]["replicas"] == 1
    assert claim(item)["resources"]["requests"]["storage"] == storage
    assert claim(item)["storageClassName"] == storage_class
    arguments = container(item)["args"]
    assert arguments[arguments.index("--appendonly") + 1] == "yes"
    assert arguments[arguments.index("--requirepass") + 1] == "$(REDIS_PASSWORD)"
    for variable in container(item)["env"]:
        assert variable["valueFrom"]["secretKeyRef"]["name"] == "redis-credentials"
    assert {"mountPath": "/data", "name": "data"} in container(item)["volumeMounts"]
    for probe in ("livenessProbe", "readinessProbe"):
        assert container(item)[probe]["exec"]["command"] == ["redis-cli", "-e", "ping"]
    service = objects["Service", "redis"]["spec"]
    assert (service["clusterIP"], service["ports"][0]["port"]) == ("None", 6379)


@pytest.mark.parametrize("overlay", [*DATABASES, *CACHES])
def test_every_pod_is_restricted(build, overlay):
    for (kind, name), item in build(overlay).items():
        if kind not in ("StatefulSet", "Job"):
            continue
        pod = item["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for one in pod["containers"]:
            expected = {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert one["securityContext"] == expected, name
            assert one["resources"]["requests"] and one["resources"]["limits"]["memory"], name
        # Only Patroni speaks to the API server.
        assert pod.get("automountServiceAccountToken") is False or pod.get("serviceAccountName") == "database", name


@pytest.mark.parametrize(
    ("overlay", "job"),
    [*((each, "database-replicated") for each in DATABASES), *((each, "redis-synced") for each in CACHES)],
)
def test_every_sync_ends_in_a_hook(build, overlay, job):
    annotations = build(overlay)["Job", job]["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/hook"] == "PostSync"
    assert annotations["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation,HookSucceeded"
