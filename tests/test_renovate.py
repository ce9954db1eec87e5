"""Renovate's configuration is valid JSON, and each of its patterns matches what it is meant for."""

import json
import re
import subprocess

import pytest

from acceptance.base.paths import ROOT

CONFIGURATION = json.loads((ROOT / "renovate.json").read_text())
BUILT_IN = {
    "dockerfile": r"(^|/)Dockerfile$",
    "github-actions": r"^\.github/workflows/.+\.yml$",
    "gomod": r"(^|/)go\.mod$",
    "kubernetes": None,
    "kustomize": r"(^|/)kustomization\.yaml$",
    "npm": r"(^|/)package\.json$",
    "pip_requirements": r"(^|/)requirements[\w-]*\.txt$",
    "terraform": r"\.tf$",
}
"""Managers with the files that each looks at by itself; None: renovate.json says where."""
PINS = {
    "dockerfile": r"(?m)^FROM \S+:\S+",
    "github-actions": r"uses: \S+@[0-9a-f]{40} # v",
    "gomod": r"(?m)^\t?(require |tool |)\S+ v\d",
    "kubernetes": r"image: \S+:\S+",
    "kustomize": r"newTag: ",
    "npm": r'": "[\^~]?\d',
    "pip_requirements": r"(?m)^\S+==\S+",
    "terraform": r'source\s+= "\S+/\S+"\n\s+version\s+= "\d',
}
"""What each manager finds in such a file."""


def files():
    """The files of the repository, those that are not committed yet among them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def matched(patterns):
    """The files that patterns of the form `/.../` match."""
    assert all(text.startswith("/") and text.endswith("/") for text in patterns)
    return [name for name in files() if any(re.search(text[1:-1], name) for text in patterns)]


def found(manager):
    """What a custom manager finds, file by file."""
    strings = [re.sub(r"\(\?<(?=[a-zA-Z])", "(?P<", text) for text in manager["matchStrings"]]
    return {
        name: [match for text in strings for match in re.finditer(text, (ROOT / name).read_text())]
        for name in matched(manager["managerFilePatterns"])
    }


@pytest.mark.parametrize("manager", CONFIGURATION["customManagers"], ids=lambda manager: manager["description"])
def test_each_regex_manager_finds_its_versions(manager):
    assert manager["customType"] == "regex"
    matches = found(manager)
    assert matches and all(matches.values()), matches
    for match in (match for group in matches.values() for match in group):
        assert match["currentValue"]
        assert match.groupdict().get("depName") or manager["depNameTemplate"]


def test_every_upstream_of_the_lock_is_found():
    (matches,) = (found(item)["images/lock.toml"] for item in CONFIGURATION["customManagers"][:1])
    lines = re.findall(r"(?m)^upstream = .*$", (ROOT / "images" / "lock.toml").read_text())
    assert [match[0].partition("\n")[0] for match in matches] == lines
    assert [match["depName"] for match in matches if match["currentDigest"]] == ["docker.io/kindest/node"]
    assert {match["depName"] for match in matches} >= {"docker.io/library/traefik", "registry.k8s.io/kube-proxy"}


def test_every_manager_is_known_and_has_something_to_look_at():
    assert set(CONFIGURATION["enabledManagers"]) == {"custom.regex", *BUILT_IN}
    for manager, pattern in BUILT_IN.items():
        patterns = [f"/{pattern}/"] if pattern else CONFIGURATION[manager]["managerFilePatterns"]
        names = matched(patterns)
        pinned = [name for name in names if re.search(PINS[manager], (ROOT / name).read_text())]
        assert pinned, f"{manager} looks at {names} and finds no version"


def test_the_rules_name_packages_that_are_pinned_here():
    text = "\n".join((ROOT / name).read_text() for name in files() if name.startswith(("images/", "k8s/", "services/")))
    references = set(re.findall(r"[\w./-]+", text))
    for rule in CONFIGURATION["packageRules"]:
        for pattern in rule.get("matchPackageNames", []):
            plain = re.compile(pattern[1:-1]) if pattern.startswith("/") else re.compile(f"^{re.escape(pattern)}$")
            assert any(plain.search(name) for name in references), pattern


def test_renovates_expressions_keep_to_what_re2_has():
    for text in re.findall(r'"((?:[^"\\]|\\.)*)"', (ROOT / "renovate.json").read_text()):
        assert not re.search(r"\(\?(<?[=!])", text), f"RE2 has no lookaround: {text}"
        assert not re.search(r"\(\?[a-z]+\)", text), f"JavaScript has no flags within an expression: {text}"
