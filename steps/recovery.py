"""Destruction and recreation of the platform from its backups. Source: task 24."""

import time

from pytest_bdd import given, then, when

from acceptance.drivers.operations import recovery
from acceptance.platform.applications import APPLICATIONS


@given("the platform answers over HTTPS and its database holds a row", target_fixture="backup")
def platform_with_row(
    platform, cluster, environment, routes, repository, backend_service, frontend_service, auth_service, tmp_path
):
    recovery.wait_all_answer(platform, environment)
    backup = recovery.Backup(tmp_path)
    recovery.write_row(cluster, backup.row)
    return backup


@when("etcd, the sealing keys, the Git repository and the database are backed up")
def back_up(backup, cluster, repository, evidence):
    with backup.timed("backup"):
        evidence.add("backups, in bytes", recovery.back_up(backup, cluster, repository))


@when("the infrastructure is destroyed and nothing is left behind")
def destroy(backup, platform, infrastructure):
    with backup.timed("destroy"):
        found = recovery.destroy(platform, infrastructure)
    assert not found, f"expected destroy to leave nothing behind, saw {found}. Try: make down"


@when("the infrastructure is created again")
def create_again(backup, platform, infrastructure, images, run):
    with backup.timed("create"):
        backup.again = recovery.create_again(platform, infrastructure, images, run)


@when("the sealing keys are restored before the controller starts, and the repository is restored from its bundle")
def restore(backup):
    recovery.restore_keys_and_repository(backup)


@then("the SealedSecrets in that repository are unsealed to their previous values")
def old_values(backup):
    recovery.wait_old_values(backup)


@then("the platform's five Applications are Synced and Healthy again")
def applications_again(backup, evidence):
    for name in APPLICATIONS:
        recovery.wait_well(backup.platform, name)
    head = recovery.head_of(backup.platform)
    evidence.add("commit", head)
    assert head == backup.head, f"expected the repository at its bundle's commit {backup.head[:8]}, saw {head[:8]}"


@then("every service answers over HTTPS")
def answers_again(backup, environment, evidence):
    backup.platform.get("routes")
    recovery.wait_all_answer(backup.platform, environment)
    backup.times["all of it"] = round(time.monotonic() - backup.began, 1)
    evidence.add("seconds", backup.times)


@then("the row is restored from the database's backup")
def row_again(backup):
    seen = recovery.row_of_backup(backup)
    assert seen == [backup.row], f"expected the row {backup.row} in {recovery.TABLE} after the restore, saw {seen}"


@then("the etcd backup can be restored and contains an object")
def etcd_opens(backup, images, evidence):
    found = recovery.open_etcd_backup(backup.folder, images.tag(images.lock["etcd"]))
    evidence.add("kube-system in the backup", {"count": found.get("count"), "revision": found["header"]["revision"]})
    assert found.get("count") == 1, f"expected the namespace kube-system in the backup of etcd, saw {found}"
