"""Pods of the probe image: which image they use, and what a scenario may override."""

from acceptance.cluster.probe import Probe


def test_each_probe_makes_pods_of_its_own_image():
    images = [Probe(image).pod("some")["spec"]["containers"][0]["image"] for image in ("a:1", "b:2")]
    assert images == ["a:1", "b:2"]


def test_spec_and_container_are_the_scenarios_to_change():
    pod = Probe("a:1").pod("some", "log", "3", nodeSelector={"x": "y"}, container={"securityContext": {}})
    (container,) = pod["spec"]["containers"]
    assert (container["args"], container["securityContext"]) == (["log", "3"], {})
    assert pod["spec"]["nodeSelector"] == {"x": "y"}
    assert pod["spec"]["automountServiceAccountToken"] is False
