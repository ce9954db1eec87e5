"""Pod security. Source: plan 27.10."""

from pytest_bdd import given, then

from acceptance.drivers.security import admission_exemptions, machine_volumes, pod_security, rendered_pods
from acceptance.drivers.security.pod_security import STANDARD
from acceptance.drivers.workloads import system_pods
from acceptance.platform.access import NAMESPACE


@given("the services' namespace, labelled with the plan's pod security standard")
def labelled(access, cluster, evidence):
    seen = pod_security.standards(cluster, NAMESPACE)
    evidence.add(f"labels of {NAMESPACE}", seen)
    where = f"on the namespace {NAMESPACE}, saw {seen}"
    assert seen.get("enforce") in ("baseline", "restricted"), f"expected {STANDARD}/enforce=baseline {where}"
    for mode in ("warn", "audit"):
        assert seen.get(mode) == "restricted", f"expected {STANDARD}/{mode}=restricted {where}"


@then("each API server rejects pods there that could take over their node, and admits one that could not")
def dangerous_refused(cluster, outputs, evidence):
    seen = pod_security.answers_by_server(cluster, outputs.control_planes)
    evidence.add("answers by API server", seen)
    wrong = pod_security.misjudged(seen)
    assert seen and not wrong, f"expected API servers to refuse dangerous pods and admit a good one, saw {wrong}"
    let_in = {} if cluster.is_attached else admission_exemptions.admitted_for_workloads(cluster, outputs.control_planes)
    assert not let_in, f"expected API servers to refuse dangerous pods of workloads, but they admit: {let_in}"


@then("no API server exempts an account, a class or a namespace of the platform's from that")
def nobody_is_exempt(cluster, outputs):
    # Other people's clusters may have agents that need an exemption, each API server in settings that nobody shows.
    found = {} if cluster.is_attached else admission_exemptions.exempt_by_settings(cluster, outputs.control_planes)
    assert not found, f"expected no exemptions from pod security, API servers have these: {found}"


@then("no volume and no storage class gives pods a machine's own folders")
def folders_are_kept(cluster):
    # Other people's clusters may have volumes of their own.
    found = [] if cluster.is_attached else machine_volumes.folders_given_away(cluster)
    assert not found, f"expected only volumes in the provisioner's folders, saw {found}. Try: kubectl get pv,sc"


@then("every pod of the platform meets the restricted standard")
def all_would_pass(cluster, applications, evidence):
    names = [NAMESPACE, *pod_security.platform_namespaces(cluster)]
    seen = {name: pod_security.complaints(cluster, name) for name in names}
    evidence.add("what the API says to enforcing it", {name: said or "nothing" for name, said in seen.items()})
    wrong = {name: said for name, said in seen.items() if said}
    assert not wrong, f"expected all pods to meet the restricted standard, saw the API's warnings by namespace: {wrong}"


@then("all of the platform's other namespaces enforce the restricted standard")
def others_enforce(cluster, sealed_secrets, traefik, argocd, evidence):
    names = pod_security.platform_namespaces(cluster)
    seen = {name: pod_security.standards(cluster, name).get("enforce") for name in names}
    evidence.add(f"{STANDARD}/enforce", seen)
    missing = {"argocd", "sealed-secrets", "traefik"} - set(names)
    assert not missing, f"expected {sorted(missing)} among the platform's namespaces, saw {names}"
    assert set(seen.values()) == {"restricted"}, f"expected {STANDARD}/enforce=restricted on each namespace, saw {seen}"
    weak = pod_security.weak_namespaces(cluster, names)
    assert not weak, f"expected every namespace to refuse pods by a recent version of its standard, saw {weak}"


@then("every pod in the system namespaces was created by a workload or a machine")
def nobody_left_a_pod(cluster):
    found = system_pods.left_behind(
        cluster.core.list_pod_for_all_namespaces().items, system_pods.paths_of_volumes(cluster)
    )
    assert not found, f"expected only pods of workloads in system namespaces, saw {found}. Try: kubectl delete pod"


@then("only workloads that run the nodes can control a node there")
def nobody_rules_nodes(cluster):
    # A shared cluster may run agents of others on its nodes.
    found = [] if cluster.is_attached else system_pods.unknown_rulers(cluster.core.list_pod_for_all_namespaces().items)
    assert not found, (
        f"expected only the workloads that run the nodes to control a node, saw {found}. Try: kubectl describe"
    )


@then("only pods that call the API hold a token for it")
def no_needless_tokens(cluster):
    holders = pod_security.needless_tokens(pod_security.platform_pods(cluster))
    assert not holders, f"expected API tokens only where they are needed, but these pods hold one: {holders}"
    lasting = pod_security.account_tokens(cluster)
    assert not lasting, f"expected no Secret with a token that never expires, saw {lasting}"


@then("the same is true of all pods that Git would start, here and in production, once their jobs run again")
def rendered_pods_too(cluster, platform, argocd, applications):
    places = rendered_pods.objects_by_place(platform, argocd)
    refused = rendered_pods.refused_jobs(cluster, places)
    assert not refused, f"expected the pods of all jobs to meet the restricted standard, saw {refused}"
    holders = rendered_pods.needless_tokens(platform, places)
    assert not holders, f"expected API tokens only where they are needed, but pods of these would get one: {holders}"
