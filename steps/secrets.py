"""Sealed Secrets: keys, certificates, sealed values and the pods that use them."""

import base64
import datetime
import json
import secrets
import urllib.parse

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import is_ready
from acceptance.base.errors import UserError
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import POD_READY, UNSEALED, eventually
from acceptance.cluster.manifests import apply, documents, secret_manifest
from acceptance.cluster.probe import pod_spec, probe_container
from acceptance.platform.secrets import CONTROLLER, KEY_LABEL, NAMESPACE, read_secret

LOGS = f"kubectl -n {NAMESPACE} logs deploy/{CONTROLLER}"
SCAN_SIZE = 1_000_000
"""Largest file of the repository that is searched for secrets, in bytes; larger ones are an error."""


@given("the Sealed Secrets controller runs")
def controller_runs(sealed_secrets, cluster):
    pods = cluster.core.list_namespaced_pod(NAMESPACE, label_selector="app=sealed-secrets").items
    assert any(is_ready(pod) for pod in pods), f"expected a Ready controller pod, saw {len(pods)} pods. Try: {LOGS}"


def public_bytes(key):
    """A public key in a form that can be compared."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@then("its newest key is an RSA private key in a Secret of its own namespace", target_fixture="newest_key")
def newest_key(sealed_secrets, evidence):
    found = sealed_secrets.key_secrets()
    assert found, f"no Secret in {NAMESPACE} has the label {KEY_LABEL}. Try: {LOGS}"
    newest = max(found, key=lambda item: item.metadata.creation_timestamp)
    key = serialization.load_pem_private_key(base64.b64decode(newest.data["tls.key"]), password=None)
    assert isinstance(key, rsa.RSAPrivateKey), f"expected an RSA key, saw {type(key).__name__}"
    evidence.add(
        "key", {"secret": newest.metadata.name, "bits": key.key_size, "made": newest.metadata.creation_timestamp}
    )
    assert key.key_size >= 2048, f"expected 2048 bits or more, saw {key.key_size}"
    return newest


@then("the certificate beside it belongs to that key")
def certificate_belongs(newest_key):
    key = serialization.load_pem_private_key(base64.b64decode(newest_key.data["tls.key"]), password=None)
    certificate = x509.load_pem_x509_certificate(base64.b64decode(newest_key.data["tls.crt"]))
    assert public_bytes(certificate.public_key()) == public_bytes(key.public_key()), "the certificate has another key"


@when("kubeseal fetches the certificate", target_fixture="fetched")
def fetch_certificate(sealed_secrets, evidence):
    try:
        pem = sealed_secrets.certificate()
    except UserError as error:
        said = error.problem.splitlines()[-1].strip()
        hint = "kubectl -n sealed-secrets get endpointslices,pods"
        raise AssertionError(f"expected the certificate; kubeseal said {said!r}. Try: {hint}") from error
    evidence.add("kubeseal --fetch-cert", pem)
    return x509.load_pem_x509_certificate(pem.encode())


@then("it is valid now and belongs to a key that the controller keeps")
def fetched_is_valid(sealed_secrets, fetched):
    now = datetime.datetime.now(datetime.UTC)
    assert fetched.not_valid_before_utc <= now <= fetched.not_valid_after_utc, (
        f"valid from {fetched.not_valid_before_utc} to {fetched.not_valid_after_utc}, now is {now}"
    )
    kept = [
        serialization.load_pem_private_key(base64.b64decode(item.data["tls.key"]), password=None).public_key()
        for item in sealed_secrets.key_secrets()
    ]
    assert public_bytes(fetched.public_key()) in [public_bytes(key) for key in kept], (
        "the certificate that kubeseal fetched belongs to none of the controller's keys"
    )


def synced_condition(cluster, namespace, name):
    """The condition of a SealedSecret that says whether it was unsealed; empty while there is none."""
    found = cluster.custom.get_namespaced_custom_object(
        "bitnami.com", "v1alpha1", namespace.name, "sealedsecrets", name
    )
    conditions = found.get("status", {}).get("conditions", [])
    return next((item for item in conditions if item["type"] == "Synced"), {})


def seal_and_apply(sealed_secrets, cluster, namespace, name, values):
    """Seal a Secret, apply it, and wait until it is unsealed; return the SealedSecret."""
    for value in values.values():
        register_secret(value)
    sealed = sealed_secrets.seal(secret_manifest(name, namespace.name, values))
    apply(cluster, [sealed])

    def unsealed():
        seen = read_secret(cluster, name, namespace.name)
        said = "" if seen else synced_condition(cluster, namespace, name).get("message", "nothing")
        assert seen is not None, f"there is no Secret {name}; the controller says of it: {said}"
        assert seen == values, f"the Secret {name} has other values"
        return True

    hint = f"kubectl -n {namespace.name} describe sealedsecret {name}; {LOGS}"
    eventually(unsealed, within=UNSEALED, what=f"the SealedSecret {name} unsealed", hint=hint)
    return sealed


@when("a Secret with a value of its own is sealed and applied", target_fixture="sealed")
def seal_one(sealed_secrets, cluster, namespace):
    values = {"VALUE": secrets.token_urlsafe(24)}
    return seal_and_apply(sealed_secrets, cluster, namespace, "sealed", values)


@then("a Secret of that name holds that value and belongs to the SealedSecret")
def secret_belongs(cluster, namespace, sealed, evidence):
    owners = cluster.core.read_namespaced_secret("sealed", namespace.name).metadata.owner_references or []
    assert [(owner.kind, owner.name) for owner in owners] == [("SealedSecret", "sealed")], f"its owners are {owners}"
    evidence.add("SealedSecret", json.dumps(sealed, indent=2))


@then("the same SealedSecret under another name is refused")
def other_name_refused(cluster, namespace, sealed):
    stolen = json.loads(json.dumps(sealed))
    for metadata in (stolen["metadata"], stolen["spec"]["template"]["metadata"]):
        metadata["name"] = "stolen"
    apply(cluster, [stolen])

    def refused():
        synced = synced_condition(cluster, namespace, "stolen")
        assert synced.get("status") == "False", f"its condition Synced is {synced or 'not there'}"
        return True

    eventually(refused, within=UNSEALED, what="the SealedSecret refused under another name", hint=LOGS)
    assert read_secret(cluster, "stolen", namespace.name) is None, "a SealedSecret was unsealed under another name"


@given("every version of every file in the platform's repository", target_fixture="versions")
def every_version(repository, evidence):
    repository.fetch()
    found = {}
    objects = repository.git("rev-list", "--objects", "--all", "FETCH_HEAD")
    # An object's path comes back behind what is said of it.
    about = repository.git("cat-file", "--batch-check=%(objecttype) %(objectsize) %(objectname) %(rest)", stdin=objects)
    for line in about.splitlines():
        kind, size, identity, path = (line + " ").split(" ", 3)
        if kind == "blob" and (path := path.strip()):
            assert int(size) <= SCAN_SIZE, f"{path} has {size} bytes, more than is searched for secrets"
            found[identity, path] = repository.git("cat-file", "blob", identity)
    evidence.add(
        "files in Git", {"versions of files": len(found), "sealed": sorted(p for _, p in found if "secrets/" in p)}
    )
    assert found, "the platform's repository is empty"
    return found


@then("none of them is a Secret or holds a secret value")
def no_secret_in_git(versions, platform_secrets):
    values = {
        f"{name}/{key}": value
        for name, keys in platform_secrets.values.items()
        for key, value in keys.items()
        if key != "POSTGRES_USER"
    }
    for (identity, path), text in versions.items():
        for label, value in values.items():
            encoded = base64.b64encode(value.encode()).decode()
            assert value not in text and encoded not in text, (
                f"{path} (blob {identity[:10]}) holds the value of {label}. Try: git log --all -- {path}; rotate it"
            )
        if path.endswith((".yaml", ".yml")):
            for document in documents(text):
                kind = document.get("kind") if isinstance(document, dict) else None
                filled = kind == "Secret" and (document.get("data") or document.get("stringData"))
                assert not filled, (
                    f"{path} (blob {identity[:10]}) is a Secret in clear. Try: git log --all -- {path}; "
                    "seal it with kubeseal, and rotate its values"
                )


def sealed_in_git(repository):
    """The SealedSecrets that Git carries now, by path."""
    repository.fetch()
    folder = repository.folder
    return {str(path.relative_to(folder)): path.read_text() for path in sorted((folder / "k8s/secrets").glob("*.yaml"))}


def unseal(sealed_secrets, text, key_pem, folder):
    """What kubeseal makes of a SealedSecret offline with a private key; raises UserError if it cannot."""
    path = folder / "sealed.yaml"
    path.write_text(text)
    # The key goes by standard input: it touches no disk.
    opened = sealed_secrets.kubeseal(
        "--recovery-unseal", "--recovery-private-key", "/dev/stdin", "--secret-file", str(path),
        "--format", "json", stdin=key_pem,
    )  # fmt: skip
    return {key: base64.b64decode(value).decode() for key, value in json.loads(opened)["data"].items()}


def cluster_keys(sealed_secrets):
    """All keys that the controller keeps, in the form of its backup (task 24.2): it may have renewed its key."""
    secrets_ = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": item.metadata.name},
            "type": item.type,
            "data": item.data,
        }
        for item in sealed_secrets.key_secrets()
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": secrets_})


def open_with_own_key(sealed_secrets, what, text, folder):
    """What a SealedSecret opens to with the keys that the controller keeps. Raises AssertionError if it does not."""
    try:
        return unseal(sealed_secrets, text, cluster_keys(sealed_secrets), folder)
    except UserError as error:
        said = error.problem.splitlines()[-1].strip()
        raise AssertionError(
            f"{what} does not open with any of the controller's {len(sealed_secrets.key_secrets())} keys: {said}. "
            "Try: make restore-keys, or seal its values anew"
        ) from error


@then("each sealed value opens with the cluster's key")
def opens_with_key(sealed_secrets, repository, platform_secrets, tmp_path):
    manifests = sealed_in_git(repository)
    assert manifests, "Git carries no SealedSecret below k8s/secrets/"
    for path, text in manifests.items():
        name = yaml.safe_load(text)["metadata"]["name"]
        opened = open_with_own_key(sealed_secrets, path, text, tmp_path)
        assert opened == platform_secrets.values[name], f"{path} opens, but to other values than the Secret has"


@then("none opens without a key or with the key of another cluster")
def does_not_open(sealed_secrets, repository, tmp_path, evidence):
    other = rsa.generate_private_key(public_exponent=65537, key_size=4096).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    refusals = {}
    for path, text in sealed_in_git(repository).items():
        for what, key in (("no key", ""), ("another cluster's key", other.decode())):
            try:
                unseal(sealed_secrets, text, key, tmp_path)
            except UserError as error:
                refusals[f"{path} with {what}"] = error.problem.splitlines()[-1].strip()
            else:
                raise AssertionError(f"{path} opens with {what}")
    evidence.add("refusals", refusals)


@given("a sealed Secret in the cluster", target_fixture="value")
def sealed_secret(sealed_secrets, cluster, namespace):
    value = secrets.token_urlsafe(24)
    seal_and_apply(sealed_secrets, cluster, namespace, "used", {"VALUE": value})
    return value


FROM_SECRET = [{"name": "VALUE", "valueFrom": {"secretKeyRef": {"name": "used", "key": "VALUE"}}}]


@when("a pod takes its value as an environment variable and as a file")
def pod_takes_value(namespace, value):
    mounts = [{"name": "secret", "mountPath": "/etc/secret", "readOnly": True}]
    volumes = [{"name": "secret", "secret": {"secretName": "used"}}]
    namespace.run_pod("user", container={"env": FROM_SECRET, "volumeMounts": mounts}, volumes=volumes)


@then("the pod sees the value both ways")
def pod_sees_value(namespace, value):
    for way, command in (("variable", ("env", "VALUE")), ("file", ("read", "/etc/secret/VALUE"))):
        assert namespace.execute("user", "/probe", *command) == value, f"the pod sees another value as {way}"


@then(
    parsers.parse('Git\'s SealedSecret "{name}" became a Secret with the same value under "{key}"'),
    target_fixture="unsealed_value",
)
def became_secret(sealed_secrets, repository, cluster, name, key, tmp_path, evidence):
    text = repository.read(f"k8s/secrets/{name}.yaml")
    opened = open_with_own_key(sealed_secrets, name, text, tmp_path)
    seen = read_secret(cluster, name, "default")
    assert seen is not None, f"there is no Secret {name}. Try: kubectl describe sealedsecret {name}; {LOGS}"
    assert key in seen, f"expected the Secret {name} to have the key {key}, it has {sorted(seen)}"
    assert seen[key], f"{key} of the Secret {name} is empty"
    assert seen[key] == opened.get(key), f"{key} of the Secret {name} is not what Git's SealedSecret holds"
    owners = cluster.core.read_namespaced_secret(name, "default").metadata.owner_references or []
    assert [(owner.kind, owner.name) for owner in owners] == [("SealedSecret", name)], f"its owners are {owners}"
    evidence.add("Secret", {"name": name, "keys": sorted(seen), "owner": f"SealedSecret/{name}"})
    return seen[key]


@then("that value is the address of a PostgreSQL database")
def is_database_address(unsealed_value):
    address = urllib.parse.urlparse(unsealed_value)
    assert address.scheme in ("postgres", "postgresql"), f"its scheme is {address.scheme!r}"
    assert address.hostname and address.username and address.password and address.path.strip("/"), (
        "it lacks a host, user, password or database"
    )


@given("a Deployment whose pod takes a value from a sealed Secret", target_fixture="rotation")
def deployment_with_secret(sealed_secrets, cluster, namespace):
    value_before = secrets.token_urlsafe(24)
    seal_and_apply(sealed_secrets, cluster, namespace, "used", {"VALUE": value_before})
    labels = {"app": "rotated"}
    namespace.create({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "rotated"},
        "spec": {"selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels},
                              "spec": pod_spec(probe_container(env=FROM_SECRET))}},
    })  # fmt: skip
    eventually(lambda: value_in_pod(namespace) == value_before, within=POD_READY, what="the value in the pod")
    return value_before


def value_in_pod(namespace):
    """The value that the Deployment's pod has, once there is one, Ready."""
    pods = [pod for pod in namespace.pods("app=rotated") if pod.metadata.deletion_timestamp is None]
    ready = [pod.metadata.name for pod in pods if is_ready(pod)]
    assert len(ready) == len(pods) == 1, f"{len(ready)} of {len(pods)} pods Ready, expected one"
    return namespace.execute(ready[0], "/probe", "env", "VALUE")


@when("another value is sealed and applied", target_fixture="value_after")
def rotate(sealed_secrets, cluster, namespace, rotation):
    value = secrets.token_urlsafe(24)
    seal_and_apply(sealed_secrets, cluster, namespace, "used", {"VALUE": value})
    return value


@then("the Secret has the new value and the running pod still the old one")
def not_before_restart(cluster, namespace, rotation, value_after):
    assert (read_secret(cluster, "used", namespace.name) or {}).get("VALUE") == value_after
    assert value_in_pod(namespace) == rotation, "the running pod has another value than it was started with"


@when("the Deployment is restarted")
def restart(cluster, namespace):
    cluster.kubectl("-n", namespace.name, "rollout", "restart", "deployment/rotated")


@then("its pod has the new value")
def after_restart(namespace, rotation, value_after):
    def renewed():
        seen = value_in_pod(namespace)
        assert seen == value_after, "the pod has the old value" if seen == rotation else "the pod has another value"
        return True

    hint = f"kubectl -n {namespace.name} rollout status deployment/rotated"
    eventually(renewed, within=POD_READY, what="the new value in the pod", hint=hint)
