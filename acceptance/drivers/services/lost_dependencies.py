"""The health that a service reports once it has lost a dependency that it had before. Source: 8.6, 9.6, 15.10."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import eventually
from acceptance.drivers.network.cuts import RESET, NetworkPartition
from acceptance.drivers.services.copies import Copy
from acceptance.drivers.services.service import Api, in_words
from acceptance.drivers.workloads.pods import PodClient

HEALTH = "/health"
NOTICED = Deadline(20, "the suite: three probes of a service, each of which asks for what the service needs")


class Needy:
    """A copy of a service, asked for its health at an address that was read while it was Ready."""

    def __init__(self, copy: Copy, through: PodClient, nodes: list[str]):
        self.copy, self.nodes = copy, nodes
        self.address = str(copy.pod().status.pod_ip)
        self.api = copy.api(through)

    @contextlib.contextmanager
    def cut_off(self, addresses: Iterable[str]) -> Iterator[Callable[[], None]]:
        """Cut the copy off from some addresses until the end of the block, or until the yielded function is called."""
        ways = [(self.address, other) for other in addresses]
        assert ways, f"expected addresses to cut the copy {self.copy.name} off from, saw none"
        cut = NetworkPartition(self.copy.namespace.cluster, self.nodes, ways, RESET)
        try:
            cut.make()
            yield cut.heal
        finally:
            cut.heal()

    def wait_says(self, *, healthy: bool) -> str:
        """Wait until the copy reports this health; return the answer. Raises TimedOut with the last one."""
        what = f"GET {HEALTH} of {self.copy.name} answered with {'200' if healthy else 'a status other than 200'}"
        hint = f"kubectl -n {self.copy.namespace.name} logs deploy/{self.copy.name}"
        return eventually(lambda: says(self.api, healthy=healthy), within=NOTICED, what=what, hint=hint)


def says(api: Api, *, healthy: bool) -> str:
    """The answer to a request for health. Raises AssertionError unless its status is 200 if and only if `healthy`."""
    answer = api.get(HEALTH)
    assert (answer.status_code == 200) is healthy, in_words(answer)
    return in_words(answer)
