"""A Secret made from a SealedSecret that somebody deletes comes back: Git still says that it exists. Source: 5.3."""

from __future__ import annotations

from acceptance.base.deadlines import UNSEALED
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.secrets.sealing import LOGS
from acceptance.platform.secrets import read_secret


def delete_and_wait(namespace: Namespace, name: str) -> str:
    """Delete a scenario's own Secret; wait until another one has its values. Return its uid. Raises TimedOut."""
    core = namespace.cluster.core
    before = core.read_namespaced_secret(name, namespace.name).metadata.uid
    values = read_secret(namespace.cluster, name, namespace.name)
    core.delete_namespaced_secret(name, namespace.name)

    def is_back() -> str:
        # A Secret that is not there is a 404, which is waited for, too.
        uid = str(core.read_namespaced_secret(name, namespace.name).metadata.uid)
        assert uid != before, f"the Secret {name} in {namespace.name} was not deleted"
        assert read_secret(namespace.cluster, name, namespace.name) == values, f"the Secret {name} has other values"
        return uid

    what = f"the deleted Secret {name} in {namespace.name} to be made again from its SealedSecret"
    return eventually(is_back, within=UNSEALED, what=what, hint=LOGS)
