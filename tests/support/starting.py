"""What a worker does before its first test: it imports everything, and collects the tests.

Coverage would double the cost of that in each worker, and the collector of garbage would look
through aiogram's thousands of models again and again, now and during all tests.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# What modules do when they are imported is measured there; one is enough.
MEASURED_WORKER = "gw0"


@contextmanager
def collecting_tests(config: pytest.Config) -> Iterator[None]:
    """Keep what is made meanwhile out of the collector's way for good."""
    gc.disable()
    try:
        with _unmeasured(config):
            yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _unmeasured(config: pytest.Config) -> Iterator[None]:
    worker = getattr(config, "workerinput", {}).get("workerid", MEASURED_WORKER)
    coverage = config.pluginmanager.getplugin("_cov")
    if worker == MEASURED_WORKER or coverage is None:
        yield
        return
    coverage.cov_controller.pause()
    try:
        yield
    finally:
        coverage.cov_controller.resume()
