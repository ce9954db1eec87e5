"""Machines that production's own user data sets up: cloud-init, systemd and the scripts are real, AWS and K3s are not.

All are one cluster, so the tests come in the order of its life.
"""

import json
import re
from types import SimpleNamespace

import machines
import pytest
import yaml

pytestmark = pytest.mark.machines

REGISTRATION = "https://api.some-cluster.internal:6443"
JOINING = ["--server", REGISTRATION, "--token-file", "/etc/rancher/k3s/token"]


@pytest.fixture(scope="module")
def user_data(tmp_path_factory):
    """User data by machine, as AWS hands it over."""
    return machines.user_data(tmp_path_factory.mktemp("machines"))


@pytest.fixture(scope="module")
def account():
    """An account without machines."""
    with machines.account() as made:
        yield made


@pytest.fixture(scope="module")
def cluster(account, user_data):
    """Two servers and a worker that start at once, as in production, while the secret store does not answer yet."""
    names = {"first": "control-plane-1", "second": "control-plane-2", "worker": "worker-1"}
    with account.silent_store():
        made = SimpleNamespace(**{key: account.boot(slot, user_data[slot]) for key, slot in names.items()})
        made.first.await_(
            "it does not say that the store is silent",
            lambda: "whether there is a cluster cannot be told" in made.first.journal(),
        )
        made.second.await_("it does not wait", lambda: "no answer from the secret store" in made.second.journal())
        made.started_in_silence = made.first.exists("/etc/kubernetes/kubelet.conf")
        # A machine that is turned off and on before it is a node begins again.
        made.second.restart()
    for name in names:
        getattr(made, name).joined()
    return made


def everyone(cluster):
    """The machines of the cluster."""
    return cluster.first, cluster.second, cluster.worker


def test_machines_become_one_cluster(cluster):
    cluster.second.await_ready(*everyone(cluster))


def test_a_silent_store_starts_no_cluster_and_is_asked_until_it_answers(cluster):
    assert not cluster.started_in_silence
    said = cluster.first.journal()
    assert "k3s-node: no answer from the secret store: " in said
    assert f"k3s-node: {cluster.first.node} is a node" in said


def test_cloud_init_and_systemd_find_nothing_wrong(cluster):
    for machine in everyone(cluster):
        assert "status: done" in machine.run("cloud-init", "status", "--wait", "--long")
        assert machine.run("systemctl", "--failed", "--no-legend", "--plain") == ""


def test_server_1_starts_the_cluster_and_the_others_join_it(cluster):
    ways = [[call["arguments"] for call in machine.installed()] for machine in everyone(cluster)]
    assert ways == [[["server", "--cluster-init"]], [["server", *JOINING]], [["agent", *JOINING]]]


def test_k3s_is_called_with_what_production_promises(cluster):
    for machine in everyone(cluster):
        (call,) = machine.installed()
        assert call["environment"] == {
            "INSTALL_K3S_SKIP_DOWNLOAD": "true", "INSTALL_K3S_SKIP_SELINUX_RPM": "true",
            "INSTALL_K3S_VERSION": "v1.36.4+k3s1", "INSTALL_K3S_BIN_DIR": "/usr/local/bin",
        }  # fmt: skip
        found = call["settings"]
        assert found["node-name"] == f"{machine.slot}-{machine.instance}"
        assert found["node-ip"] == machine.address
        assert f"alternate-futures.dev/machine={machine.slot}" in found["node-label"]
        if machine is cluster.worker:
            continue
        names = {"api.some-cluster.internal", "balancer.example.test", "203.0.113.1", "203.0.113.2"}
        assert set(found["tls-san"]) == names
        assert found["secrets-encryption"] is True
        assert found["disable"] == ["traefik", "local-storage"]
        assert found["etcd-snapshot-schedule-cron"] == "0 */6 * * *"


def own_taints(node):
    """A node's taints, without those that Kubernetes takes away again once it has seen that the node is Ready."""
    found = [f"{taint['key']}:{taint['effect']}" for taint in node["spec"].get("taints", [])]
    return [taint for taint in found if not taint.startswith("node.kubernetes.io/")]


def test_nodes_have_the_labels_and_taints_of_production(cluster):
    nodes = cluster.first.nodes()
    for machine, zone in ((cluster.first, "eu-central-1a"), (cluster.worker, "eu-central-1b")):
        labels = nodes[machine.node]["metadata"]["labels"]
        assert labels["topology.kubernetes.io/region"] == "eu-central-1"
        assert labels["topology.kubernetes.io/zone"] == zone
        assert labels["alternate-futures.dev/machine"] == machine.slot
    assert own_taints(nodes[cluster.second.node]) == ["node-role.kubernetes.io/control-plane:NoSchedule"]
    assert own_taints(nodes[cluster.worker.node]) == []
    assert "svccontroller.k3s.cattle.io/enablelb" in nodes[cluster.worker.node]["metadata"]["labels"]


def test_the_kubelet_accepts_its_reservations_and_the_kernels_settings(cluster):
    for machine, memory in ((cluster.first, 1024 + 256 + 200), (cluster.worker, 256 + 256 + 200)):
        status = cluster.first.nodes()[machine.node]["status"]
        kept = [int(status[key]["memory"].removesuffix("Ki")) for key in ("capacity", "allocatable")]
        assert kept[0] - kept[1] == memory * 1024
        # With these, protect-kernel-defaults lets it start.
        assert machine.run("sysctl", "-n", "vm.overcommit_memory", "kernel.panic").split() == ["1", "10"]


def test_the_api_server_writes_the_audit_log_and_no_contents_of_secrets(cluster):
    cluster.first.kubectl("create", "secret", "generic", "some", "--from-literal=key=not-for-the-log")
    log = "/var/lib/rancher/k3s/server/logs/audit.log"
    cluster.first.await_("no secret in the audit log", lambda: '"resource":"secrets"' in cluster.first.run("cat", log))
    assert "not-for-the-log" not in cluster.first.run("cat", log)
    assert "bm90LWZvci10aGUtbG9n" not in cluster.first.run("cat", log)


def test_the_api_accepts_what_servers_deploy(cluster):
    path = "/var/lib/rancher/k3s/server/manifests/storage.yaml"
    answer = cluster.first.run(
        "sh", "-c", f"k3s kubectl create --dry-run=server --filename {path} 2>&1", check=False
    ).splitlines()
    created = [line for line in answer if "created (server dry run)" in line]
    assert len(created) == 6, answer
    # The seventh is for K3s's own chart controller.
    assert [line for line in answer if line not in created and "HelmChart" not in line and "CRDs" not in line] == []


def test_the_kubeconfig_in_the_store_is_for_the_load_balancers_name_and_works(cluster, account):
    found = yaml.safe_load(account.secret("kubeconfig"))
    assert found["clusters"][0]["cluster"]["server"] == "https://balancer.example.test:6443"
    by_name = ["--server", f"https://{cluster.first.address}:6443", "--tls-server-name", "balancer.example.test"]
    (account.folder / "kubeconfig").write_text(account.secret("kubeconfig"))
    machines.docker("cp", account.folder / "kubeconfig", f"{cluster.worker.container}:/root/kubeconfig")
    answer = cluster.worker.run("kubectl", "--kubeconfig", "/root/kubeconfig", *by_name, "auth", "whoami")
    assert "kubernetes-admin" in answer


def test_each_machine_asks_the_store_for_what_its_role_may_read_only(cluster, account):
    asked = {(call["action"], call["secret"]) for call in account.calls("secrets", cluster.worker.address)}
    assert asked == {("GetSecretValue", "some-cluster/agent-token")}
    written = [call["secret"] for call in account.calls("secrets") if call["action"] == "PutSecretValue"]
    assert written == [f"some-cluster/{name}" for name in ("agent-token", "server-token", "kubeconfig")]


def test_no_token_is_in_a_journal_or_readable_by_others(cluster, account):
    tokens = [account.secret(name).strip().rpartition(":")[2] for name in ("server-token", "agent-token")]
    for machine in everyone(cluster):
        said = machine.run("journalctl", "--no-pager", "--output=cat")
        assert not [token for token in tokens if token in said]
        modes = machine.run("sh", "-c", "stat -c '%a %n' /etc/rancher/k3s/*token* /etc/rancher/k3s/*.yaml")
        assert [line for line in modes.splitlines() if not line.startswith("600 ")] == []


def test_pods_of_servers_reach_the_metadata_service_and_those_of_workers_do_not(cluster):
    ask = (
        "curl -sS --max-time 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "
        "http://169.254.169.254/latest/api/token"
    )
    assert re.fullmatch(r"[\w-]{50,}", cluster.first.from_a_pod(ask))
    assert cluster.worker.from_a_pod(ask) == ""
    # It is the token that does not come so far: a question without one is refused.
    bare = "curl -sS --max-time 5 -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/"
    assert cluster.worker.from_a_pod(bare) == "401"


def test_a_second_server_lets_dns_run_twice(cluster):
    answer = cluster.first.kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o", "json")
    assert json.loads(answer)["spec"]["replicas"] == 2


def test_a_kubeconfig_that_is_fresh_is_left_alone_by_the_timer(cluster, account):
    before = len([call for call in account.calls("secrets") if call["action"] == "PutSecretValue"])
    assert cluster.first.run("systemctl", "is-active", "k3s-kubeconfig.timer") == "active"
    cluster.first.run("systemctl", "start", "k3s-kubeconfig.service")
    after = [call for call in account.calls("secrets") if call["action"] == "PutSecretValue"]
    assert len(after) == before
    assert account.calls("secrets")[-1]["secret"] == "some-cluster/kubeconfig"


def test_machines_that_are_turned_off_and_on_are_nodes_again_and_install_nothing(cluster):
    for machine in (cluster.worker, cluster.first):
        machine.restart()
    cluster.first.await_ready(*everyone(cluster))
    for machine in (cluster.worker, cluster.first):
        assert len(machine.installed()) == 1
        assert "status: done" in machine.run("cloud-init", "status", "--wait")
        assert machine.run("systemctl", "is-active", "k3s-node", check=False) == "inactive"


def test_a_first_server_that_was_replaced_joins_and_removes_its_predecessor(cluster, account, user_data):
    third = account.boot("control-plane-3", user_data["control-plane-3"]).joined()
    before = [account.secret(name) for name in machines.SECRETS]
    cluster.first.lose()
    new = account.boot("control-plane-1", user_data["control-plane-1"]).joined()
    assert [call["arguments"] for call in new.installed()] == [["server", *JOINING]]
    new.await_ready(new, cluster.second, third, cluster.worker)
    # Its predecessor had to leave first: etcd takes in no member while one is lost.
    assert f'node "{cluster.first.node}" deleted' in new.journal()
    assert [account.secret(name) for name in machines.SECRETS] == before
