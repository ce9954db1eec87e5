"""What developers may do in the cluster. Source: plan 27.7 to 27.9."""

import functools

from pytest_bdd import given, then, when

from acceptance.base.deadlines import SYNCED
from acceptance.base.waiting import eventually
from acceptance.drivers.argocd import projects
from acceptance.drivers.security import admission_webhooks, git_pushes, granted_rights
from acceptance.drivers.security import developer_rights as rights
from acceptance.drivers.security import developer_secrets as ways
from acceptance.platform.access import DEVELOPER, NAMESPACE
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.applications import APPLICATIONS

HINT = f"Try: kubectl -n {NAMESPACE} describe role {DEVELOPER}"


@given("a developer with their own token", target_fixture="developer")
def developer_with_token(access, evidence):
    developer = access.developer()
    who = developer.user()
    evidence.add("signed in as", who)
    assert who == f"system:serviceaccount:{NAMESPACE}:{DEVELOPER}", (
        f"expected a token of ServiceAccount {NAMESPACE}/{DEVELOPER}, saw one of {who}"
    )
    return developer


def all_refused(developer, attempts, evidence, title):
    """Make all attempts. Raises AssertionError naming those that were not answered with 403."""
    seen = rights.statuses(developer, attempts)
    evidence.add(title, {"403": len(seen) - len(rights.unlike(seen, 403)), "others": rights.unlike(seen, 403)})
    assert attempts and not rights.unlike(seen, 403), (
        f"expected 403 for the developer, saw {rights.unlike(seen, 403)}. {HINT}"
    )


@then("the developer can read pods, logs, Services, Deployments and events there")
def developer_reads(developer, cluster, backend, evidence):
    pods = rights.running_pods(cluster)
    seen = rights.statuses(developer, rights.reads(rights.resources(developer), pods))
    evidence.add("what the developer reads", seen)
    assert not rights.unlike(seen, 200), f"expected 200 for the developer, saw {rights.unlike(seen, 200)}. {HINT}"
    listed = {item["metadata"]["name"] for item in developer("GET", f"{rights.HERE}/pods").json()["items"]}
    assert set(pods) <= listed, f"expected all pods in the developer's list, missing: {sorted(set(pods) - listed)}"


@then("the developer can get each of these by name, and watch pods and Deployments")
def developer_gets_and_watches(developer, evidence):
    by_name, watches = rights.closer(rights.resources(developer))
    seen = {404: rights.statuses(developer, by_name), 200: rights.statuses(developer, watches)}
    evidence.add("what the developer gets by a name that nobody has, and watches", seen)
    wrong = {what: code for wanted, answers in seen.items() for what, code in rights.unlike(answers, wanted).items()}
    assert by_name and watches and not wrong, (
        f"expected 404 (get) and 200 (watch) for the developer, saw {wrong}. {HINT}"
    )


@then("the developer can read no other kind of object, and nothing elsewhere")
def developer_reads_nothing_elsewhere(developer, cluster, evidence):
    attempts = rights.reads_elsewhere(rights.resources(developer))
    all_refused(developer, attempts, evidence, "what the developer reads beyond that")
    seen = {name: rights.about_others(rights.rights(developer, name)) for name in rights.other_namespaces(cluster)}
    more = {name: found for name, found in seen.items() if found}
    assert seen and not more, f"expected no rights of the developer in other namespaces, saw {more}"


@then("the developer can request only the API's public non-resource URLs")
def developer_asks_no_server(developer):
    more = rights.paths_beyond(rights.review(developer, NAMESPACE)["nonResourceRules"])
    assert not more, f"expected only public non-resource URLs of the API, but the developer may read {more}"


@then("every change that the developer tries is forbidden")
def developer_changes_nothing(developer, cluster, backend, evidence):
    everyday = rights.changes(cluster.probe, backend.running()[0].metadata.name)
    all_refused(developer, everyday, evidence, "what a developer in a hurry does")
    every = rights.writes(rights.resources(developer))
    all_refused(developer, every, evidence, "one of every kind created, changed, deleted")


@then("the API lists only read rights for the developer")
def rights_are_to_read(developer, cluster, evidence):
    seen = {name: rights.rights(developer, name) for name in (NAMESPACE, *rights.other_namespaces(cluster))}
    evidence.add(f"rights in {NAMESPACE}", seen[NAMESPACE])
    here = [rule for rule in seen[NAMESPACE] if "pods" in rule["resources"]]
    assert here, f"expected the right to read pods in {NAMESPACE}, saw {seen[NAMESPACE]}"
    more = {name: rights.beyond_reading(rules) for name, rules in seen.items() if rights.beyond_reading(rules)}
    assert not more, f"expected read-only rights that give no access to Secrets, saw {more}. {HINT}"


@given("Secrets that an administrator can see", target_fixture="secret_names")
def secrets_are_there(platform_secrets, sealed_secrets, cluster):
    names = ways.names_of_secrets(cluster, NAMESPACE)
    assert {"jwt-secret", "database-credentials"} <= names, (
        f"expected jwt-secret and database-credentials in {NAMESPACE}, saw the Secrets {sorted(names)}"
    )
    assert sealed_secrets.key_secrets(), (
        f"expected a key of the Sealed Secrets controller in {sealed_secrets.namespace}, saw none"
    )
    return names


@then("the developer can see none of them")
def developer_sees_no_secrets(developer, cluster, secret_names, evidence):
    attempts = ways.straight(secret_names, rights.other_namespaces(cluster))
    all_refused(developer, attempts, evidence, "Secrets, as the developer asks for them")


@then("the developer cannot get at any of them indirectly")
def no_way_around(developer, cluster, backend, evidence):
    nodes = [node.metadata.name for node in cluster.nodes()]
    attempts = {**ways.by_others_rights(nodes), **ways.pods_with_secret(cluster.probe)}
    for pod in rights.running_pods(cluster):
        attempts |= ways.into(pod)
    all_refused(developer, attempts, evidence, "Secrets in a roundabout way")


@then("nobody else has a right that leads to one, except the platform's own accounts and administrators")
def no_other_developers(platform, evidence):
    found = granted_rights.strangers_anywhere(platform)
    evidence.add("others with a way to Secrets", found)
    assert not found, (
        f"expected rights that lead to the platform's Secrets only where it needs them, saw {found}. "
        "Try: kubectl get rolebindings,clusterrolebindings --all-namespaces -o wide"
    )


@then("no admission webhook is shown Secrets or pods as they are written")
def nobody_is_shown_secrets(platform):
    found = admission_webhooks.unknown_webhooks(platform)
    hint = "Try: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
    assert not found, f"expected no admission webhooks for Secrets or pods, saw {found}. {hint}"


@then("nothing that the developer can read contains a Secret's value")
def no_value_in_sight(developer, cluster, sealed_secrets, evidence):
    values = ways.secret_values(cluster, NAMESPACE, sealed_secrets.namespace)
    attempts = rights.reads(rights.resources(developer), rights.running_pods(cluster))
    answers = {what: developer(*attempt) for what, attempt in attempts.items()}
    evidence.add(
        "searched", {"values": sorted(values), "in bytes of": {what: len(a.content) for what, a in answers.items()}}
    )
    found = ways.leaks(answers, values)
    assert values and answers and not found, f"expected no Secret's value in anything that developers read, saw {found}"


@then("every Argo CD project allows only named repositories and the platform's namespace")
def projects_are_narrow(argocd, cluster, evidence):
    seen = projects.listed(cluster, "appprojects")
    evidence.add("projects", seen)
    wide = [text for name, spec in seen.items() for text in projects.too_wide(name, spec)]
    assert seen and not wide, f"expected projects that allow only what they need, saw {wide or 'no project'}"
    allows = {key: seen["default"].get(key) for key in ("sourceRepos", "destinations") if seen["default"].get(key)}
    assert not allows, f"expected Argo CD's project `default` to allow nothing, saw {allows}"


@then("Argo CD reveals nothing to clients that have not signed in")
def argocd_knows_no_strangers(argocd, evidence):
    seen = projects.told_to_strangers(argocd)
    evidence.add("Argo CD's answers without a session", seen)
    assert {*seen.values()} == {401}, (
        f"expected 401 without a session, saw {seen}. Try: kubectl -n argocd get cm argocd-cm"
    )
    badges = projects.told_by_badges(argocd, APPLICATIONS)
    assert not badges, f"expected no status in Argo CD's badges, which anyone can request, saw {badges}"


@then("a Git server in the cluster takes no push without its one password")
def git_knows_no_strangers(cluster, git):
    found = git_pushes.open_to_strangers(cluster, git)
    hint = "Try: kubectl -n git exec deploy/git -- cat /etc/lighttpd/lighttpd.conf"
    assert not found, f"expected the Git server to refuse whoever lacks its one password, but {found}. {hint}"


@when(
    "Applications in the platform's project name another repository or another namespace", target_fixture="foreigners"
)
def foreign_applications(argocd, cluster, auth_service):
    with projects.foreigners(cluster, "auth-service") as made:
        yield made


@then("Argo CD rejects each of them")
def foreigners_refused(foreigners, evidence):
    for what, name in foreigners.made.items():
        hint = f"kubectl -n {ARGOCD} describe application {name}"
        refused = f"Argo CD to refuse the Application that names {what}"
        said = eventually(functools.partial(foreigners.refused, what), within=SYNCED, what=refused, hint=hint)
        evidence.add(f"of the Application that names {what}", said)
