"""Requests that a rate limit may wrongly excuse: for what their headers claim, or because they name no client.

Source: 8.10.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import requests

from acceptance.base.deadlines import HEALTHY_AGAIN
from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import eventually
from acceptance.drivers.api.identity_headers import COOKIES, FLAGS, SOURCE, cookie_of, trusted_senders
from acceptance.drivers.api.path_variants import WITH_QUERY, exactly, spellings
from acceptance.drivers.api.rate_limits import RateClient
from acceptance.drivers.services.service import Api, in_words, shape
from acceptance.drivers.workloads.pods import PodClient

INSIDE = {**FLAGS, **SOURCE, "X-Internal": "true", "X-Internal-Request": "true"}
"""Headers that only clients inside the cluster might be believed; Traefik passes most of them on from outside."""


def excuses(client: RateClient, site: str) -> dict[str, str]:
    """Headers that any client can send, and that do not excuse it from the limit; `site`: the site's own host name.

    Those of INSIDE, and a cookie, only where it is told apart by a header, since it is outside the cluster then.
    """
    inside = {**INSIDE, "Cookie": cookie_of(secrets.token_hex(20), COOKIES)} if client.headers else {}
    return {**trusted_senders(site), **inside}


def call_with_excuses(client: RateClient, site: str, token: str) -> dict[str, int]:
    """The statuses of two calls of a client that sends all of these headers at once, by whose token it sends along.

    `token`: the JWT of a user; a service may look at who that is, or only whether there is one.
    """
    tokens = {"nobody's token": secrets.token_urlsafe(24), "a user's JWT": token}
    sent = excuses(client, site)
    return {whose: client.call({**sent, "Authorization": f"Bearer {one}"}) for whose, one in tokens.items()}


def served_at_other_paths(client: RateClient) -> dict[str, str]:
    """The spellings of the route at which a client over its limit is served, and the answers.

    Served is whoever gets what a sign-in over the limit cannot get: success, or the refusal of the wrong sign-in that
    it sends (`usual`). A server may know nothing of a spelling, but a query string leads to the same route.
    """
    found = {}
    for form, path in spellings(client.settings.siwe_path).items():
        status = client.call(**exactly(client.api.base + path))
        served = status // 100 == 2 or is_refusal_of(client.last, client.usual)
        if served or (form == WITH_QUERY and status != 429):
            found[form] = in_words(client.last)
    return found


def is_refusal_of(answer: requests.Response, usual: requests.Response | None) -> bool:
    """Whether an answer is the usual refusal: by its status, and the constant part of its text."""
    return usual is not None and (answer.status_code, shape(answer.text)) == (usual.status_code, shape(usual.text))


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
