"""Approximate durations of scenarios: the longest chain starts first. Only the order depends on them.

In seconds on 2 idle cores, for scenarios that are disruptive or slow; the others take about a second per step.
"""

SECONDS = {
    "1.9": 6, "2.5": 20, "2.8": 47, "3.2": 40, "4.5": 12, "4.6": 20, "6.4": 19, "6.6": 40, "6.8": 29, "7.6": 9,
    "8.7": 20, "8.9": 15, "9.8": 15, "9.9": 20, "9.11": 9, "11.1": 25, "11.4": 20, "14.1": 45, "14.2": 20, "14.3": 27,
    "14.4": 22, "15.2": 20, "15.3": 15, "plan-8.9": 25, "plan-15.10": 45, "plan-19.3": 30, "plan-20.9": 29,
    "plan-22.5": 70, "plan-23.10": 35, "plan-25.2": 75, "plan-26.2": 41, "plan-27.3": 20,
}  # fmt: skip
"""By criterion, all of its rows together."""
