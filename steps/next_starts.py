"""What DNS and the pod network need for their next start. Source: 2.5."""

from pytest_bdd import then

from acceptance.base.deadlines import STANDS
from acceptance.base.waiting import eventually
from acceptance.drivers.cluster import system_rights, unread_settings
from acceptance.drivers.workloads import missing_references


@then("neither DNS nor the pod network has settings that the next start could not read")
def settings_can_be_read(cluster):
    found = unread_settings.broken(cluster) + unread_settings.led_elsewhere(cluster)
    found += unread_settings.unlike_proxies(cluster)
    hint = "Try: kubectl -n kube-system logs -l k8s-app=kube-dns; kubectl get configmaps -A"
    assert not found, f"expected settings that are read, but {'; '.join(found)}. {hint}"
    there = lambda: missing_references.all_there(cluster, missing_references.SYSTEM)  # noqa: E731
    eventually(there, within=STANDS, what="what new pods of DNS and of the pod network refer to", hint=hint)


@then("the accounts of DNS and of the pod network may ask the API for what their next start needs")
def starts_are_allowed(cluster):
    found = system_rights.refused_at_start(cluster)
    hint = "Try: kubectl get clusterrolebindings -o wide"
    assert not found, f"expected DNS and the pod network to be able to start again, but {'; '.join(found)}. {hint}"
