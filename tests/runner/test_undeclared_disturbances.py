"""Undeclared disturbances are detected by what changed; what concurrent scenarios declare is theirs."""

from acceptance.cluster.traces import changed, described
from acceptance.runner.disturbances import Effect
from acceptance.runner.undeclared_disturbances import SETTLES, Watch


class Platform:
    """What an inspection sees, and a clock."""

    def __init__(self):
        self.traces = {
            part: {"pod a": "uid-1, restarts [0]"} for part in ("traefik", "redis", "auth-service", "strange")
        }
        self.now = 0.0
        self.watch = Watch(lambda: {part: dict(of) for part, of in self.traces.items()}, lambda: self.now)

    def begin(self, lane, *parts):
        self.watch.begin(lane, Effect(frozenset(parts)))

    def replace(self, part):
        self.traces[part] = {"pod b": "uid-2, restarts [0]"}


def test_who_restarts_traefik_and_does_not_say_so_is_caught():
    platform = Platform()
    platform.begin(1, "redis")
    platform.replace("traefik")
    assert "traefik: pod a, pod b" in platform.watch.end(1)


def test_what_is_declared_and_what_rests_on_it_may_change():
    platform = Platform()
    platform.begin(1, "redis")
    platform.replace("redis")
    platform.replace("auth-service")
    platform.replace("strange")
    assert platform.watch.end(1) == ""


def test_what_a_neighbour_disturbs_is_the_neighbours():
    platform = Platform()
    platform.begin(1, "redis")
    platform.begin(2, "traefik")
    platform.replace("traefik")
    assert platform.watch.end(2) == "" and platform.watch.end(1) == ""
    platform.begin(1, "redis")
    platform.replace("traefik")
    assert platform.watch.end(1) == "", "it may settle for a while"
    platform.now += SETTLES + 1
    platform.begin(1, "redis")
    platform.traces["traefik"] = {}
    assert "traefik: pod b" in platform.watch.end(1)


def test_who_disturbs_nobody_is_not_looked_at():
    platform = Platform()
    platform.watch.look = None
    platform.begin(1)
    assert platform.watch.end(1) == ""


class Thing:
    """An object as the API's client has it."""

    def __init__(self, **fields):
        for name in ("labels", "owner_references", "deletion_timestamp", "container_statuses", "generation"):
            setattr(self, name, None)
        self.__dict__.update(fields)


def pod(name, uid, restarts=0, namespace="default", labels=None, **metadata):
    about = Thing(name=name, uid=uid, namespace=namespace, labels=labels or {}, **metadata)
    return Thing(metadata=about, status=Thing(container_statuses=[Thing(restart_count=restarts)]))


def test_traces_are_of_the_platform_alone_and_tell_restarts_and_replacements():
    labels = {"app.kubernetes.io/name": "redis"}
    scenarios = {**labels, "alternate-futures.dev/scenario": "true"}
    before = described("pod", [pod("redis-0", "1", labels=labels), pod("copy", "2", labels=scenarios)])
    assert list(before) == ["redis"]
    assert changed(before, described("pod", [pod("redis-0", "1", 1, labels=labels)])) == {"redis": ["pod redis-0"]}
    assert changed(before, described("pod", [pod("redis-0", "3", labels=labels)])) == {"redis": ["pod redis-0"]}
    assert changed(before, described("pod", [pod("redis-0", "1", labels=labels), pod("x", "4", labels={})])) == {}
    assert list(described("pod", [pod("t", "5", namespace="traefik")])) == ["traefik"]
    assert not described("pod", [pod("t", "5", namespace="traefik", deletion_timestamp="now")])
