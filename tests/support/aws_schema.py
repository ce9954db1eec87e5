"""What the AWS provider takes, read out of the package cdktf-cdktf-provider-aws: parsed, never imported."""

import ast
import functools
import re
import zipfile
from dataclasses import dataclass, field

META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners"}
# Prefix of the provider's own class names for arguments and computed values of other types than text.
TYPES = {
    "builtins.str": "string",
    "jsii.Number": "number",
    "builtins.bool": "bool",
    "_cdktf_9a9027ec.IResolvable": "bool",
    "_cdktf_9a9027ec.StringMap": ["map", "string"],
}

# What the instance types that we use have: CPUs and MiB. Others are small on purpose.
INSTANCE_TYPES = {"c6i.large": (2, 4096), "m6i.large": (2, 8192), "m6i.xlarge": (4, 16384), "m6i.2xlarge": (8, 32768)}


@dataclass
class Block:
    """A resource, data source or nested block: its arguments with their types, what it computes, and its own blocks."""

    arguments: dict[str, object] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    computed: dict[str, object] = field(default_factory=dict)
    blocks: dict[str, "Block"] = field(default_factory=dict)
    single: bool = False


class Provider:
    """The provider's resources and data sources by name, from the package's wheel."""

    def __init__(self, wheel):
        self.archive = zipfile.ZipFile(wheel)
        self.package = next(
            name.split("/")[0] for name in self.archive.namelist() if name.endswith("/_jsii/__init__.py")
        )

    @functools.cache  # noqa: B019 (one object a run)
    def resource(self, name):
        """The resource `aws_x`, or None."""
        return self.read(name.removeprefix("aws_"))

    @functools.cache  # noqa: B019 (one object a run)
    def data(self, name):
        """The data source `aws_x`, or None."""
        return self.read("data_" + name)

    @functools.cache  # noqa: B019 (one object a run)
    def configuration(self):
        """The arguments of the provider block itself."""
        return self.read("provider")

    def read(self, module):
        """The class of a module, as a Block."""
        path = f"{self.package}/{module}/__init__.py"
        if path not in self.archive.namelist():
            return None
        classes = {
            node.name: node for node in ast.parse(self.archive.read(path)).body if isinstance(node, ast.ClassDef)
        }
        top = next(iter(classes.values()))
        found = block_of(top, classes)
        found.computed = {
            name: kind
            for name, kind in computed(top).items()
            if name not in found.arguments and name not in found.blocks and name != "id"
        }
        found.arguments.pop("id", None)
        found.computed["id"] = "string"
        return found


def block_of(node, classes, prefix=None):
    """The Block that a class states in its constructor."""
    constructor = next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")
    blocks_by_doc = set(re.findall(r":param (\w+): \w+ block\.", ast.get_docstring(constructor) or ""))
    found = Block()
    for argument, default in zip(constructor.args.kwonlyargs, constructor.args.kw_defaults, strict=True):
        text = ast.unparse(argument.annotation)
        documented = argument.arg
        # Python's own words carry an underscore; OpenTofu's names do not.
        name = documented.rstrip("_")
        if name in META and prefix is None:
            continue
        nested = re.search(r"['\"]([A-Z]\w+)['\"]", text)
        if nested and nested.group(1) in classes:
            inner = block_of(classes[nested.group(1)], classes, prefix=name)
            inner.single = "typing.Sequence" not in text
            if documented in blocks_by_doc:
                found.blocks[name] = inner
            else:
                found.arguments[name] = "dynamic"
        else:
            found.arguments[name] = type_of(text)
        if default is None:
            found.required.add(name)
    return found


def type_of(text):
    """OpenTofu's type for a Python annotation."""
    mapping = re.search(r"typing\.Mapping\[builtins\.str, ([\w.]+)\]", text)
    if mapping:
        return ["map", TYPES.get(mapping.group(1), "dynamic")]
    sequence = re.search(r"typing\.(?:Sequence|List)\[([\w.]+)\]", text)
    if sequence:
        return ["list", TYPES.get(sequence.group(1), "dynamic")]
    for key, kind in TYPES.items():
        if key in text:
            return kind
    return "dynamic"


def computed(node):
    """The values that a class gives back."""
    found = {}
    for item in node.body:
        if not isinstance(item, ast.FunctionDef) or item.returns is None or item.name.endswith("_input"):
            continue
        decorators = [ast.unparse(decorator) for decorator in item.decorator_list]
        if "builtins.property" in decorators:
            found[item.name.rstrip("_")] = type_of(ast.unparse(item.returns))
    return found
