"""A Git server that takes pushes without its password, or with a second one, is found."""

import contextlib
from types import SimpleNamespace as Thing

import bcrypt
import pytest

from acceptance.drivers.security import git_pushes
from acceptance.drivers.security.git_pushes import open_to_strangers, other_users, pushed_by_strangers

PASSWORD = "the-password"


def hashed(password):
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


OWN = f"platform:{hashed(PASSWORD)}"


def server(where="in-cluster"):
    names = ["platform", "demo"]
    remote = {name: Thing(remote=lambda name=name: f"http://127.0.0.1:1/{name}.git") for name in names}
    return Thing(
        settings=Thing(server=where),
        user="platform",
        password=PASSWORD,
        names=lambda: names,
        repository=remote.__getitem__,
    )


@pytest.fixture
def asked(monkeypatch):
    """What is asked, and the statuses of the answers, by method, repository and whether there was a password."""
    seen, statuses = [], {}

    def request(method, address, auth, headers):
        name = address.removeprefix("http://127.0.0.1:1/").partition(".git")[0]
        seen.append((method, address, auth))
        return Thing(status_code=statuses.get((method, name, bool(auth)), 401))

    monkeypatch.setattr(git_pushes, "plain_session", lambda: contextlib.nullcontext(Thing(request=request)))
    return seen, statuses


def test_a_server_that_refuses_strangers_is_right(asked):
    assert pushed_by_strangers(server()) == []
    seen = asked[0]
    assert (
        len(seen) == 8 and ("GET", "http://127.0.0.1:1/platform.git/info/refs?service=git-receive-pack", None) in seen
    )
    assert all(login is None or login[1] != PASSWORD for _, _, login in seen)


@pytest.mark.parametrize(("status", "is_told"), [(200, True), (400, True), (500, True), (403, False), (404, False)])
def test_what_is_not_refused_is_told(asked, status, is_told):
    asked[1][("POST", "platform", False)] = status
    said = [f"POST /platform.git/git-receive-pack without a password: {status}"] if is_told else []
    assert pushed_by_strangers(server()) == said


def test_a_wrong_password_is_tried_too(asked):
    asked[1][("GET", "demo", True)] = 200
    assert len(pushed_by_strangers(server())) == 1


@pytest.mark.parametrize(
    ("lines", "others"),
    [
        ([OWN], []),
        ([OWN, "", "# a comment", OWN], []),
        ([OWN, f"guest:{hashed('guest')}"], ["guest"]),
        ([OWN, f"platform:{hashed('second')}"], ["platform"]),
        ([OWN, "old:$apr1$x$y"], ["old"]),
        (["platform:plain"], ["platform"]),
    ],
)
def test_another_password_is_told(lines, others):
    assert other_users(lines, "platform", PASSWORD) == others


@pytest.mark.parametrize(
    ("kept", "read", "count"),
    [(OWN, OWN, 0), (f"{OWN}\nguest:x", OWN, 1), (OWN, f"{OWN}\nguest:x", 1)],
    ids=["equal", "one more in the Secret", "one more at the server"],
)
def test_the_secret_and_what_the_server_reads_are_looked_at(monkeypatch, asked, kept, read, count):
    monkeypatch.setattr(git_pushes, "read_secret", lambda *_: {"htpasswd": f"{kept}\n"})
    cluster = Thing(kubectl=lambda *words: read)
    assert len(open_to_strangers(cluster, server())) == count


def test_an_external_server_is_its_owners():
    assert open_to_strangers(None, server("external")) == []
