"""Settings by which Argo CD keeps manual changes for long are found."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.argocd import self_heal
from acceptance.drivers.argocd.self_heal import heals_late, heals_late_everywhere

KEYS = {
    "TIMEOUT_SECONDS": "controller.self.heal.timeout.seconds",
    "BACKOFF_TIMEOUT_SECONDS": "controller.self.heal.backoff.timeout.seconds",
    "BACKOFF_CAP_SECONDS": "controller.self.heal.backoff.cap.seconds",
}
ENDS = {"name": self_heal.SYNC_ENDS, "value": "1800"}


def controller(*more, args=()):
    """The controller as released: its variables come from a ConfigMap; then others."""
    env = [
        {"name": self_heal.PREFIX + name, "valueFrom": {"configMapKeyRef": {"key": key, "optional": True}}}
        for name, key in KEYS.items()
    ]
    container = {"env": [*env, ENDS, *more], "args": ["argocd-application-controller", *args]}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


@pytest.mark.parametrize(
    ("settings", "is_late"),
    [
        ({}, False),
        ({KEYS["BACKOFF_TIMEOUT_SECONDS"]: "2", KEYS["BACKOFF_CAP_SECONDS"]: "300"}, False),
        ({KEYS["TIMEOUT_SECONDS"]: "0"}, False),
        ({KEYS["BACKOFF_TIMEOUT_SECONDS"]: "3600"}, True),
        ({KEYS["BACKOFF_CAP_SECONDS"]: "86400"}, True),
        ({KEYS["TIMEOUT_SECONDS"]: "900"}, True),
    ],
)
def test_a_setting_by_which_drift_stays_is_told(settings, is_late):
    assert bool(heals_late(controller(), settings)) is is_late


@pytest.mark.parametrize(
    ("seconds", "told"),
    [("", "no end"), ("0", "0"), ("60", "60"), ("600", ""), ("1800", ""), ("86400", "86400")],
)
def test_a_sync_that_is_ended_early_or_never_is_told(seconds, told):
    ends = {"name": self_heal.SYNC_ENDS, "value": seconds}
    assert heals_late(controller(ends), {}) == ([f"{self_heal.SYNC_ENDS}={told}"] if told else [])


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--sync-timeout=60"], ["--sync-timeout=60"]),
        (["--sync-timeout", "60"], ["--sync-timeout=60"]),
        (["--sync-timeout=0"], ["--sync-timeout=0"]),
        (["--sync-timeout=1200"], []),
    ],
)
def test_a_flag_by_which_syncs_are_ended_is_told(args, told):
    assert heals_late(controller(args=args), {}) == told


def test_what_is_set_beside_the_settings_is_told():
    late = {"name": f"{self_heal.PREFIX}BACKOFF_TIMEOUT_SECONDS", "value": "3600"}
    assert heals_late(controller(late), {}) == [f"{late['name']}=3600"]
    flag = "--self-heal-backoff-timeout-seconds=3600"
    assert heals_late(controller(args=[flag]), {}) == [flag]


@pytest.mark.parametrize(
    ("here", "there", "where"), [("2", "2", []), ("3600", "2", ["here"]), ("2", "3600", ["in production"])]
)
def test_it_is_looked_at_here_and_in_production(here, there, where):
    key, names = KEYS["BACKOFF_TIMEOUT_SECONDS"], (self_heal.CONTROLLER, self_heal.SETTINGS)
    rendered = [
        {"kind": "StatefulSet", "metadata": {"name": names[0]}, **controller()},
        {"kind": "ConfigMap", "metadata": {"name": names[1]}, "data": {key: there}},
    ]
    cluster = Thing(
        apps=Thing(read_namespaced_stateful_set=lambda *_: controller()),
        core=Thing(read_namespaced_config_map=lambda *_: Thing(data={key: here})),
        api=Thing(sanitize_for_serialization=lambda item: item),
    )
    platform = Thing(cluster=cluster, rendering=Thing(production=lambda _: rendered))
    assert [*heals_late_everywhere(platform)] == where
