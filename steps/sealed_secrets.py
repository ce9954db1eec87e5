"""The Sealed Secrets controller: its keys and certificate, what it unseals, and rotated values."""

import json
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import is_ready
from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.drivers.secrets import recreated_secrets, sealed_secret_status, sealing, sealing_keys
from acceptance.drivers.secrets.connection_urls import unlike_their_url
from acceptance.platform.secrets import KEYS, NAMESPACE, read_secret


@given("the Sealed Secrets controller runs")
def controller_runs(sealed_secrets, cluster):
    pods = cluster.core.list_namespaced_pod(NAMESPACE, label_selector="app=sealed-secrets").items
    sick = [pod.metadata.name for pod in pods if not is_ready(pod)]
    assert pods and not sick, (
        f"expected the controller's pods in {NAMESPACE} Ready, saw {len(pods)}, not Ready {sick}. Try: {sealing.LOGS}"
    )


@then("its newest key is an RSA private key in a Secret in its own namespace")
def newest_key(sealed_secrets, evidence):
    newest = sealing_keys.newest_key(sealed_secrets)
    key = sealing_keys.private_key(newest)
    made = newest.metadata.creation_timestamp
    evidence.add("newest key", {"secret": newest.metadata.name, "bits": key.key_size, "made": made})
    assert isinstance(key, rsa.RSAPrivateKey), (
        f"expected an RSA key in the Secret {newest.metadata.name}, saw {type(key).__name__}"
    )


@then("each of its keys is an RSA private key with a matching certificate")
def each_key(sealed_secrets):
    wrong = sealing_keys.wrong_keys(sealed_secrets)
    assert not wrong, f"expected RSA keys of {sealing_keys.KEY_BITS} bits or more with their certificates, saw {wrong}"


@then("no other namespace has a copy of any of these keys")
def no_copies(sealed_secrets):
    found = sealing_keys.copies_of_keys(sealed_secrets)
    assert not found, f"expected private keys in {NAMESPACE} only, saw {found}. Try: kubectl delete, and a new key"


@when("kubeseal fetches the certificate", target_fixture="fetched")
def fetch_certificate(sealed_secrets, evidence):
    pem = sealing_keys.fetch_certificate(sealed_secrets)
    evidence.add("kubeseal --fetch-cert", pem)
    return x509.load_pem_x509_certificate(pem.encode())


@then("it is currently valid and belongs to one of the controller's keys")
def fetched_is_valid(sealed_secrets, fetched):
    lasts = f"from {fetched.not_valid_before_utc} to {fetched.not_valid_after_utc}"
    assert sealing_keys.is_valid_now(fetched), f"expected a certificate that is valid now, saw one {lasts}"
    belongs = sealing_keys.public_bytes(fetched.public_key()) in sealing_keys.public_keys(sealed_secrets)
    assert belongs, (
        "expected the certificate that kubeseal fetched to belong to a key that the controller loads at its start"
    )


@then("it can be used for sealing for another month")
def fetched_lasts(fetched):
    until, days = fetched.not_valid_after_utc, sealing_keys.LASTS.days
    assert sealing_keys.lasts(fetched), (
        f"expected a certificate that is valid for {days} more days, but it expires at {until}"
    )


@when("a Secret with unique values, a type and a label is sealed and applied", target_fixture="sealed")
def seal_one(sealed_secrets, namespace):
    return sealing.seal_and_apply(sealed_secrets, namespace, "sealed", sealing.values_of_all_kinds(), **sealing.TYPED)


@then("a Secret of that name has these and is owned by the SealedSecret")
def secret_belongs(cluster, namespace, sealed, evidence):
    evidence.add("SealedSecret", json.dumps(sealed, indent=2))
    owners = sealed_secret_status.owners_of(cluster, "sealed", namespace.name)
    assert owners == [("SealedSecret", "sealed")], (
        f"expected the Secret sealed in {namespace.name} to be owned by its SealedSecret, saw the owners {owners}"
    )
    other = sealed_secret_status.unlike_sealed(cluster, "sealed", namespace.name)
    assert not other, f"expected the Secret sealed in {namespace.name} as it was sealed, but {other}. {sealing.LOGS}"


@then("the same SealedSecret under another name is rejected")
def other_name_refused(namespace, sealed):
    sealing.wait_refused_under_other_name(namespace, sealed)


@then("that Secret is made again with the same value after it was deleted")
def secret_comes_back(namespace, sealed, evidence):
    evidence.add("uid of the Secret that was made again", recreated_secrets.delete_and_wait(namespace, "sealed"))


@then("each SealedSecret of the platform is unsealed, and only under its own name")
def each_unsealed(platform_secrets, cluster, evidence):
    seen = sealed_secret_status.states_of_sealed(cluster)
    evidence.add("SealedSecrets", seen)
    wrong = {name: state for name, state in seen.items() if state != "unsealed"}
    assert seen and not wrong, f"expected each SealedSecret unsealed, saw {wrong or 'none'}. Try: {sealing.LOGS}"


@then("the API server would admit one more SealedSecret and its Secret beside the services")
def another_admitted(sealed_secrets, cluster):
    refused = sealed_secret_status.new_secret_refused(cluster)
    assert not refused, (
        f"expected another SealedSecret and its Secret to be admitted, saw {refused}. Try: kubectl describe quota"
    )


@then("a password beside a connection URL is the one in that URL, in each Secret of the platform")
def passwords_agree(cluster):
    values = {name: read_secret(cluster, name, "default") or {} for name in KEYS}
    found = [f"{name}: {text}" for name, seen in values.items() for text in unlike_their_url(seen)]
    hint = "Whoever takes the one key cannot log in with the other. Try: seal both keys again"
    assert not found, f"expected one password in each Secret, but in {'; '.join(found)}. {hint}"


@then("each Secret has the values of its SealedSecret")
def each_matches(sealed_secrets, tmp_path):
    wrong = sealed_secret_status.with_other_values(sealed_secrets, tmp_path)
    assert not wrong, (
        f"expected SealedSecrets with the values of their Secrets, but {wrong} have others. Try: {sealing.LOGS}"
    )


@then(
    parsers.parse('the SealedSecret "{name}" in Git became a Secret with the same value under "{key}"'),
    target_fixture="unsealed_value",
)
def became_secret(sealed_secrets, repository, name, key, tmp_path, evidence):
    seen = sealed_secret_status.unsealed_as_in_git(sealed_secrets, repository, name, tmp_path)
    evidence.add("Secret", {"name": name, "keys": sorted(seen), "owner": f"SealedSecret/{name}"})
    assert seen.get(key), f"expected a value under {key} of the Secret {name}, saw the keys {sorted(seen)}"
    return seen[key]


@then("that value is a PostgreSQL connection URL")
def is_database_address(unsealed_value):
    address = urllib.parse.urlparse(unsealed_value)
    assert address.scheme in ("postgres", "postgresql"), (
        f"expected a PostgreSQL URL in the Secret, saw the scheme {address.scheme!r}"
    )
    whole = address.hostname and address.username and address.password and address.path.strip("/")
    assert whole, "expected host, user, password and database in the URL in the Secret, but at least one is missing"


@then(parsers.parse('a password beside it in "{name}" is the one in that URL'))
def password_is_the_urls(cluster, name):
    found = unlike_their_url(read_secret(cluster, name, "default") or {})
    hint = "The database gives its role that password at its next sync. Try: seal both keys again"
    assert not found, f"expected one password in the Secret {name}, but {'; '.join(found)}. {hint}"


@given("a Deployment whose pod takes a value from a sealed Secret", target_fixture="rotation")
def deployment_with_secret(sealed_secrets, namespace):
    value = sealing.seal_new_value(sealed_secrets, namespace)
    sealing.deploy_user_of_secret(namespace, value)
    return value


@when("another value is sealed and applied", target_fixture="value_after")
def rotate(sealed_secrets, namespace, rotation):
    return sealing.seal_new_value(sealed_secrets, namespace)


@then("the Secret has the new value and the running pod still has the old one")
def not_before_restart(cluster, namespace, rotation, value_after):
    now = (read_secret(cluster, sealing.USED, namespace.name) or {}).get("VALUE")
    assert now == value_after, f"expected the new value in the Secret {sealing.USED} in {namespace.name}, saw another"
    sealing.wait_kept(namespace, rotation)


@when("the Deployment is restarted")
def restart(cluster, namespace):
    cluster.kubectl("-n", namespace.name, "rollout", "restart", "deployment/rotated")


@then("its pod has the new value")
def after_restart(namespace, rotation, value_after):
    def renewed():
        seen = sealing.value_in_pod(namespace)
        assert seen == value_after, "the pod has the old value" if seen == rotation else "the pod has another value"
        return True

    hint = f"kubectl -n {namespace.name} rollout status deployment/rotated"
    eventually(renewed, within=POD_READY, what="the pod to have the new value", hint=hint)


@then("no Secret or workload of the platform would block a rotated value")
def lets_through(cluster, platform_secrets):
    found = "; ".join(sealed_secret_status.out_of_reach(cluster))
    assert not found, (
        f"expected a rotated value to reach every pod after a restart, but {found}. {sealed_secret_status.TRY}"
    )
