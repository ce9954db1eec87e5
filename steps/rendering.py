"""kustomize's rendering, compared with the platform's objects. Source: plan 8.9."""

from pytest_bdd import given, parsers, then, when

from acceptance.cluster.manifests import without_hooks
from acceptance.criteria.evidence import Evidence
from acceptance.drivers.argocd.drift import Held, by_others
from acceptance.drivers.workloads import production_parity
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
