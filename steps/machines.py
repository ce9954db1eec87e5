"""Machines, their network, and the kubeconfig that leads to them."""

import stat

from pytest_bdd import given, parsers, then

from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.cluster import large_packets, reboots
from acceptance.drivers.cluster.lost_machines import slow_to_notice
from acceptance.drivers.cluster.machine_certificates import not_approved, not_renewed
from acceptance.drivers.cluster.machines import (
    LARGE,
    LASTS,
    capacities,
    days_left,
    every_machine,
    in_kubeconfig,
    is_k3s,
    kubelet_versions,
    kubelets_reached,
    machines_of,
    nodes_by_name,
    nodes_with_kubeconfig_alone,
    outside_subnet,
    role_of,
    version_numbers,
    wait_nodes_ready,
)

CURL = (
    f"Try, on a MACHINE: head -c {LARGE} /dev/zero | curl -kv -H Expect: --data-binary @- https://ADDRESS:10250/healthz"
)


@given("the infrastructure that OpenTofu applied", target_fixture="applied")
def applied(outputs, evidence):
    evidence.add("outputs of tofu", outputs.model_dump(mode="json"))
    return outputs


@then(parsers.parse("at least {count:d} {role} machines run"), target_fixture="machines")
def machines_run(infrastructure, outputs, role, count):
    machines = machines_of(outputs, role)
    stopped = [machine.name for machine in machines if not infrastructure.is_running(machine)]
    assert not stopped, f"expected every {role} machine to run, but these do not: {stopped}"
    assert len(machines) >= count, f"expected {count} or more {role} machines, saw {[m.name for m in machines]}"
    return machines


@then(parsers.parse("each of them is a cluster node with the role {role}"))
def machines_are_nodes(cluster, machines, role, evidence):
    evidence.add("nodes", cluster.kubectl("get", "nodes", "-o", "wide"))
    nodes = nodes_by_name(cluster)
    seen = {machine.name: role_of(nodes[machine.name]) if machine.name in nodes else "no node" for machine in machines}
    assert set(seen.values()) == {role}, f"expected a node with the role {role} for each machine, saw {seen}"


@then(parsers.parse("every {role} machine has at least {cores:d} CPU cores and {memory:d} GB of memory of its own"))
def machine_capacity(infrastructure, outputs, role, cores, memory, evidence):
    seen, unknown = capacities(infrastructure, machines_of(outputs, role))
    evidence.add("cores and bytes of memory", seen)
    small = {name: has for name, has in seen.items() if has[0] < cores or has[1] < memory * 10**9}
    assert not small, f"expected {cores} cores and {memory} GB in every {role} machine, saw cores and bytes {small}"
    if unknown:
        raise unknown


@then("every control-plane machine reports K3s, installed by provisioning")
def k3s_installed(cluster, outputs, environment, evidence):
    versions = kubelet_versions(cluster)
    evidence.add("what each node runs", versions)
    others = [machine.name for machine in outputs.control_planes if not is_k3s(versions.get(machine.name, ""))]
    if others and "K3s" in environment.stand_ins:
        raise Unverifiable(f"no machine installs K3s here: {others[0]} runs {versions.get(others[0])}, from an image")
    assert not others, f"expected K3s on all control planes, not on {others}. Try: journalctl -u k3s-node on it"
    if environment.infrastructure.provisioner != "aws":
        raise Unverifiable("the suite cannot tell how K3s was installed on machines that it did not provision")


@then("the network holds only this platform's resources")
def network_is_own(infrastructure, outputs):
    foreign = infrastructure.foreign_resources()
    assert not foreign, f"expected only the platform's resources on the network {outputs.network.name}, saw {foreign}"


@then("every machine's address is in the private subnet")
def addresses_in_subnet(cluster, outputs):
    wrong = outside_subnet(cluster, outputs)
    assert not wrong, f"expected every machine's address in {outputs.network.subnet}, saw {wrong}"


@then("a pod on each worker sends a payload larger than one packet to a pod on every other worker and gets it back")
def pods_exchange_large(namespace, outputs, evidence):
    evidence.add("who answered whom, with as much", large_packets.exchange(namespace, outputs))


@then("each machine reaches every other machine's kubelet at that address with a payload larger than one packet")
def machines_reach_each_other(cluster, outputs, evidence):
    seen = kubelets_reached(cluster, every_machine(outputs))
    evidence.add(f"kubelet to kubelet, by HTTP status of {LARGE} bytes (000: no answer)", seen)
    # Without a client certificate the kubelet answers 401, which shows that it is reached.
    bad = {pair: code for pair, code in seen.items() if code not in ("200", "401")}
    assert seen and not bad, f"expected each machine to reach the kubelet of each other one, saw status {bad}. {CURL}"


@then("the kubeconfig exists and only its owner can read it")
def kubeconfig_is_private(outputs):
    path = outputs.kubeconfig_path
    assert path.is_file(), f"expected the kubeconfig that the outputs name, {path}, to exist, but it does not"
    mode = stat.S_IMODE(path.stat().st_mode)
    assert not mode & 0o077, f"expected mode 600 of {path}, saw {mode:o}"


@then("kubectl lists all nodes using only that kubeconfig")
def kubectl_works(cluster, outputs):
    answer = nodes_with_kubeconfig_alone(cluster)
    assert "insecure-skip-tls-verify" not in outputs.kubeconfig_path.read_text(), (
        "expected the kubeconfig to verify the API's certificate, saw insecure-skip-tls-verify"
    )
    missing = {f"node/{machine.name}" for machine in every_machine(outputs)} - set(answer.split())
    assert not missing, f"expected kubectl to list every node, but {sorted(missing)} are missing: {answer[:300]!r}"


@then("no certificate in it is about to expire")
def kubeconfig_lasts(cluster, evidence):
    left = days_left(in_kubeconfig(cluster))
    evidence.add("days left of the certificate of each of its users", left)
    short = {name: days for name, days in left.items() if days < LASTS}
    assert not short, f"expected {LASTS} days left of each certificate of {cluster.kubeconfig_path}, saw {short}"


@given("a running cluster")
def running_cluster(cluster):
    assert cluster.answers(), (
        "expected the API to report that it is ready, but it does not. Try: kubectl get --raw /readyz?verbose"
    )


@then("kubectl lists exactly the provisioned machines as nodes, all of them Ready")
def nodes_listed(cluster, outputs, evidence):
    wait_nodes_ready(cluster)
    text = cluster.kubectl("get", "nodes")
    evidence.add("kubectl get nodes", text)
    # A node that takes no new pods is listed as Ready,SchedulingDisabled.
    listed = {line.split()[0]: line.split()[1].partition(",")[0] for line in text.splitlines()[1:]}
    expected = {machine.name: "Ready" for machine in every_machine(outputs)}
    assert listed == expected, f"expected the nodes {expected}, saw {listed}"


@then("no worker's kubelet has a certificate that ends soon and is not renewed")
def kubelets_stay(cluster):
    short = not_renewed(cluster)
    hint = "Try: rotateCertificates in /var/lib/kubelet/config.yaml there, and systemctl restart kubelet"
    assert not short, f"expected {LASTS} days left of each certificate that no kubelet rotates, saw {short}. {hint}"
    refused = not_approved(cluster)
    hint = "Try: kubectl get clusterrolebinding kubeadm:node-autoapprove-certificate-rotation"
    assert not refused, f"expected approval of each certificate that a kubelet renews, not on {refused}. {hint}"


@given("each machine would come back after a reboot as it runs now")
@then("each machine would come back after a reboot as it runs now")
def machines_come_back(cluster):
    found = reboots.would_not_return(cluster)
    hint = "Try there: systemctl is-enabled kubelet containerd; systemctl restart kubelet"
    assert not found, f"expected each machine to come back after a reboot, but {'; '.join(found)}. {hint}"


@then(parsers.parse("a machine that is lost would be listed as not Ready within {seconds:d} seconds"))
def loss_is_noticed(cluster, seconds):
    found = slow_to_notice(cluster, seconds)
    hint = "Try: grep -- -- /etc/kubernetes/manifests/kube-controller-manager.yaml on each control plane"
    assert not found, f"expected lost machines to be noticed within {seconds} s, but {'; '.join(found)}. {hint}"


@then(parsers.parse("the server reports K3s {floor} or newer"))
def server_is_k3s(cluster, environment, floor, evidence):
    version = cluster.version.get_code().git_version
    evidence.add("version of the server", version)
    assert version_numbers(version) >= version_numbers(floor), (
        f"expected the server to report {floor} or newer, saw {version}"
    )
    if not is_k3s(version) and "K3s" in environment.stand_ins:
        raise Unverifiable(f"the cluster runs Kubernetes {version}, set up by kubeadm, not K3s")
    assert is_k3s(version), f"expected the server to report K3s, saw {version}"
