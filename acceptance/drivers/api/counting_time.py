"""How long auth itself takes to count a call. Source: 7.7.

Reads of Redis from auth's machines do not show what auth adds to them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.asking_time import medians
from acceptance.drivers.api.rate_limits import RateClient
from acceptance.drivers.services.service import Api
from acceptance.drivers.workloads.pods import PodClient


def cost_of_counting(
    doors: Mapping[str, Api], settings: ServiceSettings, redis: PodClient, pairs: int
) -> dict[str, float]:
    """The milliseconds by which a call that is only counted takes longer than one for a missing path, at each door.

    Counted are requests for a nonce by a client over its limit, which auth refuses at once. The median of alternating
    pairs: what slows all requests down, slows down both. Empty where that cannot be told: clients without a header of
    their own (`client_header`) are told apart by address, nonces may be unlimited (`nonces_are_limited`), and a client
    that is never refused is for 8.10.
    """
    if not (doors and settings.client_header and settings.nonces_are_limited):
        return {}
    name, missing = f"scenario-{secrets.token_hex(6)}", f"/missing-{secrets.token_hex(6)}"
    clients = {api.base: RateClient(api, settings, redis, name, by_header=True) for api in doors.values()}
    first = next(iter(clients.values()))

    def extra(api: Api) -> float:
        client, began = clients[api.base], time.monotonic()
        client.ask_nonce()
        counted = time.monotonic()
        api.get(missing, headers=client.headers)
        return (counted - began) - (time.monotonic() - counted)

    try:
        first.call_until_refused()
        return medians(doors, extra, pairs) if first.ask_nonce() == 429 else {}
    finally:
        first.clear()
