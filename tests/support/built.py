"""Images and host tools that tests need. Where tests run side by side, one process makes what is missing."""

import contextlib
import fcntl
import functools

from acceptance.base.paths import CACHE, ROOT
from acceptance.base.yaml_text import documents
from acceptance.clients.kustomize import build
from acceptance.images.build import Images
from acceptance.images.upstream_manifests import upstream


@contextlib.contextmanager
def alone():
    """No other process of the tests builds anything in the engine or the cache meanwhile."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def image(name):
    """The tag of an image of images/lock.toml; built if it is not there."""
    with alone():
        maker = Images("build")
        entry = maker.lock[name]
        if not maker.is_there(entry):
            maker.build([entry])
    return maker.tag(entry)


@functools.cache
def upstream_manifests():
    """Have in k8s/upstream what kustomizations take from upstream; fetched if the cache lacks it."""
    with alone():
        maker = Images()
        wanted = [entry for entry in maker.lock.values() if entry.use == "manifests"]
        if lacking := [entry for entry in wanted if not maker.is_there(entry)]:
            maker.build(lacking)
        assert upstream(maker) == set()


@functools.cache
def tool(name):
    """A host tool of images/lock.toml; built if it is not there."""
    with alone():
        maker = Images()
        entry = maker.lock[f"{name}-tool"]
        if not maker.is_there(entry):
            maker.build([entry])
    return maker.folder(entry) / name


@functools.cache
def rendering_of(component, overlay):
    """What an overlay of a component renders from this checkout."""
    upstream_manifests()
    return documents(build(tool("kubectl"), ROOT / "k8s" / component / "overlays" / overlay))
