"""Builds and pulls side by side; the first error ends them all."""

from __future__ import annotations

import concurrent.futures

from acceptance.clients.process import end_children


def in_parallel(function, items, workers: int) -> None:  # type: ignore[no-untyped-def]
    """Call `function` for each item on some threads; the first error cancels what has not begun."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # Nobody is to wait for the other builds, after Ctrl-C least of all; BuildKit's caches keep what they did.
            end_children()
            raise
