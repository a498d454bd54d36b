"""What the proofs expect where staff merge and split: the right ticket, and the right order."""

from tests.proofs.crash.lines import Lines
from tests.proofs.crash.tally import Tally

ALICE = 7


def asked(*said: tuple[int, str]) -> Lines:
    """Have Alice open tickets as numbers 0 and 1, and write these questions in turn."""
    lines = Lines()
    for number in (0, 1):
        lines.opens(number, ALICE)
    for number, token in said:
        lines.asks(number, token)
    return lines


def test_all_of_both_belongs_on_the_survivor_of_a_merge() -> None:
    lines = asked((0, "q0.0000"), (1, "q1.0000"), (0, "q0.0001"))

    lines.merge(lines.of_number(1), lines.of_number(0))

    (line,) = lines
    assert (line.number, line.questions) == (1, ["q0.0000", "q1.0000", "q0.0001"])
    assert lines.of("q0.0001") is lines.of_number(0) is line


def test_all_from_the_split_on_belongs_on_the_new_ticket() -> None:
    lines = asked((0, "q0.0000"), (0, "q0.0001"), (0, "q0.0002"))

    new = lines.split("q0.0001", 2)
    lines.asks(2, "q2.0000")
    lines.asks(0, "q0.0003")

    assert new.questions == ["q0.0001", "q0.0002", "q2.0000"]
    assert lines.of_number(0).questions == ["q0.0000", "q0.0003"]
    assert lines.of("q0.0002") is new


def test_a_merged_line_is_split_by_when_its_questions_were_written() -> None:
    lines = asked((0, "q0.0000"), (1, "q1.0000"), (0, "q0.0001"), (1, "q1.0001"))
    lines.merge(lines.of_number(0), lines.of_number(1))

    assert not lines.may_split("q1.0000")
    assert lines.may_split("q0.0001")
    assert lines.split("q0.0001", 2).questions == ["q0.0001", "q1.0001"]


def test_what_is_written_after_a_merge_comes_behind_what_either_ticket_had() -> None:
    lines = asked((0, "q0.0000"), (1, "q1.0000"))
    lines.merge(lines.of_number(0), lines.of_number(1))
    lines.asks(0, "q0.0001")

    assert late(lines, "q1.0000", "q0.0000", "q0.0001") == []
    assert late(lines, "q0.0000", "q0.0001", "q1.0000") == ["q0.0001"]


def test_confirmations_of_merged_tickets_count_together() -> None:
    lines = asked((0, "q0.0000"), (1, "q1.0000"))
    lines.merge(lines.of_number(1), lines.of_number(0))

    assert lines.same() == {"c1.0000": "c0.0000"}


def test_a_card_is_of_the_line_of_its_number_whatever_it_showed() -> None:
    lines = asked((0, "q0.0000"), (0, "q0.0001"))
    lines.of_number(0).tickets.append("#1")
    new = lines.split("q0.0001", 2)
    new.tickets.append("#2")

    assert lines.on_card("#1", "q0.0001") is lines.of_number(0)
    assert lines.on_card("#2", "q0.0001") is new


def test_a_card_of_a_new_ticket_is_not_of_the_line_that_had_its_number_on_another_day() -> None:
    lines = asked((0, "q0.0000"), (1, "q1.0000"))
    lines.of_number(0).tickets.append("#1")

    assert lines.on_card("#1", "q1.0000") is lines.of_number(1)


def late(lines: Lines, *came: str) -> list[str]:
    tally = Tally()
    for chain in lines.chains():
        tally.follow(chain, came, ())
    return tally.out_of_order
