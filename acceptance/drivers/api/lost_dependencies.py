"""What a service does after it has lost a dependency: its health, and its answers to clients.

Source: 8.6, 8.7, 8.8, 9.6, 9.7, 15.10.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import requests

from acceptance.base.deadlines import POD_READY, Deadline
from acceptance.base.environment import Environment
from acceptance.base.waiting import TimedOut, eventually
from acceptance.drivers.api.graphql import ask
from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.network.cuts import DROP, RESET, NetworkPartition
from acceptance.drivers.services.copies import Copy
from acceptance.drivers.services.log_lines import showing
from acceptance.drivers.services.service import Api, fields, in_words
from acceptance.drivers.workloads.pods import PodClient, process_of, restarts

HEALTH = "/health"
HOW = {"nothing answers": DROP, "connections are refused": RESET}
"""What happens to packets to a lost dependency: with DROP, even established connections fall silent."""
NOTICED = Deadline(20, "the suite: three probes of a service, each of which asks for what the service needs")

LISTENS = Deadline(10, "the suite: a process starts; one may listen only once it has all that it needs")
FIRST_TRIES = 5
"""Seconds that a process which has started anew is left without its dependencies.

Long enough for its first attempts to connect to fail; short enough that Kubernetes does not yet wait long between the
starts of one that gives up and ends.
"""


Work = Callable[[], requests.Response]
"""A request for what a service needs its dependencies for."""


class Needy:
    """A copy of a service, asked for its health and work at an address that was read while it was Ready.

    `token`: the JWT of a wallet that signed in, for the backend's protected query.
    """

    def __init__(self, copy: Copy, through: PodClient, nodes: list[str], environment: Environment, token: str):
        self.copy, self.nodes = copy, nodes
        pod = copy.pod()
        self.name, self.address = str(pod.metadata.name), str(pod.status.pod_ip)
        self.api = copy.api(through)
        # It has to have served clients before: cached results must not be taken for a working dependency.
        for answer in [work() for work in works_of(copy.name, self.api, environment, token)[0]]:
            assert is_success(answer), (
                f"expected the copy {copy.name} to serve while all its dependencies are available, "
                f"saw {in_words(answer)}"
            )
        self.works, self.credentials = works_of(copy.name, self.api, environment, token)
        self.paths = health_paths(copy.name, self.api, environment)
        self.stores = True
        self.noticed = NOTICED

    @contextlib.contextmanager
    def cut_off(self, addresses: Iterable[str], verdict: str, *, stores: bool = True) -> Iterator[Callable[[], None]]:
        """Cut the copy off from some addresses until the end of the block, or until the yielded function is called.

        `stores`: whether data is kept there for good.
        """
        self.stores = stores
        ways = [(self.address, other) for other in addresses]
        assert ways, f"expected addresses from which to cut off the copy {self.copy.name}, saw none"
        cut = NetworkPartition(self.copy.namespace.cluster, self.nodes, ways, verdict)
        try:
            cut.make()
            yield cut.heal
        finally:
            cut.heal()

    def serves(self) -> tuple[str, float]:
        """What it answers to a client if that is not an error of its own (otherwise empty), and the seconds it takes.

        All of its works are asked for at once; the seconds are the longest. A missing answer is reported in words, too.
        Without a store that only caches, a service may still serve its clients, but it must not accept one nonce twice.
        """
        with ThreadPoolExecutor() as pool:
            seen = list(pool.map(self.serves_one, self.works))
        return "; ".join(said for said, _ in seen if said), max(took for _, took in seen)

    def serves_one(self, work: Work) -> tuple[str, float]:
        """Like `serves`, for one of its works."""
        began = time.monotonic()
        try:
            answer = work()
        except requests.RequestException as error:
            return f"no answer ({type(error).__name__})", time.monotonic() - began
        took = time.monotonic() - began
        is_right = is_error(answer) or (not self.stores and is_success(answer) and not is_success(work()))
        return "" if is_right else in_words(answer), took

    def wait_says(self, *, healthy: bool) -> str:
        """Wait until the copy reports this health; return the answer. Raises TimedOut with the last one."""
        wanted = "200" if healthy else "a status other than 200"
        what = f"GET {' and '.join(self.paths)} of {self.copy.name} answered with {wanted}"
        hint = f"kubectl -n {self.copy.namespace.name} logs deploy/{self.copy.name}"

        def answered() -> str:
            return "; ".join(says(self.api, path, healthy=healthy) for path in self.paths)

        return eventually(answered, within=self.noticed, what=what, hint=hint)

    def shown(self) -> dict[str, int]:
        """How many lines of its log show a credential that its clients sent, by pod. It has to be ready."""
        return showing({self.name: self.copy.log()}, self.credentials)

    def start_anew(self) -> str:
        """End the copy's process as a crash does; return once Kubernetes has started it and its FIRST_TRIES are over.

        Its pod keeps its address, so a cut lasts: the new process finds its dependencies away. It may end and be
        started again, and so be healthy later (POD_READY). Returns how often it was started. Raises TimedOut if it
        is not, AssertionError if its machine knows no process of it.
        """
        namespace = self.copy.namespace
        pod = namespace.pod(self.name)
        before, self.noticed = restarts(pod), POD_READY
        commands = (f"process=$({process_of(pod)})", 'test -n "$process"', "kill -KILL $process")
        namespace.cluster.on_node(pod.spec.node_name, "sh", "-ec", "\n".join(commands))

        def started() -> bool:
            assert restarts(namespace.pod(self.name)) > before, "the process has not been started again"
            return True

        hint = f"kubectl -n {namespace.name} describe pod {self.name}"
        eventually(started, within=POD_READY, what=f"{self.copy.name} to be started again", hint=hint)
        with contextlib.suppress(TimedOut):
            eventually(lambda: self.api.get(HEALTH), within=LISTENS, what=f"an answer from {self.copy.name}")
        time.sleep(FIRST_TRIES)
        return f"{restarts(namespace.pod(self.name)) - before} times"


def works_of(name: str, api: Api, environment: Environment, token: str) -> tuple[list[Work], list[str]]:
    """The requests for what a copy needs its dependencies for, each of which returns the answer, and what is secret.

    Auth gets a signed message, made while it has all that it needs; the backend gets the public query, and with a
    wallet's token the protected one, if it says what the database has (`protected_counts`).
    """
    settings = environment.services
    if not name.startswith("auth-"):
        protected = [lambda: ask(api, settings, settings.protected_query, token).answer]
        public = [lambda: ask(api, settings, settings.public_query).answer]
        return public + protected * bool(settings.protected_counts), [token]
    visitor = SignIn(api, environment)
    message = visitor.message("a good message")
    # Whoever has the signature may sign in with it as long as its nonce is not used.
    return [lambda: visitor.send_once(*message)], [message[1]]


def is_error(answer: requests.Response) -> bool:
    """Whether an answer says that the service failed: by its status, or as GraphQL does, with 200."""
    return answer.status_code >= 500 or (answer.status_code == 200 and bool(fields(answer.text).get("errors")))


def is_success(answer: requests.Response) -> bool:
    """Whether an answer says that the service did what it was asked for."""
    return answer.status_code // 100 == 2 and not is_error(answer)


def health_paths(name: str, api: Api, environment: Environment) -> list[str]:
    """The paths at which a copy, healthy now, reports its health: for auth also the one that its users have (12.3).

    That one counts only if it answers in the same form, with more than one field: otherwise it may only say that
    auth runs.
    """
    public = environment.services.auth_health_path
    if not name.startswith("auth-") or public == HEALTH:
        return [HEALTH]
    own, others = (fields(api.get(path).text) for path in (HEALTH, public))
    return [HEALTH, public] if len(own) > 1 and own.keys() == others.keys() else [HEALTH]


def says(api: Api, path: str, *, healthy: bool) -> str:
    """The answer to a request for health. Raises AssertionError unless its status is 200 if and only if `healthy`."""
    answer = api.get(path)
    assert (answer.status_code == 200) is healthy, in_words(answer)
    return in_words(answer)
