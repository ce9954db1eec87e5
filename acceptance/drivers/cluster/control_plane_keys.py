"""Keys and authorities that all control planes share, so that any of them can take over. Source: 2.8.

What one signs the others verify: tokens of accounts, machines' certificates, and requests to aggregated APIs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from acceptance.cluster.cluster import Cluster

PKI = "/etc/kubernetes/pki"
"""Where kubeadm keeps them; K3s has a folder of its own, and one process."""
SHARED = ("ca.crt", "front-proxy-ca.crt", "etcd/ca.crt", "sa.pub")
SIGNED = {
    "apiserver": "ca", "apiserver-kubelet-client": "ca", "apiserver-etcd-client": "etcd/ca", "etcd/server": "etcd/ca",
    "etcd/peer": "etcd/ca", "front-proxy-client": "front-proxy-ca",
}  # fmt: skip
"""Certificates of a control plane, and the authority of each. Source: Kubernetes, PKI certificates and requirements."""
LOOK = (
    f"cd {PKI} 2>/dev/null || exit 0; "
    f"for file in {' '.join(SHARED)}; do "
    'if [ -e $file ]; then echo "shared $file $(sha256sum <$file | cut -d" " -f1)"; fi; done; '
    f"for pair in {' '.join(f'{name}:{authority}' for name, authority in SIGNED.items())}; do "
    "name=${pair%:*}; if [ -e $name.crt ] && [ -e ${pair#*:}.crt ]; then "
    # The days that are left are judged elsewhere.
    "openssl verify -no_check_time -CAfile ${pair#*:}.crt $name.crt >/dev/null 2>&1 || echo unsigned $name.crt; "
    '[ "$(openssl x509 -in $name.crt -noout -pubkey 2>&1)" = "$(openssl pkey -in $name.key -pubout 2>&1)" ] || '
    "echo unpaired $name.key $name.crt; fi; done; "
    "if [ -e sa.key ] && [ -e sa.pub ]; then "
    '[ "$(openssl pkey -in sa.key -pubout 2>&1)" = "$(openssl pkey -pubin -in sa.pub -pubout 2>&1)" ] || '
    "echo unpaired sa.key sa.pub; fi"
)
"""Prints `shared FILE SHA256` for each file that is the same everywhere, `unsigned FILE` and `unpaired KEY FILE`."""


def mismatched(cluster: Cluster) -> list[str]:
    """The keys and certificates of control planes that do not fit, in words. Raises Unverifiable without machines."""
    servers = cluster.outputs.control_planes
    return in_words({item.name: cluster.on_node(item.name, "sh", "-c", LOOK, check=False) for item in servers})


def in_words(printed: Mapping[str, str]) -> list[str]:
    """The same, from what LOOK prints on each control plane."""
    found: list[str] = []
    shared: dict[str, dict[str, str]] = {}
    for name, text in printed.items():
        for kind, *words in (line.split() for line in text.splitlines() if line.strip()):
            if kind == "shared" and len(words) == 2:
                shared.setdefault(words[0], {})[name] = words[1]
            found += sentence(kind, words, name)
    return found + [f"{file} is another one on {odd(sums)}" for file, sums in shared.items() if odd(sums)]


def sentence(kind: str, words: Iterable[str], machine: str) -> list[str]:
    """What is wrong on one control plane, in words; nothing if the line says nothing wrong."""
    if kind == "unsigned":
        return [f"{' '.join(words)} of {machine} is not signed by its authority"]
    return [f"{' and '.join(words)} of {machine} are no pair"] if kind == "unpaired" else []


def odd(sums: Mapping[str, str]) -> list[str]:
    """The machines whose file is not the one that most of them have."""
    texts = [*sums.values()]
    usual = max(texts, key=texts.count)
    return sorted(name for name, text in sums.items() if text != usual)
