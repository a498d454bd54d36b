"""Which form a proof has in the suite."""

import pytest

from tests.proofs.crash.forms import ALL, VARIABLE, Form, in_suite


def test_from_commit_to_commit_a_proof_has_each_form() -> None:
    chosen = [in_suite("kills", commit=f"{commit:x}", variables={}) for commit in range(100, 104)]

    assert chosen in ([*ALL, *ALL], [*reversed(ALL), *reversed(ALL)])


def test_one_commit_has_proofs_of_each_form() -> None:
    chosen = {in_suite(f"proof {number}", commit="abc", variables={}) for number in range(20)}

    assert chosen == {*ALL}


def test_without_a_commit_it_is_the_first() -> None:
    assert in_suite("kills", commit="", variables={}) is Form.PLAIN


@pytest.mark.parametrize("commit", ["100", "101"])
def test_a_variable_chooses_among_those_that_a_proof_has(commit: str) -> None:
    variables = {VARIABLE: "forum"}

    assert in_suite("kills", commit=commit, variables=variables) is Form.FORUM
    assert in_suite("kills", [Form.PLAIN], commit=commit, variables=variables) is Form.PLAIN
    with pytest.raises(ValueError, match="forun"):
        in_suite("kills", commit=commit, variables={VARIABLE: "forun"})
