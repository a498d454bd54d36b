"""Patience: how long to wait before asking Telegram again, short enough to notice its return."""

import random

# The longest wait after a request without an answer, in seconds.
LONGEST = 3.0


def after(failures: int) -> float:
    """Give the seconds to wait after this many failures in a row; up to half is random."""
    longest = min(2.0 ** min(failures, 16) / 4, LONGEST)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - not a secret
