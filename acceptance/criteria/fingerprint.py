"""A fingerprint of what judges a criterion: its scenario, its steps, and the driver functions that they depend on.

It only reads source text and imports nothing. The code counts, and the values that a step hands over; layout, comments,
docstrings, the words of steps, messages of assertions and waits, and neighbours do not, so that English can be improved
without proving again what it says.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.base.paths import ROOT
from acceptance.criteria.wordless import Wordless, step_calls

SCENARIO = re.compile(r"^[ ]*@(?:ac-|(?=plan-))([\w.-]+).*?(?=^[ ]*@|\Z)", re.MULTILINE | re.DOTALL)
ORDER = re.compile(r" @(?:(?:disturbs|needs)-[\w-]+|quiet\b)")
"""Tags that determine what a scenario may run alongside; they judge nothing."""
STEP = re.compile(r"\s*(?:Given|When|Then|And|But) (.+?)\s*$")
JUDGING = ("acceptance.drivers", "steps")
"""The packages whose functions judge."""


@dataclass
class Definition:
    """A function, class or value of a module: its code without its words, and the names that it uses."""

    text: str
    uses: set[str]
    patterns: list[re.Pattern[str]] = field(default_factory=list)
    """For a step: what its words look like, with a group for each value in them."""


@dataclass
class Module:
    """What a module defines, and what it imports from other judging modules: local name, file, name there."""

    definitions: dict[str, Definition]
    imports: dict[str, tuple[Path, str]]


@functools.cache
def scenarios(root: Path = ROOT) -> dict[str, str]:
    """The text of each scenario in the features, by criterion."""
    found: dict[str, str] = {}
    for path in sorted((root / "features").rglob("*.feature")):
        text = path.read_text()
        found |= {match[1]: match[0] for match in SCENARIO.finditer(text)}
    return found


@functools.cache
def read_module(path: Path, root: Path = ROOT) -> Module:
    """A module of steps or drivers."""
    definitions: dict[str, Definition] = {}
    imports: dict[str, tuple[Path, str]] = {}
    body = ast.parse(path.read_text()).body
    texts = texts_of(body)
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(JUDGING):
            imports |= {
                alias.asname or alias.name: found
                for alias in node.names
                if (found := imported(root, node.module, alias.name))
            }
        for name in names_of(node):
            definitions[name] = define(node, texts)
    return Module(definitions, imports)


def imported(root: Path, module: str, name: str) -> tuple[Path, str] | None:
    """The file that an imported name comes from, and its name there; empty for a whole module."""
    folder = root / module.replace(".", "/")
    for file, inside in ((folder / f"{name}.py", ""), (folder.with_suffix(".py"), name)):
        if file.is_file():
            return file, inside
    return None


def names_of(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def define(node: ast.stmt, texts: Mapping[str, str]) -> Definition:
    """A definition, from its statement, of which Wordless takes the words out; `texts` are the module's, by name."""
    patterns = [step_pattern(call, texts) for call in step_calls(node)]
    node = Wordless().visit(node)
    uses: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            uses.add(part.id)
        elif isinstance(part, ast.arg):
            # A step's arguments may be fixtures defined in its module.
            uses.add(part.arg)
        elif isinstance(part, ast.Attribute):
            uses.add(part.attr)
    return Definition(shape(node), uses, patterns)


def shape(node: object) -> str:
    """A syntax tree as text, without empty fields: newer versions of Python add some, and all must agree."""
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({', '.join(f'{name}={shape(value)}' for name, value in fields)})"
    return f"[{', '.join(map(shape, node))}]" if isinstance(node, list) else repr(node)


def step_pattern(call: ast.Call, texts: Mapping[str, str]) -> re.Pattern[str]:
    """What the words of a step look like, with a group for each of its values.

    Raises ValueError for words that cannot be read without running the module.
    """
    argument, parser = call.args[0], ""
    if isinstance(argument, ast.Call) and argument.args:
        parser = getattr(argument.func, "attr", "")
        argument = argument.args[0]
    words = read_text(argument, texts)
    return re.compile(words if parser == "re" else re.sub(r"\\{[^}]*\\}", "(.+?)", re.escape(words)))


def read_text(node: ast.expr, texts: Mapping[str, str]) -> str:
    """A text as it is written: a string, the name of one, or a string with such names in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(read_text(part, texts) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return read_text(node.value, texts)
    if isinstance(node, ast.Name) and node.id in texts:
        return texts[node.id]
    raise ValueError(f"expected a string or a text of its module as a step's words, saw {ast.unparse(node)}")


def texts_of(body: Iterable[ast.stmt]) -> dict[str, str]:
    """The texts that a module gives names to."""
    return {
        target.id: node.value.value
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def steps_of(scenario: str) -> Iterator[str]:
    """The words of each step of a scenario, in order; an outline's once for each of its rows."""
    lines = [found[1] for line in scenario.splitlines() if (found := STEP.match(line))]
    header, *rows = rows_of(scenario) or [[], []]
    for row in rows:
        for line in lines:
            for name, value in zip(header, row, strict=True):
                line = line.replace(f"<{name}>", value)
            yield line


@functools.cache
def step_functions(root: Path = ROOT) -> list[tuple[Path, str, re.Pattern[str]]]:
    """Every step function: module, name and what its words look like; one with several texts is there for each."""
    return [
        (path, name, pattern)
        for path in sorted((root / "steps").glob("[a-z]*.py"))
        for name, definition in read_module(path, root).definitions.items()
        for pattern in definition.patterns
    ]


@functools.cache
def asked(scenario: str, root: Path = ROOT) -> list[tuple[Path, str, tuple[str, ...]]]:
    """The step functions that a scenario calls, in order: module, name and the values in the step's words."""
    return [
        (path, name, found.groups())
        for words in steps_of(scenario)
        for path, name, pattern in step_functions(root)
        if (found := pattern.fullmatch(words))
    ]


def judging(scenario: str, root: Path = ROOT) -> dict[tuple[Path, str], str]:
    """The texts of all definitions that a scenario's steps depend on, by module and name."""
    waiting = [(path, name) for path, name, _ in asked(scenario, root)]
    found: dict[tuple[Path, str], str] = {}
    while waiting:
        path, name = waiting.pop()
        module = read_module(path, root)
        definition = module.definitions.get(name)
        if definition is None:
            if name in module.imports:
                waiting.append(module.imports[name])
            continue
        if (path, name) in found:
            continue
        found[path, name] = definition.text
        for used in definition.uses:
            if used in module.definitions:
                waiting.append((path, used))
            elif used in module.imports:
                file, inside = module.imports[used]
                # Of a module that is imported as a whole, the parts that are used count, too.
                waiting += [(file, inside)] if inside else [(file, part) for part in definition.uses]
    return found


def fingerprint(identity: str, root: Path = ROOT) -> str:
    """A fingerprint of everything that judges a criterion: 16 hexadecimal digits that change with any of it."""
    text = scenarios(root).get(identity, "")
    calls = [(path.relative_to(root).as_posix(), name, values) for path, name, values in asked(text, root)]
    digest = hashlib.sha256(f"{tags_of(text)} {calls}".encode())
    for (path, name), definition in sorted(judging(text, root).items()):
        digest.update(f"{path.relative_to(root).as_posix()} {name}\n{definition}\n".encode())
    return digest.hexdigest()[:16]


def tags_of(scenario: str) -> list[str]:
    """The tags of a scenario that say how it is judged."""
    return re.findall(r"@\S+", ORDER.sub("", scenario.lstrip().partition("\n")[0]))


def rows_of(scenario: str) -> list[list[str]]:
    """The rows of an outline's examples, its header first."""
    lines = [line.strip() for line in scenario.splitlines()]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
