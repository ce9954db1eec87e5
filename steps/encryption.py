"""Encryption of Secrets in etcd. Source: plan 27.2."""

from pytest_bdd import given, then, when

from acceptance.base.deadlines import REPLICATED
from acceptance.base.waiting import eventually
from acceptance.drivers.cluster import unread_files
from acceptance.drivers.cluster.etcd import snapshot, stored, ways_of_storing
from acceptance.drivers.security.encryption_at_rest import MarkedSecret, key_files, predictable_keys


@given("a ConfigMap, and one Secret written by each API server, each with a unique value", target_fixture="marked")
def config_map_and_secrets(namespace, outputs):
    return MarkedSecret(namespace, outputs.control_planes).write()


@when("a snapshot of etcd is taken", target_fixture="searched")
def take_snapshot(cluster, marked):
    # The snapshot has what its member has: a member may lag a moment behind what the API acknowledged.
    eventually(marked.is_held, within=REPLICATED, what="etcd to hold what was written")
    with snapshot(cluster) as taken:
        yield taken


@then("it contains the ConfigMap's value in plain text, but no Secret's value")
def secrets_not_in_clear(marked, searched, evidence):
    marked.found_in(searched)
    clear = [name for name, value in marked.hidden.items() if searched.has_in_any_form(value)]
    evidence.add("searched in the snapshot", {"Secrets": sorted(marked.hidden), "in clear": clear})
    assert not clear, f"expected encrypted Secrets in the snapshot of etcd, but the values of {clear} are in clear text"


@then("each API server can read what the others wrote")
def servers_read_each_other(marked):
    wrong = marked.unreadable()
    assert not wrong, (
        f"expected each API server to return each Secret as another one wrote it, but these differ: {wrong}"
    )


@then("every Secret of the cluster is encrypted in etcd")
def all_secrets_encrypted(cluster, evidence):
    values = stored(cluster, "/registry/secrets/")
    ways = ways_of_storing(values)
    counted = {way: list(ways.values()).count(way) for way in {*ways.values()}}
    evidence.add("Secrets by the way they are stored", counted)
    clear = sorted(set(values) - set(ways))
    assert values and not clear, (
        f"expected every Secret encrypted in etcd, but {len(clear)} of {len(values)} are not: {clear[:10]}"
    )


@then("no API server takes a predictable key")
def keys_are_random(namespace, outputs):
    found = predictable_keys(namespace, outputs)
    assert not found, f"expected random encryption keys, saw these, by API server: {found}"


@then("all API servers have the same key, in a file that only root can read")
def key_is_private(namespace, outputs, evidence):
    seen = key_files(namespace, outputs)
    evidence.add("path, mode and folder's mode", {name: (f.path, f.mode, f.folder_mode) for name, f in seen.items()})
    open_files = [name for name, file in seen.items() if not file.is_private]
    assert not open_files, f"expected mode 600 of each encryption key file and 700 of its folder, saw {open_files}"
    digests = {file.digest for file in seen.values()}
    assert len(digests) == 1, (
        f"expected one key on all API servers, saw {len(digests)}: one cannot read what another wrote"
    )


@then("no API server was started before its file with the key changed")
def key_was_read(cluster):
    found = unread_files.key_files(cluster)
    hint = "Try there: put the old key back, beside the new one, before any API server is started again"
    assert not found, f"expected API servers with the keys of their files, but {'; '.join(found)}. {hint}"
