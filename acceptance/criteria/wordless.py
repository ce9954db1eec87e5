"""Code without its words: the texts of steps, docstrings and messages judge nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

PLACEHOLDER = re.compile(r"\{[^}]*\}|\(\?P<\w+>[^)]*\)")
"""A value in the words of a step, of `parsers.parse` and of `parsers.re`."""
WAITS = ("eventually", "consistently")
DESCRIPTIONS = ("what", "hint")
"""The arguments of a wait that end up in its message and nowhere else."""


class Wordless(ast.NodeTransformer):
    """Takes out texts that judge nothing: docstrings, messages of assertions and waits, words of exceptions."""

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
        """The words of a step, and a text that was given a name for one of these and is used for nothing else."""
        self.generic_visit(node)
        for call in step_calls(node):
            call.args = [ast.Constant(" ".join(sorted(PLACEHOLDER.findall(ast.unparse(call.args[0])))))]
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


def step_calls(node: ast.AST) -> Iterator[ast.Call]:
    """Each `given`, `when` or `then` that decorates a function."""
    for call in getattr(node, "decorator_list", []):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("given", "when", "then") and call.args:
            yield call
