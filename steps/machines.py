"""Machines, their network, and the tokens that they joined with."""

import base64
import ipaddress
import stat

from cryptography import x509
from cryptography.x509.oid import NameOID
from pytest_bdd import given, parsers, then

from acceptance.base.waiting import NODES_READY, eventually
from acceptance.clients.caller import Caller
from acceptance.criteria.verdicts import Unverifiable
from acceptance.infrastructure.contract import CONTROL_PLANE

WRONG_TOKEN = "abcdef.ffffffffffffffff"


@given("the infrastructure that OpenTofu applied", target_fixture="applied")
def applied(outputs, evidence):
    evidence.add("outputs of tofu", outputs.model_dump(mode="json"))
    return outputs


@then(parsers.parse("at least {count:d} {role} machines run"), target_fixture="machines")
def machines_run(infrastructure, outputs, role, count):
    machines = outputs.control_planes if role == "control-plane" else outputs.workers
    running = [machine for machine in machines if infrastructure.is_running(machine)]
    assert len(running) >= count, f"expected {count} or more {role} machines running, saw {[m.name for m in running]}"
    return running


@then(parsers.parse("each of them is a node of the cluster with the role {role}"))
def machines_are_nodes(cluster, machines, role, evidence):
    nodes = {node.metadata.name: node for node in cluster.nodes()}
    evidence.add("nodes", cluster.kubectl("get", "nodes", "-o", "wide"))
    for machine in machines:
        assert machine.name in nodes, f"expected a node {machine.name}, saw {sorted(nodes)}"
        node = nodes[machine.name]
        seen = "control-plane" if CONTROL_PLANE in node.metadata.labels else "worker"
        assert seen == role, f"expected {machine.name} to be a {role}, it is a {seen}"


@then(parsers.parse("every {role} machine has at least {cores:d} cores and {memory:d} GB of its own"))
def machine_capacity(infrastructure, outputs, role, cores, memory, evidence):
    machines = outputs.control_planes if role == "control-plane" else outputs.workers
    seen = {machine.name: infrastructure.capacity(machine) for machine in machines}
    evidence.add("cores and bytes of memory", seen)
    small = {name: has for name, has in seen.items() if has[0] < cores or has[1] < memory * 10**9}
    assert not small, f"expected {cores} cores and {memory} GB of every {role} machine, saw {small}"


@then("every control-plane machine reports K3s that provisioning installed")
def k3s_installed(cluster, outputs, environment, evidence):
    versions = {node.metadata.name: node.status.node_info.kubelet_version for node in cluster.nodes()}
    evidence.add("what each node runs", versions)
    others = [f"{machine.name} runs {versions.get(machine.name)}" for machine in outputs.control_planes
              if "+k3s" not in versions.get(machine.name, "")]  # fmt: skip
    if others and "K3s" in environment.stand_ins:
        raise Unverifiable(f"no machine installs K3s here: {others[0]}, made from an image")
    assert not others, f"expected K3s on every control plane, saw {others}. Try: journalctl -u k3s-node on it"
    if environment.infrastructure.provisioner != "aws":
        raise Unverifiable("who installed K3s on machines that somebody else provisioned is for them to say")


@then("the network belongs to this platform alone")
def network_is_own(infrastructure, outputs):
    foreign_resources = infrastructure.foreign_resources()
    assert not foreign_resources, f"foreign_resources on the network {outputs.network.name}: {foreign_resources}"


@then("every machine has its address in the private subnet")
def addresses_in_subnet(cluster, outputs):
    subnet = ipaddress.ip_network(outputs.network.subnet)
    assert subnet.is_private, f"{subnet} is no private range"
    addresses = {
        node.metadata.name: next(a.address for a in node.status.addresses if a.type == "InternalIP")
        for node in cluster.nodes()
    }
    for machine in [*outputs.control_planes, *outputs.workers]:
        assert ipaddress.ip_address(machine.address) in subnet, f"{machine.name} has {machine.address}, not in {subnet}"
        assert addresses[machine.name] == machine.address, (
            f"the cluster reaches {machine.name} at {addresses[machine.name]}, not at {machine.address}"
        )


@then("each machine reaches the kubelet of each other one at that address")
def machines_reach_each_other(cluster, outputs, evidence):
    machines = [*outputs.control_planes, *outputs.workers]
    seen = {}
    for machine in machines:
        others = {f"https://{other.address}:10250/healthz": other for other in machines if other is not machine}
        targets = [part for url in others for part in ("-o", "/dev/null", url)]
        lines = cluster.on_node(
            machine.name, "curl", "-ksZ", "-m", "5", "-w", "%{url} %{http_code}\n", *targets, check=False
        )
        codes = dict(line.split() for line in lines.splitlines())
        seen |= {f"{machine.name} -> {other.name}": codes.get(url, "000") for url, other in others.items()}
    evidence.add("kubelet to kubelet, by HTTP status (000: no answer)", seen)
    # Without a client certificate the kubelet answers 401: it is reached, which is what counts here.
    bad = {pair: code for pair, code in seen.items() if code not in ("200", "401")}
    assert not bad, (
        f"expected each machine to reach the kubelet of each other one, saw HTTP status {bad} (000: no answer). "
        "Try: docker exec MACHINE curl -kv https://ADDRESS:10250/healthz"
    )


@then("each worker asked for its certificate with the join token", target_fixture="join_token")
def workers_joined_with_token(cluster, outputs, evidence):
    if "+k3s" in cluster.version.get_code().git_version:
        return k3s_workers_joined(cluster, outputs, evidence)
    tokens = [
        secret for secret in cluster.core.list_namespaced_secret("kube-system").items
        if secret.type == "bootstrap.kubernetes.io/token"
    ]  # fmt: skip
    assert tokens, "the control plane has issued no join token (no Secret of type bootstrap.kubernetes.io/token)"
    joined = {}
    for request in cluster.certificates.list_certificate_signing_request().items:
        pem = base64.b64decode(request.spec.request)
        names = x509.load_pem_x509_csr(pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if names and request.spec.signer_name == "kubernetes.io/kube-apiserver-client-kubelet":
            joined[str(names[0].value).removeprefix("system:node:")] = request.spec.username
    evidence.add("who asked for the certificate of each node", joined)
    if not joined:
        raise Unverifiable(
            "the cluster is over an hour old and has forgotten its certificate requests; run without --reuse"
        )
    issued = {"system:bootstrap:" + base64.b64decode(secret.data["token-id"]).decode(): secret for secret in tokens}
    for worker in outputs.workers:
        assert joined.get(worker.name) in issued, (
            f"expected {worker.name} to have joined as {' or '.join(issued)}, saw {joined.get(worker.name)}"
        )
    data = issued[joined[outputs.workers[0].name]].data
    return ".".join(base64.b64decode(data[key]).decode() for key in ("token-id", "token-secret"))


def k3s_workers_joined(cluster, outputs, evidence):
    """K3s keeps a password for each node that came with the token; the token itself is in the secret store."""
    names = {secret.metadata.name for secret in cluster.core.list_namespaced_secret("kube-system").items}
    evidence.add("node passwords", sorted(name for name in names if name.endswith(".node-password.k3s")))
    missing = [worker.name for worker in outputs.workers if f"{worker.name}.node-password.k3s" not in names]
    assert not missing, f"expected a node password of every worker that joined with the token, none of {missing}"
    raise Unverifiable("every worker joined with the token; with it in the secret store no wrong one is tried")


@then("the API accepts that token")
def token_accepted(cluster, join_token):
    answer = Caller(cluster, join_token).who_am_i()
    assert answer.status_code == 201, (
        f"expected the join token to be accepted, saw {answer.status_code}: {answer.text[:200]}"
    )
    user = answer.json()["status"]["userInfo"]["username"]
    assert user.startswith("system:bootstrap:"), f"the join token speaks for {user}"


@then("the API refuses a wrong join token")
def wrong_token_refused(cluster, join_token):
    wrong = join_token.partition(".")[0] + "." + WRONG_TOKEN.partition(".")[2]
    answer = Caller(cluster, wrong).who_am_i()
    assert answer.status_code == 401, (
        f"expected 401 for a wrong join token, saw {answer.status_code}: {answer.text[:200]}"
    )


@then("the kubeconfig exists and only its owner may read it")
def kubeconfig_is_private(outputs):
    path = outputs.kubeconfig_path
    assert path.is_file(), f"the outputs name the kubeconfig {path}, which does not exist"
    mode = stat.S_IMODE(path.stat().st_mode)
    assert mode == 0o600, f"expected mode 600 of {path}, saw {mode:o}"


@then("kubectl reaches the API with nothing but that kubeconfig")
def kubectl_works(cluster):
    answer = cluster.kubectl("get", "--raw", "/readyz")
    assert answer == "ok", f"expected ok from /readyz, saw {answer!r}"


@given("a running cluster")
def running_cluster(cluster):
    assert cluster.answers(), "the API does not say that it is ready. Try: kubectl get --raw /readyz?verbose"


@then("the list of nodes shows every provisioned machine as Ready, and no other")
def nodes_listed(cluster, outputs, evidence):
    provisioned = {machine.name for machine in [*outputs.control_planes, *outputs.workers]}
    eventually(cluster.all_nodes_ready, within=NODES_READY, what="every node Ready", hint="kubectl describe nodes")
    text = cluster.kubectl("get", "nodes")
    evidence.add("kubectl get nodes", text)
    # A node that takes no new pods is listed as Ready,SchedulingDisabled.
    listed = {line.split()[0]: line.split()[1].partition(",")[0] for line in text.splitlines()[1:]}
    assert set(listed) == provisioned, f"expected the nodes {sorted(provisioned)}, saw {sorted(listed)}"
    assert set(listed.values()) == {"Ready"}, f"expected every node Ready, saw {listed}"


@then(parsers.parse("the server reports K3s {floor} or newer"))
def server_is_k3s(cluster, environment, floor, evidence):
    version = cluster.version.get_code().git_version
    evidence.add("version of the server", version)
    if "+k3s" not in version and "K3s" in environment.stand_ins:
        raise Unverifiable(f"the cluster runs Kubernetes {version}, set up by kubeadm, not K3s")
    assert "+k3s" in version, f"expected K3s, saw {version}"

    def numbers(text):
        return [int(part) for part in text.lstrip("v").partition("+")[0].split(".")]

    assert numbers(version) >= numbers(floor), f"expected {floor} or newer, saw {version}"
