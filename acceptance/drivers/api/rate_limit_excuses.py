"""Requests that a rate limit may wrongly excuse: for what their headers claim, or because they name no client.

Source: 8.10.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

from acceptance.base.deadlines import HEALTHY_AGAIN
from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import eventually
from acceptance.drivers.api.identity_headers import trusted_senders
from acceptance.drivers.api.rate_limits import RateClient
from acceptance.drivers.services.service import Api
from acceptance.drivers.workloads.pods import PodClient

INSIDE = {"X-Internal": "true", "X-Internal-Request": "true"}
"""Headers that only clients inside the cluster might be believed; Traefik passes them on from outside."""


def excuses(site: str) -> dict[str, str]:
    """Headers that any client can send, and that do not excuse it from the limit; `site`: the site's own host name.

    The token in Authorization is nobody's.
    """
    return {**trusted_senders(site), "Authorization": f"Bearer {secrets.token_urlsafe(24)}"}


def call_with_excuses(client: RateClient, site: str) -> int:
    """The status of one call of a client that sends all of these headers at once.

    Those of INSIDE only where it is told apart by a header, since it is outside the cluster then.
    """
    return client.call({**excuses(site), **(INSIDE if client.headers else {})})


@contextlib.contextmanager
def nameless_client(settings: ServiceSettings, client: PodClient, auth: tuple[str, int]) -> Iterator[RateClient]:
    """A client in a pod of its own that calls auth's Service and names itself by no header.

    Auth can tell it apart by its address only, or takes all such clients for one. Its counter by address and the pod
    are removed at the end of the block.
    """
    pod = PodClient(client.namespace, f"nameless-{secrets.token_hex(3)}")
    try:
        api = Api(pod.way_to(*auth))
        # Network policies know a new pod a moment later than the pod itself.
        eventually(lambda: api.get(settings.auth_health_path), within=HEALTHY_AGAIN, what="an answer to a new pod")
        caller = RateClient(api, settings, client, pod.address(), by_header=False)
        yield caller
        caller.clear()
    finally:
        pod.close()
        pod.delete()
