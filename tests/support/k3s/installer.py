#!/usr/bin/python3
"""Stands in for K3s's installer: records its call, then starts kubeadm's Kubernetes with the same meaning.

It reads what K3s reads (configuration files, arguments, tokens) and leaves what K3s leaves (tokens, a kubeconfig).
"""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import yaml

CONFIG = Path("/etc/rancher/k3s")
SERVER = Path("/var/lib/rancher/k3s/server")
KUBERNETES = Path("/etc/kubernetes")
PREPARED = Path("/stand-in")
"""What the test puts into each machine: images, and a file that says who may do what without credentials."""
CALLS = Path("/var/lib/stand-in/calls")
POD_NETWORK = "10.42"
"""The first two numbers of pods' addresses, as in K3s."""


def main():
    """Become a node."""
    role, options = sys.argv[1], arguments(sys.argv[2:])
    settings = configuration() | options
    record(settings)
    if (KUBERNETES / "kubelet.conf").exists():
        # The installer restarts K3s where it is installed; so far the machine is a node already.
        run("systemctl", "restart", "kubelet")
        return
    if (KUBERNETES / "pki").exists():
        run("kubeadm", "reset", "--force")
    import_images()
    write_network(settings["node-ip"])
    if role == "agent":
        join(settings, None)
    elif "cluster-init" in options:
        start(settings)
    else:
        join(settings, password_of(settings))
    if role == "server":
        leave_kubeconfig()
        keep_members()


def arguments(words):
    """K3s's arguments as its configuration files have them."""
    found, name = {}, None
    for word in words:
        if word.startswith("--"):
            name = word.removeprefix("--")
            found[name] = True
        else:
            found[name] = word
    return found


def configuration():
    """K3s's configuration: its file, then those of the folder, of which a later one prevails."""
    merged = {}
    for path in [CONFIG / "config.yaml", *sorted((CONFIG / "config.yaml.d").glob("*.yaml"))]:
        merged |= yaml.safe_load(path.read_text())
    return merged


def record(settings):
    """Keep what the installer was called with."""
    environment = {key: value for key, value in os.environ.items() if key.startswith("INSTALL_K3S_")}
    CALLS.parent.mkdir(parents=True, exist_ok=True)
    with CALLS.open("a") as file:
        file.write(json.dumps({"arguments": sys.argv[1:], "environment": environment, "settings": settings}) + "\n")


def run(*command, text=None):
    """Run a command; what it prints goes to the journal."""
    subprocess.run(command, check=True, input=text, text=True)


def output(*command):
    """What a command prints."""
    return subprocess.run(command, check=True, capture_output=True).stdout


def prepared():
    """What the test says: images, versions, and whether the host restricts its containers."""
    return json.loads((PREPARED / "prepared.json").read_text())


def import_images():
    """Load the images, under the names by which kubeadm knows them."""
    output("ctr", "--namespace", "k8s.io", "images", "import", str(PREPARED / "images.tar"))
    for name, known in prepared()["images"].items():
        output("ctr", "--namespace", "k8s.io", "images", "tag", "--force", f"docker.io/{name}", known)


def write_network(address):
    """A network for the pods of this machine, as a node is Ready only with one. K3s brings flannel."""
    subnet = f"{POD_NETWORK}.{address.rpartition('.')[2]}.0/24"
    bridge = {
        "type": "bridge", "bridge": "cni0", "isDefaultGateway": True, "ipMasq": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": subnet}]]},
    }  # fmt: skip
    plugins = [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]
    folder = Path("/etc/cni/net.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "10-bridge.conflist").write_text(json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": plugins}))


# Tokens: K3s's are K10HASH::KIND:PASSWORD, where the hash is that of the cluster's authority.


def digest(purpose, password):
    """A value that is derived from the password."""
    return hashlib.sha256(f"{purpose}:{password}".encode())


def bootstrap_token(password):
    """The token with which kubeadm admits a machine."""
    text = digest("bootstrap", password).hexdigest()
    return f"{text[:6]}.{text[6:22]}"


def password_of(settings):
    """The password in the token that a machine joins with."""
    return Path(settings["token-file"]).read_text().rpartition(":")[2]


def authority():
    """The hash of the cluster's authority."""
    public = output("openssl", "x509", "-pubkey", "-noout", "-in", str(KUBERNETES / "pki" / "ca.crt"))
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], check=True, capture_output=True, input=public
    ).stdout
    return hashlib.sha256(der).hexdigest()


def private(path, text):
    """Write a file for root only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


# kubeadm


def registration(settings, node_of):
    """How the kubelet of this machine registers it."""
    flags = [item.split("=", 1) for item in settings["kubelet-arg"]]
    flags += [["node-ip", settings["node-ip"]], ["node-labels", ",".join(settings["node-label"])]]
    flags.append(["protect-kernel-defaults", str(settings.get("protect-kernel-defaults", False)).lower()])
    taints = [taint.rpartition(":") for taint in settings.get("node-taint", [])]
    return {
        **node_of,
        # It would look for images in a registry.
        "skipPhases": ["preflight"],
        "nodeRegistration": {
            "name": settings["node-name"],
            "kubeletExtraArgs": [{"name": name, "value": value} for name, value in flags],
            "taints": [{"key": key, "effect": effect} for key, _, effect in taints],
        },
    }


def document(kind, **fields):
    """A document of kubeadm's configuration."""
    return {"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": kind, **fields}


def kubeadm(command, *documents):
    """Run kubeadm with a configuration."""
    path = KUBERNETES / "stand-in.yaml"
    private(path, yaml.safe_dump_all(documents))
    options = ["--upload-certs", "--skip-token-print", "--skip-certificate-key-print"] if command == "init" else []
    run("kubeadm", command, "--config", str(path), *options)


def prepare_server(settings, password):
    """What the API server reads, equal on all servers."""
    files = KUBERNETES / "stand-in"
    key = base64.b64encode(digest("secrets", password).digest()).decode()
    provider = {"secretbox": {"keys": [{"name": "key1", "secret": key}]}}
    encryption = {
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [provider, {"identity": {}}]}],
    }  # fmt: skip
    private(files / "encryption.yaml", yaml.safe_dump(encryption))
    # kubeadm's joining machines ask without credentials which cluster it is; nothing else is shown to them.
    (files / "authentication.yaml").write_text((PREPARED / "authentication.yaml").read_text())
    return files


def start(settings):
    """Start the cluster, and leave the tokens with which others join."""
    password = secrets.token_hex(16)
    agents = Path(settings["agent-token-file"]).read_text().strip()
    files = prepare_server(settings, password)
    values = dict(item.split("=", 1) for item in settings["kube-apiserver-arg"])
    if values.pop("anonymous-auth", None) == "false":
        values["authentication-config"] = str(files / "authentication.yaml")
    if settings.get("secrets-encryption"):
        values["encryption-provider-config"] = str(files / "encryption.yaml")
    log = Path(values["audit-log-path"]).parent
    mounts = [
        (files, "stand-in", True),
        (Path(values["audit-policy-file"]).parent, "policy", True),
        (log, "log", False),
    ]
    init = document(
        "InitConfiguration",
        localAPIEndpoint={"advertiseAddress": settings["node-ip"]},
        certificateKey=digest("certificates", password).hexdigest(),
        bootstrapTokens=[{"token": bootstrap_token(word), "ttl": "0s"} for word in (password, agents)],
    )
    timing = {"heartbeat-interval": "250", "election-timeout": "2500"}
    cluster = document(
        "ClusterConfiguration",
        kubernetesVersion=output("kubeadm", "version", "--output", "short").decode().strip(),
        # Any live server will do, as to K3s's agents.
        controlPlaneEndpoint=f"{settings['tls-san'][0]}:6443",
        networking={"podSubnet": f"{POD_NETWORK}.0.0/16"},
        dns={"imageTag": prepared()["tags"]["coredns"]},
        etcd={"local": {
            "imageTag": prepared()["tags"]["etcd"],
            "extraArgs": [{"name": name, "value": value} for name, value in timing.items()],
        }},
        apiServer={
            "certSANs": [*settings["tls-san"], "127.0.0.1"],
            "extraArgs": [{"name": name, "value": value} for name, value in values.items()],
            "extraVolumes": [
                {"name": name, "hostPath": str(path), "mountPath": str(path), "readOnly": readonly,
                 "pathType": "DirectoryOrCreate"}
                for path, name, readonly in mounts
            ],
        },
    )  # fmt: skip
    kubelet = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "cgroupDriver": "systemd",
        "cgroupRoot": "/kubelet", "failSwapOn": False,
        "featureGates": {"KubeletInUserNamespace": prepared()["restricted"]},
    }  # fmt: skip
    proxy = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
        "conntrack": {"maxPerCore": 0},
    }  # fmt: skip
    kubeadm("init", registration(settings, init), cluster, kubelet, proxy)
    private(SERVER / "token", f"K10{authority()}::server:{password}\n")
    private(SERVER / "agent-token", f"K10{authority()}::node:{agents}\n")


def join(settings, servers_password):
    """Join, as a server if there is a servers' password."""
    hashed = Path(settings["token-file"]).read_text().removeprefix("K10").partition("::")[0]
    joined = document(
        "JoinConfiguration",
        discovery={"bootstrapToken": {
            "apiServerEndpoint": settings["server"].removeprefix("https://"),
            "token": bootstrap_token(password_of(settings)),
            "caCertHashes": [f"sha256:{hashed}"],
        }},
    )  # fmt: skip
    if servers_password:
        prepare_server(settings, servers_password)
        joined["controlPlane"] = {
            "localAPIEndpoint": {"advertiseAddress": settings["node-ip"]},
            "certificateKey": digest("certificates", servers_password).hexdigest(),
        }
    kubeadm("join", registration(settings, joined))


def leave_kubeconfig():
    """The administrator's kubeconfig, which K3s writes for its own machine."""
    found = yaml.safe_load((KUBERNETES / "admin.conf").read_text())
    found["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:6443"
    private(CONFIG / "k3s.yaml", yaml.safe_dump(found))


# etcd


def keep_members():
    """Have a service take the members of deleted nodes out of etcd, as every server of K3s does."""
    unit = f"""
[Service]
ExecStart={sys.argv[0]} members
Restart=always
[Install]
WantedBy=multi-user.target
"""
    Path("/etc/systemd/system/stand-in-members.service").write_text(unit)
    run("systemctl", "enable", "--now", "stand-in-members.service")


def remove_members():
    """Take members out whose nodes are gone; those of joining machines are members before they are nodes."""
    seen = set()
    while True:
        with contextlib.suppress(subprocess.CalledProcessError):
            nodes = set(kubectl("get", "nodes", "--output", "name").decode().split())
            seen |= nodes
            for member in json.loads(etcdctl("member", "list", "--write-out", "json"))["members"]:
                if f"node/{member.get('name')}" in seen - nodes:
                    etcdctl("member", "remove", f"{member['ID']:x}")
        time.sleep(5)


def kubectl(*arguments):
    """What kubectl prints."""
    return output("k3s", "kubectl", "--request-timeout=20s", *arguments)


def etcdctl(*arguments):
    """What etcdctl prints, run by the member of this machine."""
    pki = KUBERNETES / "pki" / "etcd"
    files = [f"--cacert={pki}/ca.crt", f"--cert={pki}/server.crt", f"--key={pki}/server.key"]
    pod = f"etcd-{configuration()['node-name']}"
    return kubectl("--namespace=kube-system", "exec", pod, "--", "etcdctl", *files, *arguments)


if sys.argv[1] == "members":
    remove_members()
else:
    main()
