"""A fingerprint of what judges a criterion: its scenario, its steps, and the driver functions that they depend on.

It only reads source text and imports nothing. The code counts; layout, comments, docstrings, messages of assertions and
waits, and neighbours do not, so that English can be improved without proving again what it says.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.base.paths import ROOT

SCENARIO = re.compile(r"^[ ]*@(?:ac-|(?=plan-))([\w.-]+).*?(?=^[ ]*@|\Z)", re.MULTILINE | re.DOTALL)
ORDER = re.compile(r" @(?:(?:disturbs|needs)-[\w-]+|quiet\b)")
"""Tags that determine what a scenario may run alongside; they judge nothing."""
JUDGING = ("acceptance.drivers", "steps")
"""The packages whose functions judge."""
WAITS = ("eventually", "consistently")
DESCRIPTIONS = ("what", "hint")
"""The arguments of a wait that end up in its message and nowhere else."""


@dataclass
class Definition:
    """A function, class or value of a module: its code without its words, and the names that it uses."""

    text: str
    uses: set[str]
    words: list[str] = field(default_factory=list)
    """For a step: its words."""


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
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(JUDGING):
            imports |= {
                alias.asname or alias.name: found
                for alias in node.names
                if (found := imported(root, node.module, alias.name))
            }
        for name in names_of(node):
            definitions[name] = define(node)
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


class Wordless(ast.NodeTransformer):
    """Takes out what is said and judges nothing: docstrings, messages of assertions and waits, words of exceptions."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """A string on its own is a docstring."""
        return None if is_text(node.value) else self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """An assertion's message comes after it has failed."""
        node.msg = None
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """So do the words of an exception; its type judges."""
        if isinstance(node.exc, ast.Call):
            node.exc.args = [part for part in node.exc.args if not is_text(part)]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """So do the descriptions of a wait. A name is not evaluated further; other expressions run before the wait."""
        if isinstance(node.func, ast.Name) and node.func.id in WAITS:
            for keyword in node.keywords:
                if keyword.arg in DESCRIPTIONS:
                    named = isinstance(keyword.value, ast.Name)
                    keyword.value = ast.Constant("") if named else without_words(keyword.value)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A text that was given a name for one of these, and is used for nothing else, is no different."""
        self.generic_visit(node)
        parts = list(ast.walk(node))
        used = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        used.update(*(part.names for part in parts if isinstance(part, (ast.Global, ast.Nonlocal))))
        for part in parts:
            if isinstance(part, ast.Assign) and len(part.targets) == 1:
                part.value = without_unused_words(part.targets[0], part.value, used)
        return node


def without_unused_words(target: ast.expr, value: ast.expr, used: set[str]) -> ast.expr:
    """What is assigned, without the words of texts whose names are not used."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        value.elts = [without_unused_words(*pair, used) for pair in zip(target.elts, value.elts, strict=True)]
    return without_words(value) if isinstance(target, ast.Name) and target.id not in used else value


def without_words(node: ast.expr) -> ast.expr:
    """An expression that makes a text, without its words: only what is evaluated for it is left."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.Constant("")
    if isinstance(node, ast.JoinedStr):
        formatted = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        for part in formatted:
            part.value = without_words(part.value)
        return ast.JoinedStr([*formatted]) if formatted else ast.Constant("")
    if isinstance(node, ast.IfExp):
        node.body, node.orelse = without_words(node.body), without_words(node.orelse)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        node.left, node.right = without_words(node.left), without_words(node.right)
    return node


def is_text(node: ast.expr) -> bool:
    """Whether an expression is a string, formatted or not. A number may be what is judged: the status of a refusal."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def define(node: ast.stmt) -> Definition:
    """A definition, from its statement, of which Wordless takes the words out."""
    words = list(step_words(node))
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
    return Definition(shape(node), uses, words)


def shape(node: object) -> str:
    """A syntax tree as text, without empty fields: newer versions of Python add some, and all must agree."""
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({', '.join(f'{name}={shape(value)}' for name, value in fields)})"
    return f"[{', '.join(map(shape, node))}]" if isinstance(node, list) else repr(node)


def step_words(node: ast.stmt) -> Iterator[str]:
    """The words of a step: of each `given`, `when` or `then` that decorates a function."""
    for call in getattr(node, "decorator_list", []):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("given", "when", "then") and call.args:
            argument: ast.expr = call.args[0]
            if isinstance(argument, ast.Call) and argument.args:
                argument = argument.args[0]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


def is_step_of(words: str, scenario: str) -> bool:
    """Whether a scenario has a step with these words, whatever its values."""
    pattern = re.sub(r"\\{[^}]*\\}", ".+?", re.escape(words)).replace("<", "").replace(">", "")
    return bool(re.search(rf"(Given|When|Then|And|But) {pattern}\s*$", scenario, re.MULTILINE))


def judging(scenario: str, root: Path = ROOT) -> dict[tuple[Path, str], str]:
    """The texts of all definitions that a scenario's steps depend on, by module and name."""
    waiting = [
        (path, name)
        for path in sorted((root / "steps").glob("[a-z]*.py"))
        for name, definition in read_module(path, root).definitions.items()
        if any(is_step_of(words, scenario) for words in definition.words)
    ]
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
    digest = hashlib.sha256(ORDER.sub("", text).encode())
    for (path, name), definition in sorted(judging(text, root).items()):
        digest.update(f"{path.relative_to(root).as_posix()} {name}\n{definition}\n".encode())
    return digest.hexdigest()[:16]
