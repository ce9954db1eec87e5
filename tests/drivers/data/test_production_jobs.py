"""Production's jobs of the database: their program, their variables, and the names that they look for."""

import copy

import pytest
from tests_support import kustomized

from acceptance.drivers.data.production_jobs import needed, stuck

RENDERED = kustomized("database/overlays/production")
INIT, LAST = "yugabytedb-init", "database-replicated"


def told(change):
    """What is said of production's manifests after a change, which gets them by kind and name."""
    items = copy.deepcopy(RENDERED)
    change({(item["kind"], item["metadata"]["name"]): item for item in items})
    return stuck(items)


def container(name, **values):
    """Changes the container of a job."""
    return lambda items: items["Job", name]["spec"]["template"]["spec"]["containers"][0].update(values)


def variable(name, value):
    """Gives the job with the script another value of a variable; without one it has none."""

    def change(items):
        part = items["Job", INIT]["spec"]["template"]["spec"]["containers"][0]
        part["env"] = [item for item in part["env"] if item["name"] != name]
        part["env"] += [{"name": name, "value": value}] if value else []

    return change


def script(before, after):
    """Changes the script of the job that ends a sync."""

    def change(items):
        data = items["ConfigMap", "yugabytedb-replicated"]["data"]
        assert before in data["replicated.sh"]
        data["replicated.sh"] = data["replicated.sh"].replace(before, after)

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        variable("PSQL", "ysqlsh"),
        variable("PGHOST", "yb-tserver"),
        variable("PGHOST", "database.example.test"),
        container(INIT, image="docker.io/library/postgres:15", env=[{"name": "PSQL", "value": "psql"}]),
        script("http://yb-master-ui:7000", "http://yb-masters:7000"),
        script("http://yb-master-ui:7000", "http://status.example.test"),
    ],
    ids=range(7),
)
def test_a_job_that_runs_is_let_be(change):
    assert told(change) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (variable("PSQL", "psql"), "yugabytedb-init runs 'psql', which docker.io/yugabytedb/yugabyte"),
        (variable("PSQL", ""), "has no variable PSQL"),
        (container(INIT, env=[], envFrom=[]), "has no variable POSTGRES_USER"),
        (variable("PGHOST", "yb-tservrs"), "connects to yb-tservrs, which there is not"),
        (variable("PGPORT", "5432"), "connects to yb-tservers:5432, which has no such port"),
        (container(INIT, image="alternate-futures/patroni:1"), "the image of another database"),
        (container(LAST, image="alternate-futures/patroni"), "database-replicated runs alternate-futures/patroni"),
        (script("yb-master-ui", "yb-ui"), "yugabytedb-replicated looks for yb-ui, which there is not"),
        (script("yb-master-ui:7000", "yb-master-ui:9000"), "looks for yb-master-ui:9000, which has no such port"),
        (script("yb-master-2.", "yb-master-3."), "yugabytedb-replicated names yb-master-3.yb-masters as a master"),
        (script("yb-masters:7100,", "yb-masters:7000,"), "at the port 7000, on which it does not listen"),
    ],
    ids=range(11),
)
def test_a_job_that_cannot_do_its_work_is_told(change, said):
    found = told(change)
    assert any(said in text for text in found), found


def test_what_the_script_reads_is_known():
    data = {item["metadata"]["name"]: item["data"] for item in RENDERED if item["kind"] == "ConfigMap"}
    assert needed(data) == {"PSQL", "PGHOST", "PGPORT", "POSTGRES_USER", "POSTGRES_PASSWORD"}


def test_another_database_is_not_judged():
    assert stuck(kustomized("database/overlays/kind")) == []
