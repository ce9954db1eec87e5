"""A stub auth server that gives every request the same, known answer. Source: 9.8, 9.11."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from acceptance.base.deadlines import LOGS_READABLE
from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.api.graphql import Asked, ask
from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.api.token_validation import says_valid
from acceptance.drivers.services.carried_tokens import carried
from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.log_lines import showing
from acceptance.drivers.services.service import Api, Service, in_words
from acceptance.drivers.workloads.pods import PodClient, delete_now, run_client

PORT = 8080
NO_TOKEN = "no.such-token"
"""A bearer token that is not signed by auth or backend."""
TIMES = 12
"""Successive queries with one token: a backend that caches auth's answer asks only about the first, or first few."""
SILENT, HANGS_UP, TRICKLES = 0, 1, 2
"""The status of an auth server that accepts each request and never answers it, closes the connection instead, or sends
the head of an answer a byte a second: a limit of time for each byte never ends that."""
NO_ANSWER = (SILENT, HANGS_UP, TRICKLES)
PATIENCE = 15
"""Seconds within which a client is told that auth gives no answer, as in plan-15.10."""
TRIES = 3
"""How often the public query has to be late, before it is told."""
WAITING = 4
"""Queries that wait for auth at once. One after another, as where the whole backend waits, they take longer."""
NOTICEABLE, HELD_UP = 1.0, 2
"""The shortest wait for auth in seconds that is judged, and how many of them a query that needs no auth may take."""
NO_WORD = {"error": "out of order"}
"""The body of an answer that neither accepts nor rejects a token."""
UNCLEAR = 200
"""The status of an auth server that answers NO_WORD as if nothing were wrong."""
BUSY = 429
"""The status of an auth server that refuses to say anything about a token for a while (RFC 6585, 4)."""
OPEN = (UNCLEAR, BUSY)
"""Statuses to which a backend may answer with any error: only no data may come back."""


@dataclass(frozen=True)
class AuthStub:
    """A pod that gives every request the same answer, and logs each request."""

    namespace: Namespace
    name: str

    @property
    def url(self) -> str:
        """Its URL inside the cluster."""
        return f"http://{self.namespace.pod(self.name).status.pod_ip}:{PORT}"

    def requests(self) -> list[dict[str, Any]]:
        """The requests that it got: method, path, source, and the SHA-256 of the credential, and of texts in a body."""
        text = str(self.namespace.cluster.core.read_namespaced_pod_log(self.name, self.namespace.name))
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def was_asked(self, path: str, token: str, times: int = 1) -> list[dict[str, Any]]:
        """The POSTs to a path with a token as the bearer, or in a field of the body: the criteria leave that open.

        Raises AssertionError unless there are at least `times`.
        """
        bearer, text = (hashlib.sha256(sent.encode()).hexdigest() for sent in (f"Bearer {token}", token))
        seen = self.requests()
        found = [item for item in seen if (item["method"], item["path"]) == ("POST", path)]
        with_token = [item for item in found if item["credential"] == bearer or text in item.get("texts", [])]
        assert len(with_token) >= times, (
            f"expected POST {path} with the client's bearer token for each of {times} queries, saw {len(with_token)}: "
            f"{seen}. Try: kubectl -n {self.namespace.name} logs {self.name}"
        )
        return with_token

    def wait_asked(self, path: str, token: str) -> None:
        """Wait until its log shows a POST to a path with a token. Raises TimedOut."""
        eventually(lambda: self.was_asked(path, token), within=LOGS_READABLE, what=f"POST {path} at the new auth")


def words_of_auth(auth: Api, settings: ServiceSettings, token: str, *, valid: bool) -> tuple[int, str]:
    """Status and text of auth's own answer to a token. Raises AssertionError unless it says that the token is `valid`.

    A rejection may have any form that `says_valid` knows: 401, or 200 with a word in its body.
    """
    answer = auth.post(settings.validate_path, **carried(settings.validate_field, token))
    said = says_valid(answer, settings)
    assert said is valid, f"expected {'yes' if valid else 'no'} from auth, saw {in_words(answer)}"
    return answer.status_code, answer.text


def no_of_auth(auth: Api, settings: ServiceSettings) -> tuple[int, str]:
    """Status and text of auth's own answer to a token that it did not sign: a stub that repeats it rejects all."""
    return words_of_auth(auth, settings, NO_TOKEN, valid=False)


def words_of_other_auth(settings: ServiceSettings, subject: str) -> tuple[int, str]:
    """Status and text of a rejection by an auth service that always answers 200 and names the token's subject."""
    return 200, json.dumps({settings.valid_field: False, settings.subject_field: subject})


def words(said: str, auth: Api, settings: ServiceSettings, other: SignIn) -> tuple[int, str]:
    """Status and text of auth's own answer: `yes` to another wallet's token, `no` to a token that it did not sign.

    `no with status 200` is the rejection of a different auth service.
    """
    if said == "no with status 200":
        return words_of_other_auth(settings, other.wallet.address)
    if said == "yes":
        return words_of_auth(auth, settings, other.enter()["jwt"], valid=True)
    return no_of_auth(auth, settings)


@contextlib.contextmanager
def answering(namespace: Namespace, status: int, text: str) -> Iterator[AuthStub]:
    """Such a pod until the end of the block, with a status and text that auth could give, or one of no answer."""
    name = f"auth-that-says-{status}-{secrets.token_hex(3)}"
    container = {"env": [{"name": "ANSWER", "value": text}]}
    try:
        run_client(namespace, name, "answer", str(status), container=container)
        yield AuthStub(namespace, name)
    finally:
        delete_now(namespace, name)


def answers_of_copies(
    backend: Service, through: PodClient, settings: ServiceSettings, statuses: Collection[int], token: str
) -> dict[int, Asked]:
    """The answers of backend copies by the status of their auth server, as `answer_of_copy`, all at once."""
    with ThreadPoolExecutor(len(statuses)) as pool:
        answers = pool.map(lambda status: answer_of_copy(backend, through, settings, status, token), statuses)
        return dict(zip(statuses, answers, strict=True))


def ask_beside_others(api: Api, settings: ServiceSettings, token: str) -> Asked:
    """The answer to the protected query, sent WAITING times at once, while others send the public one.

    The public one needs no auth. Raises AssertionError if it takes as long as several of those one after another, each
    of TRIES times: a slow machine may delay it, too.
    """
    for _ in range(TRIES):
        longest = 0.0
        with ThreadPoolExecutor(WAITING) as pool:
            waiting = [pool.submit(ask, api, settings, settings.protected_query, token) for _ in range(WAITING)]
            while not all(item.done() for item in waiting):
                longest = max(longest, ask(api, settings, settings.public_query).seconds)
            asked = min((item.result() for item in waiting), key=lambda answer: answer.seconds)
        if asked.seconds < NOTICEABLE or longest < HELD_UP * asked.seconds:
            return asked
    raise AssertionError(
        f"expected the public query to be answered while others wait for auth ({asked.seconds:.1f} s each), "
        f"saw it take {longest:.1f} s"
    )


def ask_protected(api: Api, settings: ServiceSettings, token: str) -> Asked:
    """The answer to the protected query."""
    return ask(api, settings, settings.protected_query, token)


def answer_of_copy(backend: Service, through: PodClient, settings: ServiceSettings, status: int, token: str) -> Asked:
    """A backend copy's answer to the protected query while its auth server gives a status, or one of no answer.

    Raises AssertionError if the copy takes PATIENCE seconds or never answers, or has the client's token in its log.
    """
    with (
        answering(through.namespace, status, json.dumps(NO_WORD)) as auth,
        copy_of(backend, {"AUTH_SERVICE_URL": auth.url}) as copy,
    ):
        try:
            send = ask_beside_others if status == SILENT else ask_protected
            asked = send(copy.api(through), settings, token)
        except requests.Timeout as error:
            raise AssertionError(
                f"expected {copy.name} to answer in time while its auth says {status}: {error}"
            ) from error

        def was_asked() -> list[dict[str, Any]]:
            return auth.was_asked(settings.validate_path, token)

        eventually(was_asked, within=LOGS_READABLE, what=f"POST {settings.validate_path} from the backend")
        assert asked.seconds < PATIENCE, (
            f"expected {copy.name} to answer within {PATIENCE} s while its auth says {status}, "
            f"saw an answer after {asked.seconds:.0f} s"
        )
        shown = showing({copy.name: copy.log()}, [token])
        assert not shown, f"expected no line with the client's JWT while auth says {status}, saw some in {shown}"
        return asked
