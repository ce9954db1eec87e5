"""Whether the database's script gives a role each new password."""

import base64
import hashlib
import re
from types import SimpleNamespace as Thing

import pytest
import yaml
from kubernetes.client import ApiException
from tests_support import deployed_objects

from acceptance.base.deadlines import Deadline
from acceptance.base.paths import ROOT
from acceptance.clients.sql import Login
from acceptance.drivers.data import password_rotation
from acceptance.drivers.data.password_rotation import judged, lost_on_rotation, once, twice, uses_script

TEXT = (ROOT / "k8s/database/base/init.sql").read_text()


def md5(role, password):
    return "md5" + hashlib.md5(f"{password}{role}".encode(), usedforsecurity=False).hexdigest()


def test_the_script_runs_twice_and_is_undone():
    lines = twice(TEXT, "scenario_1", ["first", "second"]).splitlines()
    assert lines[0].startswith("BEGIN ") and lines[-1] == "ROLLBACK;"
    assert not [line for line in lines if line.startswith("\\connect")]
    assert [line for line in lines if line.startswith("\\setenv POSTGRES_PASSWORD")] == [
        "\\setenv POSTGRES_PASSWORD first",
        "\\setenv POSTGRES_PASSWORD second",
    ]
    assert sum(line.startswith("ALTER ROLE") for line in lines) == 2


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (md5("r", "second"), ""),
        ('NOTICE:  schema "auth" already exists, skipping\n' + md5("r", "second") + "\n", ""),
        (md5("r", "first"), "the role keeps its first password"),
        (md5("r", "third"), "it has another one"),
        ("\n", "the role has no password"),
        ("cannot\n", ""),
    ],
)
def test_what_the_role_has_then_is_judged(printed, said):
    assert judged(printed, "r", ["first", "second"]) == said


def database(text=TEXT, is_yugabytedb=False, said="\n"):
    """A database with a script; `said` is what psql prints, or how it fails."""

    def execute(*_):
        if isinstance(said, Exception):
            raise said
        return said

    def read(*_):
        if text is None:
            raise ApiException(status=404)
        return Thing(data={"init.sql": text})

    namespace = Thing(cluster=Thing(core=Thing(read_namespaced_config_map=read)), name="default", execute=execute)
    admin = Login("yugabyte", "right", "alternatefutures")
    login = Login("platform", "right", "alternatefutures")
    return Thing(
        namespace=namespace, is_yugabytedb=is_yugabytedb, leader=lambda: "yb-tserver-0", admin=admin, login=login,
        names=lambda: ["yb-tserver-0"], ask=lambda *_, **__: [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("db", "said"),
    [
        (database(), "the role has no password"),
        (database(said=AssertionError("sh in pod x:\npsql:<stdin>:9: ERROR:  syntax error")), "it fails: psql"),
        (database(text=None), ""),
        (database(text="SELECT 1;"), ""),
        (database(text=f"BEGIN;\n{TEXT}\nCOMMIT;"), ""),
        (database(is_yugabytedb=True), ""),
    ],
)
def test_only_what_can_be_undone_is_run(db, said):
    found = lost_on_rotation(db)
    assert found.startswith(said) and bool(found) is bool(said)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("LOG:  checkpoint complete", False),
        ("LOG:  statement: ALTER ROLE r LOGIN PASSWORD '{}';", True),
    ],
)
def test_a_password_in_the_servers_log_is_told(log, told, monkeypatch):
    monkeypatch.setattr(password_rotation, "WRITTEN", Deadline(0, "the test"))
    db, used = database(), []

    def execute(_leader, *command):
        used[:] = re.findall(r"setenv POSTGRES_PASSWORD (\w+)", command[4])
        role = re.search(r"setenv POSTGRES_USER (\w+)", command[4])[1]
        return md5(role, used[-1])

    db.namespace.execute = execute
    db.namespace.pod = lambda _: Thing(spec=Thing(containers=[Thing(name="patroni")]))
    db.namespace.cluster.core.read_namespaced_pod_log = lambda *_, **__: log.format(used[-1])
    assert lost_on_rotation(db) == ("the log of yb-tserver-0 shows it (log_statement?)" if told else "")


SCRAM_RULE = ("host", "all", "all", "all", "scram-sha-256", "")


@pytest.mark.parametrize(
    ("printed", "rows", "told"),
    [
        (md5("r", "second"), [SCRAM_RULE], True),
        (md5("r", "second"), [("host", "all", "platform", "all", "scram-sha-256", "")], True),
        (md5("r", "second"), [("host", "all", "all", "all", "md5", "")], False),
        (md5("r", "second"), [("host", "all", "all", "10.0.0.0", "md5", ""), SCRAM_RULE], False),
        (md5("r", "second"), [("host", "replication", "replicator", "all", "scram-sha-256", "")], False),
        ("SCRAM-SHA-256$4096:c2FsdA==$a:b", [SCRAM_RULE], False),
        ("", [SCRAM_RULE], False),
    ],
)
def test_a_verifier_that_the_members_do_not_take_is_told(printed, rows, told):
    db = database()
    db.ask = lambda *_, **__: rows
    found = password_rotation.kept_as_md5(db, printed)
    assert found == ("it is kept as md5, and yb-tserver-0 ask for scram-sha-256" if told else "")


def job_with(**container):
    return {**JOB, "spec": {"template": {"spec": {**JOB["spec"]["template"]["spec"], "containers": [container]}}}}


@pytest.mark.parametrize(
    ("user", "container", "told"),
    [
        ("platform", {"envFrom": [{"secretRef": {"name": "database-credentials"}}]}, []),
        ("platfrom", {"envFrom": [{"secretRef": {"name": "database-credentials"}}]}, ["platfrom"]),
        ("platfrom", {"envFrom": [{"secretRef": {"name": "other"}}]}, []),
        ("platfrom", {"env": [{"name": "POSTGRES_USER", "value": "platform"}]}, []),
        ("platform", {"env": [{"name": "POSTGRES_USER", "value": "app"}]}, ["app"]),
        (
            "platfrom",
            {
                "env": [
                    {
                        "name": "POSTGRES_USER",
                        "valueFrom": {"secretKeyRef": {"name": "database-credentials", "key": "POSTGRES_USER"}},
                    }
                ]
            },
            ["platfrom"],
        ),
        ("platfrom", {}, []),
    ],
)
def test_a_password_for_another_role_is_told(user, container, told):
    db = database()

    def read(name, _):
        if name != "database-credentials":
            raise ApiException(status=404)
        return Thing(data={"POSTGRES_USER": base64.b64encode(user.encode()).decode()})

    db.namespace.cluster.core.read_namespaced_secret = read
    found = password_rotation.of_another_user(db, [job_with(**container)])
    assert found == [f"yugabytedb-init gives it to {name}, not to platform" for name in told]


JOB = yaml.safe_load((ROOT / "k8s/database/base/init-job.yaml").read_text())


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        (JOB["metadata"]["annotations"], False),
        ({}, True),
        ({"argocd.argoproj.io/hook": "Sync"}, False),
        ({"argocd.argoproj.io/hook": "Sync", "argocd.argoproj.io/hook-delete-policy": "HookFailed"}, True),
        ({"argocd.argoproj.io/hook": "SyncFail"}, True),
        ({"argocd.argoproj.io/hook": "Skip"}, True),
        ({"helm.sh/hook": "post-install,post-upgrade"}, False),
        ({"argocd.argoproj.io/sync-options": "Force=true,Replace=true"}, False),
    ],
)
def test_a_job_that_runs_in_no_later_sync_is_told(notes, told):
    job = JOB | {"metadata": {"name": "yugabytedb-init", "annotations": notes}}
    assert once([job, {"kind": "ConfigMap", "metadata": {"name": "x"}}]) == (["yugabytedb-init"] if told else [])


@pytest.mark.parametrize("place", ["kind", "production"])
def test_the_platforms_own_job_runs_in_each_sync(place):
    objects = deployed_objects(place)
    assert [item["metadata"]["name"] for item in objects if uses_script(item)] == ["yugabytedb-init"]
    assert once(objects) == []


def test_other_jobs_and_those_with_a_clock_are_not_judged():
    other = {"kind": "Job", "metadata": {"name": "x"}, "spec": {"template": {"spec": {"containers": []}}}}
    clock = {"kind": "CronJob", "metadata": {"name": "y"}, "spec": {"jobTemplate": {"spec": JOB["spec"]}}}
    assert once([other, clock]) == []


def test_the_file_of_a_members_own_log_is_read_too():
    db = Thing(admin="admin", ask=lambda member, statement, login: [(b"ALTER ROLE r PASSWORD 'seen'\xff",)])
    assert "seen" in password_rotation.of_collector(db, "yb-tserver-0")
    for rows in ([], [(None,)]):
        db.ask = lambda *_, rows=rows, **__: rows
        assert password_rotation.of_collector(db, "yb-tserver-0") == ""
