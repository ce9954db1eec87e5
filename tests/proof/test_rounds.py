"""Defects are injected together only if each red can be attributed to one of them."""

from acceptance.proof.catalogue import NEEDS, Defect, load_defects
from acceptance.proof.rounds import AT_ONCE, apart, covering, in_rounds, rounds_of


def defect(name, touches, red=("7.1",), may=(), way="scale"):
    make = {way: dict.fromkeys(NEEDS[way], "x")}
    effect = {"kubectl": {"arguments": "get pods", "expect": "x"}}
    return Defect(id=name, says=name, make=make, effect=effect, red=[*red], may=[*may], touches=touches)


def test_what_touches_the_same_or_turns_the_same_red_is_made_one_after_another():
    redis = defect("a", ["redis"])
    assert apart(redis, defect("b", ["frontend-service"], red=["10.1"]))
    assert not apart(redis, defect("b", ["redis"], red=["7.2"]))
    assert not apart(redis, defect("b", ["frontend-service"], red=["10.1"], may=["7.1"]))
    assert not apart(redis, defect("b", [], red=["6.1"]))
    assert not apart(redis, defect("b", ["auth-service"], red=["8.1"])), "auth is not Ready without Redis"
    assert not apart(redis, defect("b", ["traefik"], red=["4.1"]))
    assert not apart(defect("a", ["x"], red=["1.1"], way="source"), defect("b", ["y"], red=["1.2"], way="source"))


def test_each_defect_is_in_one_round_of_a_few():
    defects = list(load_defects().values())
    rounds = in_rounds(defects)
    assert sorted(item.id for together in rounds for item in together) == sorted(item.id for item in defects)
    assert max(map(len, rounds)) <= AT_ONCE
    assert all(apart(one, other) for together in rounds for one in together for other in together if one is not other)


def test_few_defects_cover_what_is_not_proven():
    one, two = defect("one", ["a"], red=["1.1"]), defect("two", ["a"], red=["1.1", "1.2"])
    three = defect("three", ["b"], red=["2.1"])
    assert covering([one, two, three], {"1.1", "1.2"}) == [two]
    assert covering([one, two, three], {"1.1", "2.1", "9.9"}) == [one, three]
    assert covering([one], set()) == []


def test_what_ends_the_platform_is_in_no_round_with_others_and_comes_last():
    last, first = defect("stray", ["x"], red=["1.12"]), defect("a", ["redis"])
    assert rounds_of([last, first]) == [[first], [last]]
