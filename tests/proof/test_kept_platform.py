"""Undoing a defect keeps what the platform has written since."""

import json
from types import SimpleNamespace

from acceptance.proof.kept_platform import KeptPlatform

RECORDS = {"history": [{"revision": "abc"}]}


class Kept(KeptPlatform):
    """A platform whose kubectl knows one Application; by `-f` it prints lists, as kubectl does."""

    def __init__(self):
        self.now = {"kind": "Application", "metadata": {"name": "redis", "namespace": "argocd"}, "status": RECORDS}
        self.replaced = []

    def kubectl(self, *arguments, stdin=None, check=True):
        """What kubectl prints."""
        if arguments[0] == "replace":
            self.replaced.append(json.loads(stdin))
            return ""
        if "name" in arguments:
            return "application.argoproj.io/redis\n"
        return json.dumps({"kind": "List", "items": [self.now]} if "-f" in arguments else self.now)


def test_an_application_that_is_put_back_keeps_its_records():
    kept = Kept()
    before = {"apiVersion": "argoproj.io/v1alpha1", **kept.now, "status": {"history": []}}
    kept.put_back(before)
    assert [item["status"] for item in kept.replaced] == [RECORDS]


def test_only_syncs_of_earlier_commits_are_ended():
    ended = []

    class Syncing(KeptPlatform):
        """Two Applications that are being synced, and one that is not."""

        def __init__(self):
            self.repository = SimpleNamespace(tip=lambda: "new")

        def kubectl(self, *arguments, stdin=None, check=True):
            if "patch" in arguments:
                ended.append(arguments[arguments.index("application") + 1])
            return "auth=Running=old backend=Running=new redis=Succeeded=old "

    Syncing().end_syncs()
    assert ended == ["auth"]
