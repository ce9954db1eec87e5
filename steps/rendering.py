"""kustomize's rendering, compared with the platform's objects, and what production's changes. Source: plan 8.9."""

from pytest_bdd import given, parsers, then, when

from acceptance.cluster.manifests import without_hooks
from acceptance.criteria.evidence import Evidence
from acceptance.drivers.argocd.drift import Held, by_others
from acceptance.drivers.workloads import production_parity, production_pods
from acceptance.platform.access import Access
from acceptance.platform.deployed_tree import components_of
from acceptance.platform.platform import Platform


@given("the whole platform")
def whole_platform(
    applications: list[str], routes: None, argocd_route: None, access: Access, metrics_server: None
) -> None:
    """Each component of the platform is up."""


@when("the objects that make render prints are compared with the cluster", target_fixture="held")
def compare(platform: Platform, evidence: Evidence) -> list[Held]:
    held = [
        Held(name, without_hooks(platform.rendering.manifests(name))) for name in components_of(platform.environment)
    ]
    for component in held:
        component.hold(platform.cluster)
    evidence.add("components", [component.name for component in held])
    evidence.add("differences", {component.name: component.differs for component in held if component.differs})
    return held


@then("none of them differs")
def nothing_differs(held: list[Held]) -> None:
    found = [component.name for component in held if component.differs]
    assert not found, f"expected the cluster to match `make render`, but these components differ: {', '.join(found)}"


@then("no field that it does not print was set by hand")
def nothing_by_hand(platform: Platform, held: list[Held]) -> None:
    found = by_others(platform.cluster, [item for component in held for item in component.manifests])
    assert not found, f"expected only fields that `make render` prints, but others were set by hand: {found}"


@then("nothing that it does not print was added to them")
def nothing_added(held: list[Held]) -> None:
    found = [text for component in held for text in component.added]
    assert not found, f"expected nothing beyond what `make render` prints, but these were added: {found}"


@then(parsers.parse('production runs "{component}" as it was proven here'))
def production_is_proven(platform: Platform, component: str) -> None:
    found = production_parity.differences(platform, component)
    assert not found, (
        f"expected production to run {component} as it runs here, but: {'; '.join(found)}. "
        f"Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/{component}/overlays/production"
    )


@then("production's Argo CD has the settings and processes that were proven here")
def production_has_argocd(platform: Platform) -> None:
    found = production_parity.argocd_otherwise(platform)
    hint = "Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/argocd/overlays/production"
    assert not found, f"expected production's Argo CD to be set up as the one here, but {'; '.join(found)}. {hint}"


@then("production's pods find machines, get the plan's memory and are probed at known paths")
def production_starts(platform: Platform) -> None:
    found = production_pods.troubles(platform)
    assert not found, f"expected production's pods to start on its machines and to be ready, but {'; '.join(found)}"
