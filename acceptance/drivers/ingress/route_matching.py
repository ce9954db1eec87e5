"""What a route rule's match accepts, interpreted like Traefik. Source: Traefik's documentation, rule syntax v3."""

from __future__ import annotations

import re

MATCHER = re.compile(r"(!?)\b(Host|HostRegexp|Path|PathPrefix)\(([^)]*)\)", re.IGNORECASE)
WORD = re.compile(r"[`\"]([^`\"]*)[`\"]")

QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"")
CALLED = re.compile(r"(!?)\s*(\w*)\s*\(")
"""A matcher, or parentheses, with any preceding negation."""
TRIED = {"", "host", "hostregexp", "path", "pathprefix"}
"""The matchers whose arguments scenarios know and request, in lower case; parentheses have an empty name."""


def words(match: str, *matchers: str) -> list[str]:
    """The arguments of the matchers with these names, however they are spelt, except those negated by `!`."""
    wanted = {name.lower() for name in matchers}
    found = [text for no, name, text in MATCHER.findall(match) if name.lower() in wanted and not no]
    return [word for text in found for word in WORD.findall(text)]


def parts(match: str, operator: str) -> list[str]:
    """The parts of a match between operators of one kind outside parentheses and quotes."""
    found, depth, quote, begin = [], 0, "", 0
    for at, letter in enumerate(match):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in '`"':
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif depth == 0 and at >= begin and match.startswith(operator, at):
            found.append(match[begin:at])
            begin = at + len(operator)
    return [part.strip() for part in [*found, match[begin:]]]


def may_take(match: str, host: str) -> bool:
    """Whether a match may accept requests for a host; an alternative that names no host accepts any."""
    for operator, judge in (("||", any), ("&&", all)):
        if len(found := parts(match, operator)) > 1:
            return judge(may_take(part, host) for part in found)
    match = match.strip()
    if match.startswith("("):
        return may_take(match[1:-1], host)
    if match.lower().startswith("host("):
        return plain(host) in [plain(word) for word in WORD.findall(match)]
    if match.lower().startswith("hostregexp("):
        return any(fits(pattern, host) for pattern in WORD.findall(match))
    return True


def plain(host: str) -> str:
    """A host in one spelling: Traefik compares them without regard to case, and without the dot that may end them."""
    return host.lower().rstrip(".")


def fits(pattern: str, host: str) -> bool:
    """Whether a pattern matches a host; a pattern that only Traefik can parse may match any."""
    try:
        return bool(re.search(pattern, host, re.IGNORECASE))
    except re.error:
        return True


def names_hosts(match: str) -> bool:
    """Whether a match accepts only hosts that it names: Traefik orders certificates for those."""
    if len(found := parts(match, "||")) > 1:
        return all(names_hosts(part) for part in found)
    if len(found := parts(match, "&&")) > 1:
        return any(names_hosts(part) for part in found)
    match = match.strip()
    return names_hosts(match[1:-1]) if match.startswith("(") else match.lower().startswith("host(")


def untried(match: str) -> list[str]:
    """The matchers by which a rule takes some requests for its hosts and paths only, with a `!` that negates them.

    No scenario sends each method, query, header and client's address that a rule could tell apart.
    """
    found = CALLED.findall(QUOTED.sub("", match))
    return [no + (name or "(...)") for no, name in found if no or name.lower() not in TRIED]
