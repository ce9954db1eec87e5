"""What Argo CD's projects allow."""

import yaml

from acceptance.base.paths import ROOT


def test_the_platforms_project_is_limited_to_what_it_consists_of():
    projects = yaml.safe_load_all((ROOT / "k8s/argocd/projects/base/projects.yaml").read_text())
    ours = next(item["spec"] for item in projects if item["metadata"]["name"] == "alternate-futures")
    assert len(ours["sourceRepos"]) == 1 and "*" not in ours["sourceRepos"][0]
    assert ours["destinations"] == [{"server": "https://kubernetes.default.svc", "namespace": "default"}]
    assert ours["clusterResourceWhitelist"] == []
    kinds = {item["kind"] for item in ours["namespaceResourceWhitelist"]}
    assert "NetworkPolicy" in kinds and not kinds & {"Secret", "*"}
