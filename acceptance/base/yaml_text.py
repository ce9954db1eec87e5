"""YAML as data, read by libyaml where PyYAML has it, seven times as fast; and as text, of which people wrote parts."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def document(text: str) -> Any:
    """The one document of a YAML file. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=LOADER)


def documents(text: str) -> list[Any]:
    """The non-empty documents of a YAML file. Raises yaml.YAMLError."""
    return [found for found in yaml.load_all(text, Loader=LOADER) if found]


def round_trip() -> Any:
    """What reads and writes YAML such that comments, quotes, order and layout of what did not change survive."""
    # It takes a tenth of a second to load, and few commands change files.
    from ruamel.yaml import YAML

    form = YAML()
    form.indent(mapping=2, sequence=4, offset=2)
    form.width = 4096
    form.preserve_quotes = True
    return form


def edited(text: str, change: Callable[[Any], None]) -> str:
    """A YAML file after a change to its document; everything else stays as it was written."""
    form, written = round_trip(), io.StringIO()
    found = form.load(text)
    change(found)
    form.dump(found, written)
    return written.getvalue()
