"""What kustomize renders, held against what the platform has. Source: plan 8.9."""

from pytest_bdd import given, then, when

from acceptance.cluster.manifests import differences, lasting
from acceptance.criteria.evidence import Evidence
from acceptance.platform.access import Access
from acceptance.platform.deployed_tree import components_of
from acceptance.platform.platform import Platform


@given("the whole platform")
def whole_platform(
    applications: list[str], routes: None, argocd_route: None, access: Access, metrics_server: None
) -> None:
    """Each component of it is up."""


@when("the objects that make render prints are held against the cluster", target_fixture="rendered")
def compare(platform: Platform, evidence: Evidence) -> dict[str, str]:
    wanted = components_of(platform.environment)
    evidence.add("components", wanted)
    found = {name: differences(platform.cluster, lasting(platform.rendering.manifests(name))) for name in wanted}
    evidence.add("differences", {name: text for name, text in found.items() if text})
    return found


@then("none of them differs")
def nothing_differs(rendered: dict[str, str]) -> None:
    found = [name for name, text in rendered.items() if text]
    assert not found, f"expected what `make render` prints, these components differ: {', '.join(found)}"
