"""Forms: what the staff chat of a proof is. A long proof runs in all of its forms one by one.

In the suite it has one form, and which one changes from commit to commit: without a commit it is
the first. `PROOF_FORM=forum` chooses it, for the proofs that have it.
"""

import os
import shutil
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from core.config import PROJECT

VARIABLE = "PROOF_FORM"


class Form(StrEnum):
    """A plain group, or a forum in which each open ticket goes on in a thread."""

    PLAIN = "plain"
    FORUM = "forum"


ALL = tuple(Form)


def in_suite(
    name: str,
    forms: Sequence[Form] = ALL,
    *,
    commit: str | None = None,
    variables: Mapping[str, str] = os.environ,
) -> Form:
    """Choose the form of the proof of this name; proofs of one commit have different ones.

    Raises ValueError if the variable names no form.
    """
    wanted = variables.get(VARIABLE)
    if wanted and Form(wanted) in forms:
        return Form(wanted)
    turn = _commit() if commit is None else commit
    number = int(turn, 16) + zlib.crc32(name.encode()) if turn else 0
    return forms[number % len(forms)]


@cache
def _commit() -> str:
    """Read the commit of the checkout; empty if this is none."""
    git = shutil.which("git")
    if git is None or not (PROJECT / ".git").exists():
        return ""
    asked = [git, "-C", str(PROJECT), "rev-parse", "--verify", "HEAD"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    return told.stdout.strip() if told.returncode == 0 else ""
