"""A manifest of ours, and copies of it with one value changed."""

import copy

import yaml

from acceptance.base.paths import ROOT

BACKEND = yaml.safe_load((ROOT / "k8s" / "backend-service" / "base" / "deployment.yaml").read_text())


def changed(manifest, path, value):
    """A copy of a manifest with another value at a path; None takes the key out."""
    found = item = copy.deepcopy(manifest)
    *above, last = path.split("/")
    for key in above:
        item = item[int(key)] if key.isdigit() else item.setdefault(key, {})
    if value is None:
        del item[last]
    else:
        item[last] = value
    return found


def service(name, **spec):
    """Changes the spec of a Service, given Services and servers of a database by name."""
    return lambda services, _: services[name].update(spec)


def flag(kind, before, after):
    """Replaces a text in a server's arguments."""

    def change(_, there):
        container = there[kind]["spec"]["template"]["spec"]["containers"][0]
        assert any(before in text for text in container["args"])
        container["args"] = [text.replace(before, after) for text in container["args"]]

    return change
