"""Runs builds and pulls concurrently; the first error stops them all."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable
from typing import TypeVar

from acceptance.clients.process import end_children

Item = TypeVar("Item")


def in_parallel(function: Callable[[Item], object], items: Iterable[Item], workers: int) -> None:
    """Call `function` for each item on a thread pool; the first error cancels what has not begun."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # Do not wait for the other builds, least of all after Ctrl-C; BuildKit caches what they have done.
            end_children()
            raise
