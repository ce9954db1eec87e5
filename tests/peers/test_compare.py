"""The comparison with peers: that all judge the same criteria, and what its table says. No cluster, no tool."""

import importlib.util
import re
import subprocess
import sys

import pytest
import yaml

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT

HERE = ROOT / "tests" / "peers"
SPEC = importlib.util.spec_from_file_location("compare", HERE / "compare.py")
compare = importlib.util.module_from_spec(SPEC)
sys.modules["compare"] = compare
SPEC.loader.exec_module(compare)

NODES = "control-plane cp-1 10.0.0.1\nworker w-1 10.0.0.2\nworker w-2 10.0.0.3\n"


@pytest.fixture
def platform(tmp_path):
    """A platform of three machines that is not there."""
    (tmp_path / "nodes").write_text(NODES)
    return compare.Platform(tmp_path, tmp_path / "bin" / "kubectl", "registry:5000/probe:1")


def shell(script, tmp_path, **environment):
    """A script of sh that has read checks.sh, with a kubectl that prints what the script wrote into `answer`."""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\ncat "$(dirname "$0")/answer"\n')
    kubectl.chmod(0o755)
    (tmp_path / "nodes").write_text(NODES)
    known = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NODES": str(tmp_path / "nodes"), "NAMESPACE": "own", **environment}
    return subprocess.run(
        ["sh", "-euc", f". {HERE}/checks.sh\n{script}"], env={"PROBE_IMAGE": "image", **known}, cwd=tmp_path,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def undisturbing():
    """The criteria of requirement 2 whose scenarios are not disruptive."""
    (feature,) = (ROOT / "features").glob("02_*.feature")
    tags = re.findall(r"@ac-(\S+)(.*)\n", feature.read_text())
    return sorted(identity for identity, others in tags if "disruptive" not in others)


def test_each_peer_judges_what_the_suite_judges_without_disturbing():
    of_shell = re.findall(r"^check_(\d)_(\d)\(\)", (HERE / "checks.sh").read_text(), re.MULTILINE)
    of_bats = re.findall(
        r'^@test "(\S+) .*check_(\d)_(\d)|^@test "(\S+) ', (HERE / "requirement_2.bats").read_text(), re.M
    )
    assert [".".join(pair) for pair in of_shell] == undisturbing()
    assert [row[0] or row[3] for row in of_bats] == undisturbing()
    assert sorted(path.parent.name for path in HERE.glob("chainsaw/*/chainsaw-test.yaml")) == undisturbing()
    assert " ".join(undisturbing()) in (HERE / "floor.sh").read_text()


def test_tests_of_chainsaw_are_yaml_and_bind_what_their_pods_take():
    pod = (HERE / "chainsaw" / "pod.yaml").read_text()
    taken = set(re.findall(r"\(\$(\w+)\)", pod))
    for path in HERE.glob("chainsaw/*/chainsaw-test.yaml"):
        test = yaml.safe_load(path.read_text())
        outer = {binding["name"] for binding in test["spec"].get("bindings", [])}
        for operation in (step for steps in test["spec"]["steps"] for step in steps["try"]):
            created = operation.get("create", {})
            if created.get("file") == "../pod.yaml":
                assert taken <= outer | {binding["name"] for binding in created.get("bindings", [])}, path


def test_pods_of_the_floor_and_of_chainsaw_are_the_same(tmp_path):
    seen = shell("pod server '[serve]'", tmp_path)
    floor, other = yaml.safe_load(seen.stdout), yaml.safe_load((HERE / "chainsaw" / "pod.yaml").read_text())
    differing = {"nodeSelector", "volumes", "securityContext", "containers"}
    assert {key: value for key, value in other["spec"].items() if key not in differing} == {
        key: value for key, value in floor["spec"].items() if key not in differing
    }
    (of_floor,), (of_other,) = floor["spec"]["containers"], other["spec"]["containers"]
    for key in ("env", "resources", "securityContext"):
        assert of_floor[key] == of_other[key]


@pytest.mark.parametrize(
    ("nodes", "code"),
    [("w-1\nw-2\nw-1", 0), ("w-1\nw-1\nw-1", 1), ("w-1\nw-2\ncp-1", 1), ("w-1\nw-2", 1)],
)
def test_pods_on_one_worker_elsewhere_or_missing_are_not_spread(tmp_path, nodes, code):
    assert shell(f"printf '{nodes}\n' | spread_over_workers", tmp_path).returncode == code


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("ReplicaSet/ auth-1 auth auth 3\nStatefulSet/ yb-0 yb-tserver patroni 6 exporter 6\n", 0),
        ("ReplicaSet/ auth-1 auth auth 3 sidecar no\n", 1),
        ("StatefulSet/ yb-0 yb-tserver patroni 3\n", 1),
        ("Job/ init-1 init init no\n/true copy-1 auth auth no\nReplicaSet/ auth-1 auth auth 3\n", 0),
        ("Job/ init-1 init init no\n", 1),
    ],
)
def test_a_container_that_nothing_restarts_is_red(tmp_path, answer, code):
    (tmp_path / "answer").write_text(answer)
    assert shell("services_have_probes", tmp_path).returncode == code


@pytest.mark.parametrize(
    ("version", "code", "words"),
    [
        ("v1.34.4", 0, "not to be judged here"),
        ("v1.28.0+k3s1", 0, ""),
        ("v1.34.1+k3s1", 0, ""),
        ("v1.9.0+k3s1", 1, "saw K3s v1.9.0"),
    ],
)
def test_which_k3s_is_new_enough(tmp_path, version, code, words):
    (tmp_path / "answer").write_text(f'{{\n  "gitVersion": "{version}",\n}}\n')
    done = shell("check_2_2", tmp_path)
    assert done.returncode == code, done
    assert words in done.stdout + done.stderr


def test_what_does_not_come_in_time_is_red_and_says_so(tmp_path):
    done = shell("within 1 false", tmp_path)
    assert done.returncode == 1
    assert "expected `false` within 1 s" in done.stderr


def test_what_peers_know_of_the_platform(platform):
    assert yaml.safe_load(compare.values(platform)) == {
        "image": "registry:5000/probe:1", "machines": ["cp-1", "w-1", "w-2"], "workers": ["w-1", "w-2"],
    }  # fmt: skip
    assert platform.environment()["PATH"].startswith(f"{platform.kubectl.parent}:")


def test_only_what_is_asked_for_is_installed_and_run(platform, tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "installed", lambda *_: pytest.fail("nothing is to be installed"))
    found = compare.contenders(platform, tmp_path, ["this suite", compare.FLOOR])
    assert list(found) == [compare.FLOOR, "this suite"]
    assert "not disruptive" in found["this suite"]
    with pytest.raises(UserError, match="there is no kuttl"):
        compare.contenders(platform, tmp_path, ["kuttl"])


def test_a_peer_is_installed_once_and_where_its_version_says(monkeypatch, tmp_path):
    monkeypatch.setattr(compare, "TOOLS", tmp_path)
    folders = []

    def install(folder):
        folders.append(folder)
        (folder / "peer").touch()

    program = tmp_path / "peer@1" / "peer"
    assert [compare.installed(program, install) for _ in range(2)] == [str(program)] * 2
    assert folders == [tmp_path / "peer@1"]
    with pytest.raises(UserError, match="holds no other"):
        compare.installed(tmp_path / "peer@1" / "other", lambda _: None)


@pytest.mark.parametrize("command", [["false"], ["no-such-program"]])
def test_a_peer_that_cannot_be_had_is_said_with_what_to_do(command, tmp_path):
    with pytest.raises(UserError, match="--only"):
        compare.run(command, tmp_path)


def test_the_table_has_medians_and_ratios_to_the_floor():
    runs = {
        compare.FLOOR: [compare.Cost(20, 40, 5), compare.Cost(90, 40, 5), compare.Cost(10, 40, 5)],
        "this suite": [compare.Cost(30, 50, 9, 1)],
    }
    _, _, floor, suite = compare.table(runs).splitlines()
    assert floor == "| kubectl and sh | 3 | 20.0 s | 40 s | 5 s | 1.00 | 1.00 |"
    assert suite == "| this suite | 1, 1 not green | 30.0 s | 50 s | 9 s | 1.50 | 1.25 |"
    (*_, alone) = compare.table({"this suite": runs["this suite"]}).splitlines()
    assert alone.endswith("| 9 s | | |")


def test_without_a_platform_it_says_what_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compare, "STATE", tmp_path)
    assert compare.main([]) == 4
    assert "make up" in capsys.readouterr().err


def test_a_command_is_measured_and_its_words_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(compare, "MachineLock", Lock)
    log = tmp_path / "log"
    cost = compare.measure("some", ["sh", "-c", "echo said; exit 3"], {"PATH": "/usr/bin:/bin"}, log)
    assert cost.code == 3 and cost.seconds > 0
    assert log.read_text() == "said\n"


class Lock:
    """Stands in for the machine's lock, which a run beside this test may hold."""

    def acquire(self, _):
        """Nothing to hold."""

    def release(self):
        """Nothing to give back."""
