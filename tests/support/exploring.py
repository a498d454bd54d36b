"""The first seed of the suite's searches: another one for each change of the code, never random.

So a change is tried on lives and updates that were not tried before, and running the tests again,
here or in CI, shows the same result. `make simulate` and `make fuzz` start from a random seed.
"""

import hashlib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SEARCHES = ("tests/proofs/fuzzing", "tests/proofs/simulation")
CODE = ("bot", "core", "database", "sandbox", "services", *SEARCHES)


@cache
def first_seed() -> int:
    """Make a number below 1,000,000,000 from all the code that the searches run."""
    digest = hashlib.sha256()
    for folder in CODE:
        for path in sorted((PROJECT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:8]) % 10**9
