"""Recipes take the modules that they share in one version: a package compiles once for all of them."""

import re

import pytest

from acceptance.base.paths import IMAGES

RECIPES = sorted(file.parent.name for file in IMAGES.glob("*/go.mod"))


def sections():
    """The recipes and the modules' versions of each section of images/shared-modules.txt."""
    found = []
    for line in (IMAGES / "shared-modules.txt").read_text().splitlines():
        if line.startswith("["):
            found.append((RECIPES if line == "[all]" else line.strip("[]").split(), {}))
        elif line and not line.startswith("#"):
            module, version = line.split()
            found[-1][1][module] = version
    return found


def modules(recipe):
    """A recipe's required modules, and what replaces them: path and version."""
    text = (IMAGES / recipe / "go.mod").read_text()
    replaced = dict(re.findall(r"^(?:replace |\t)(\S+)(?: v\S+)? => (\S+ \S+)$", text, re.M))
    return set(re.findall(r"^\t(\S+) v\S+(?: // indirect)?$", text, re.M)), replaced


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_has_the_shared_versions(recipe):
    required, replaced = modules(recipe)
    for recipes, versions in sections():
        for module in required & set(versions) if recipe in recipes else ():
            path, version = replaced.get(module, f"{module} -").split()
            if path == module:
                assert version == versions[module], f"{module}; remedy: images/share-modules.sh {recipe}"


def test_sections_name_recipes_that_exist_and_no_module_twice_for_one():
    for recipe in RECIPES:
        of_it = [versions for recipes, versions in sections() if recipe in recipes]
        assert sum(map(len, of_it)) == len(set().union(*of_it))
    assert {recipe for recipes, _ in sections() for recipe in recipes} <= set(RECIPES)


def test_recipes_compile_with_the_same_flags():
    """With -trimpath the version that is required counts, not the one that replaces it, and nothing would be shared."""
    for recipe in RECIPES:
        for flags in re.findall(r"go build (.*)", (IMAGES / recipe / "Dockerfile").read_text()):
            assert not re.search(r"-(trimpath|gcflags|asmflags|race|buildmode)", flags), recipe
