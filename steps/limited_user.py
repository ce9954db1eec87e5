"""A run inside the run: the suite attaches to a cluster as a user with few rights. Source: decision 12."""

from pytest_bdd import given, parsers, then, when

from acceptance.cluster.namespace import all_gone
from acceptance.criteria.verdicts import NotSelected
from acceptance.drivers.security.limited_user import harm_done
from acceptance.drivers.security.limited_user import outsider as somebody
from acceptance.infrastructure.cluster_lock import LEASE, NAMESPACE

OTHER_CLUSTER = "00000000-0000-0000-0000-000000000000"


@given("a kubeconfig with only the rights of k8s/acceptance", target_fixture="outsider")
def outsider(platform, cluster, outputs, environment, tmp_path, backend_service):
    if environment.is_long_lived:
        raise NotSelected("the rights are handed out by an administrator; selected by --env=kind")
    with somebody(platform, environment, outputs, tmp_path) as made:
        yield made


@when(parsers.parse("the suite judges {criteria} with it in an attached environment"), target_fixture="judged")
def judge_attached(outsider, cluster, criteria, evidence):
    numbers = criteria.replace(" and ", ", ").split(", ")
    arguments = [part for number in numbers for part in ("--criterion", number)]
    # 2.8 and 3.1: one of each kind that an attached run leaves out.
    ended, document = outsider.judge(outsider.environment, *arguments, "--criterion", "2.8", "--criterion", "3.1")
    evidence.add("the attached run", ended.stdout[-6000:] + ended.stderr[-2000:])
    assert document, f"the attached run exited with {ended.returncode} and left no report: {ended.stderr[-1500:]}"
    outsider.run_id = document["run"]
    return {entry["id"]: entry for entry in document["criteria"]}


@then(parsers.parse("{criteria} are passed or substituted"))
def verdicts_like_everywhere(judged, criteria):
    for number in criteria.replace(" and ", ", ").split(", "):
        seen = judged[number]
        assert seen["outcome"] in ("passed", "substituted"), (
            f"expected {number} passed or substituted in the attached run, saw {seen['outcome']}: {seen['reason']}"
        )


@then(parsers.parse("{number} is an error that names the missing right"))
def error_names_right(judged, number):
    seen = judged[number]
    assert seen["outcome"] == "error", f"expected {number} to be an error, saw {seen['outcome']}: {seen['reason']}"
    for word in ("a right is missing", "cannot", "k8s/acceptance"):
        assert word in seen["reason"], f"expected {word!r} in the reason of {number}, saw {seen['reason']}"


@then("scenarios that disturb users or write to users are not selected")
def not_selected(judged):
    for number in ("2.8", "3.1"):
        seen = judged[number]
        assert seen["outcome"] == "not selected", (
            f"expected {number} not selected in the attached run, saw {seen['outcome']}: {seen['reason']}"
        )
        assert "--disruptive --confirm=attached" in seen["reason"], (
            f"expected the reason of {number} to name --disruptive --confirm=attached, saw {seen['reason']}"
        )


@then("the run leaves nothing behind except its released lock")
def nothing_left(cluster, outsider, judged):
    all_gone(cluster, outsider.run_id)
    lease = cluster.coordination.read_namespaced_lease(LEASE, NAMESPACE)
    assert not lease.spec.holder_identity, (
        f"expected the Lease {NAMESPACE}/{LEASE} to be free, but {lease.spec.holder_identity} still holds it"
    )


@then("that kubeconfig cannot write anywhere else or read any Secret")
def can_do_nothing_else(outsider):
    done = harm_done(outsider)
    assert not done, (
        f"expected these attempts of the user to be refused, saw statuses {done}. "
        "Try: kubectl apply -k k8s/acceptance/base"
    )


@then("a run is refused if its environment names another cluster")
def another_cluster_is_refused(outsider, cluster):
    ended, _ = outsider.judge(outsider.environment.replace(cluster.uid, OTHER_CLUSTER), "--criterion", "2.1")
    said = ended.stdout + ended.stderr
    assert ended.returncode == 4, (
        f"expected exit code 4 for another cluster's UID, saw {ended.returncode}: {said[-1500:]}"
    )
    assert OTHER_CLUSTER in said and "Remedy" in said, f"expected {OTHER_CLUSTER} and a remedy, saw {said[-1500:]}"
