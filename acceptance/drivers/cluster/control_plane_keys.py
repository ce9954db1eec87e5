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
CONFIGS = ("scheduler.conf", "controller-manager.conf", "kubelet.conf")
"""The kubeconfigs of what runs on each control plane; administrators' may be on some alone, or nowhere."""
LOOK = (
    f"cd {PKI} 2>/dev/null || exit 0; "
    "find -L . -type f -size +0 \\( -name '*.crt' -o -name '*.key' -o -name '*.pub' \\) 2>/dev/null | "
    "sed 's#^[.]/#has #'; "
    f"for file in {' '.join(CONFIGS)}; do if [ -s ../$file ]; then echo has $file; fi; done; "
    f"for file in {' '.join(SHARED)}; do "
    'if [ -e $file ]; then echo "shared $file $(sha256sum <$file | cut -d" " -f1)"; fi; done; '
    f"for pair in {' '.join(f'{name}:{authority}' for name, authority in SIGNED.items())}; do "
    "name=${pair%:*}; if [ -e $name.crt ] && [ -e ${pair#*:}.crt ]; then "
    # The days that are left are judged elsewhere.
    "openssl verify -no_check_time -CAfile ${pair#*:}.crt $name.crt >/dev/null 2>&1 || echo unsigned $name.crt; "
    '[ "$(openssl x509 -in $name.crt -noout -pubkey 2>&1)" = "$(openssl pkey -in $name.key -pubout 2>&1)" ] || '
    "echo unpaired $name.key $name.crt; fi; done; "
    # An authority that is being replaced has several certificates, and one key.
    f"for name in {' '.join(sorted({*SIGNED.values()}))}; do "
    'if [ -e $name.key ] && [ "$(grep -c -e "-BEGIN" $name.crt 2>/dev/null)" = 1 ]; then '
    '[ "$(openssl x509 -in $name.crt -noout -pubkey 2>&1)" = "$(openssl pkey -in $name.key -pubout 2>&1)" ] || '
    "echo unpaired $name.key $name.crt; fi; done; "
    "if [ -e sa.key ] && [ -e sa.pub ]; then "
    '[ "$(openssl pkey -in sa.key -pubout 2>&1)" = "$(openssl pkey -pubin -in sa.pub -pubout 2>&1)" ] || '
    "echo unpaired sa.key sa.pub; fi"
)
"""Prints `has FILE` for each key, certificate and kubeconfig that is not empty, `shared FILE SHA256` for each file that
is the same everywhere, `unsigned FILE` and `unpaired KEY FILE`; nothing where kubeadm's folder is not."""


def mismatched(cluster: Cluster) -> list[str]:
    """The keys and certificates of control planes that do not fit, in words. Raises Unverifiable without machines."""
    servers = cluster.outputs.control_planes
    return in_words({item.name: cluster.on_node(item.name, "sh", "-c", LOOK, check=False) for item in servers})


def in_words(printed: Mapping[str, str]) -> list[str]:
    """The same, from what LOOK prints on each control plane."""
    found: list[str] = []
    shared: dict[str, dict[str, str]] = {}
    files: dict[str, set[str]] = {name: set() for name in printed}
    for name, text in printed.items():
        for kind, *words in (line.split() for line in text.splitlines() if line.strip()):
            if kind == "shared" and len(words) == 2:
                shared.setdefault(words[0], {})[name] = words[1]
            if kind == "has":
                files[name].update(words)
            found += sentence(kind, words, name)
    found += lacking(files)
    return found + [f"{file} is another one on {odd(sums)}" for file, sums in shared.items() if odd(sums)]


def lacking(files: Mapping[str, set[str]]) -> list[str]:
    """The files that most control planes have and others lack, in words; `files`: their names by machine.

    An authority's key that one machine alone has, or a copy that somebody made, is no file that the others lack.
    """
    common = {name for names in files.values() for name in names}
    missing = {name: sorted(machine for machine, names in files.items() if name not in names) for name in common}
    return [
        f"{name} is gone or empty on {', '.join(machines)}"
        for name, machines in sorted(missing.items())
        if machines and 2 * len(machines) < len(files)
    ]


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
