"""Approximate durations of scenarios: the longest chain starts first. Only the order depends on them.

In seconds in four lanes on 2 cores, with what is put back afterwards, for scenarios that are disruptive or slow; the
others take about a second per step. Source: a whole run of 2026-11-29.
"""

SECONDS = {
    "1.9": 11, "1.10": 11, "2.3": 16, "2.5": 20, "2.6": 14, "2.8": 26, "3.2": 44, "3.3": 13, "3.4": 23, "3.5": 19,
    "3.7": 12, "4.5": 15, "4.6": 24, "4.8": 15, "4.10": 11, "4.11": 19, "5.8": 18, "6.4": 22, "6.6": 26, "6.7": 17,
    "6.8": 37, "6.9": 10, "7.6": 10, "8.7": 9, "8.8": 2, "8.9": 20, "8.10": 12, "9.6": 6, "9.8": 26, "9.9": 35,
    "9.11": 30, "10.1": 9, "10.5": 13, "10.6": 12, "10.7": 12, "10.8": 12, "10.9": 17, "11.1": 13, "11.4": 23,
    "12.1": 18, "12.5": 2, "13.4": 17, "13.5": 19, "13.6": 30, "14.1": 34, "14.2": 13, "14.3": 37, "14.4": 27,
    "15.2": 24, "15.3": 14, "15.4": 23, "plan-8.9": 31, "plan-15.10": 125, "plan-19.3": 23, "plan-20.9": 100,
    "plan-22.5": 30, "plan-23.10": 32, "plan-25.2": 83, "plan-25.8": 40, "plan-26.2": 65, "plan-27.1": 25,
    "plan-27.3": 41, "plan-27.4": 15, "plan-27.5": 16, "plan-27.6": 17,
}  # fmt: skip
"""By criterion, all of its rows together."""
