"""The pieces of the critical path add up to the run's time."""

from acceptance.reports.critical_path import critical_path, in_lines


def document():
    """A run of 100 s: two components side by side, two lanes, and a scenario that all others exclude."""
    phases = [("images", 1, 4), ("infrastructure", 5, 20), ("redis", 25, 5), ("database", 25, 10), ("destroy", 90, 10)]
    scenarios = [
        ("2.1", 35, 5, "non-disruptive"), ("2.3", 35, 15, "non-disruptive"), ("2.4", 40, 4, "non-disruptive"),
        ("6.8", 50, 20, "disruptive"), ("4.5", 52, 6, "disruptive"), ("2.8", 73, 17, "disruptive"),
    ]  # fmt: skip
    return {
        "seconds": 100.0,
        "phases": [{"name": name, "at": at, "duration": took} for name, at, took in phases],
        "scenarios": [{"criterion": n, "at": at, "duration": took, "kind": kind} for n, at, took, kind in scenarios],
    }


def test_it_is_what_ended_last_before_the_next_one_began():
    path = critical_path(document())
    names = ["start", "images", "infrastructure", "database", "2.3", "6.8", "2.8", "destroy"]
    assert [piece["name"] for piece in path] == names
    assert sum(piece["seconds"] for piece in path) == 100
    assert next(piece for piece in path if piece["name"] == "6.8")["seconds"] == 23, "what was put back counts to it"


def test_three_lines_say_so():
    whole, kinds, longest = in_lines(critical_path(document()))
    assert whole.startswith("1 min 40 s ")
    assert kinds == (
        "  start 1 s, images 4 s, infrastructure 20 s, components 10 s, "
        "non-disruptive 15 s, disruptive 40 s, destroy 10 s"
    )
    assert longest.startswith("  the longest: 6.8 23 s, infrastructure 20 s, 2.8 17 s, ")


def test_a_run_without_anything_has_a_path():
    assert critical_path({"seconds": 3.0, "phases": [], "scenarios": []}) == [
        {"name": "start", "kind": "start", "at": 0.0, "seconds": 3.0}
    ]


def test_what_a_scenario_asked_for_first_is_on_the_path():
    phases = [{"name": "images", "at": 0.9, "duration": 0.7}, {"name": "infrastructure", "at": 2.2, "duration": 128.5}]
    scenarios = [{"criterion": "1.12", "at": 130.1, "duration": 21.2, "kind": "destroy"}]
    path = critical_path({"seconds": 151.5, "phases": phases, "scenarios": scenarios})
    assert [piece["name"] for piece in path] == ["start", "images", "infrastructure", "1.12"]
    assert next(piece for piece in path if piece["name"] == "infrastructure")["seconds"] == 127.9
