"""No default class, or one of the platform's own disks, is told."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.data import default_classes

YES, NO = ({default_classes.ANNOTATIONS[0]: value} for value in ("true", "false"))
BETA = {default_classes.ANNOTATIONS[1]: "true"}


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ({"local-path": YES, "database": {}, "redis": NO}, []),
        ({"local-path": YES, "fast": YES, "database": {}}, []),
        ({"local-path": BETA, "database": {}}, []),
        ({"local-path": NO, "database": {}}, ["no class is the default"]),
        (
            {"local-path": YES, "database": BETA},
            ["database, which has a disk for its own claims, is a default"],
        ),
        ({"database": YES}, ["database, which has a disk for its own claims, is a default"]),
    ],
)  # fmt: skip
def test_default_classes_are_judged(monkeypatch, classes, told):
    items = [Thing(metadata=Thing(name=name, annotations=notes or None)) for name, notes in classes.items()]
    api = Thing(list_storage_class=lambda: Thing(items=items))
    monkeypatch.setattr(default_classes.client, "StorageV1Api", lambda _: api)
    cluster = Thing(
        is_attached=False,
        api=None,
        outputs=Thing(volumes={name: Thing(storage_class=name) for name in ("database", "redis")}),
    )
    assert default_classes.mistaken(cluster) == told
    cluster.is_attached = True
    assert default_classes.mistaken(cluster) == []
