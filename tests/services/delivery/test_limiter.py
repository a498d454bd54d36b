import heapq
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.limiter import Limiter

USER = 7
GROUP = -1001


def send(limiter: Limiter, at: float, chat_id: int = USER, cost: int = 1) -> None:
    """Send, and get the answer at the same moment."""
    limiter.leave(chat_id, cost)
    limiter.answer(at, chat_id, cost)


def sent_at_once(limiter: Limiter, at: float, chat_id: int) -> int:
    """Count what leaves at this moment, if there is ever more to send."""
    count = 0
    while limiter.next_at(at, chat_id) <= at:
        send(limiter, at, chat_id)
        count += 1
    return count


def test_a_private_chat_takes_three_at_once() -> None:
    assert sent_at_once(Limiter(), 100.0, USER) == 3


def test_then_a_private_chat_takes_one_a_second() -> None:
    limiter = Limiter()
    left: list[float] = []
    now = 0.0
    while len(left) < 63:
        now = limiter.next_at(now, USER)
        send(limiter, now)
        left.append(now)

    assert left[:3] == [0.0, 0.0, 0.0]
    assert left[-1] == 60.0


def test_a_group_takes_20_a_minute() -> None:
    limiter = Limiter()

    assert sent_at_once(limiter, 0.0, GROUP) == 20
    assert limiter.next_at(30.0, GROUP) == 60.0
    assert sent_at_once(limiter, 60.0, GROUP) == 20


def test_all_chats_together_take_30_a_second() -> None:
    limiter = Limiter()

    taken = sum(sent_at_once(limiter, 0.0, user) for user in range(1, 20))

    assert taken == 30
    assert limiter.next_at(0.5, 99) == 1.0


def test_one_full_chat_leaves_the_others_alone() -> None:
    limiter = Limiter()
    sent_at_once(limiter, 0.0, GROUP)

    assert limiter.next_at(0.0, USER) == 0.0


def test_the_last_room_of_a_group_is_known() -> None:
    limiter = Limiter(per_group=3)

    known = []
    for second in range(3):
        known.append(limiter.is_last_room(second, GROUP))
        send(limiter, second, GROUP)

    assert known == [False, False, True]
    assert not limiter.is_last_room(61.0, GROUP)


def test_a_send_without_an_answer_takes_room_of_a_group() -> None:
    limiter = Limiter(per_group=2)
    limiter.leave(GROUP)

    assert limiter.is_last_room(0.0, GROUP)


@pytest.mark.parametrize(("chat_id", "per_group"), [(USER, 20), (GROUP, 0)])
def test_a_private_chat_and_a_group_without_a_limit_have_no_last_room(
    chat_id: int, per_group: int
) -> None:
    limiter = Limiter(per_chat=0.1, per_group=per_group)

    assert not limiter.is_last_room(0.0, chat_id)


def test_an_album_costs_as_many_as_it_has_items() -> None:
    limiter = Limiter()
    send(limiter, 0.0, GROUP, cost=10)
    send(limiter, 5.0, GROUP, cost=10)

    assert limiter.next_at(6.0, GROUP, cost=1) == 60.0
    assert limiter.next_at(6.0, GROUP, cost=10) == 60.0
    assert limiter.next_at(60.0, GROUP, cost=11) == 65.0


def test_an_album_larger_than_the_window_goes_when_the_window_is_empty() -> None:
    limiter = Limiter()
    send(limiter, 0.0, USER)
    send(limiter, 2.0, USER)

    assert limiter.next_at(2.0, USER, cost=10) == 5.0


def test_after_an_album_larger_than_the_window_the_chat_waits_a_whole_window() -> None:
    limiter = Limiter()
    send(limiter, 0.0, USER, cost=10)

    assert limiter.next_at(1.0, USER) == 3.0


def test_a_send_without_an_answer_counts_and_says_no_time() -> None:
    limiter = Limiter(total=0)
    for _ in range(3):
        limiter.leave(USER)

    assert limiter.next_at(1000.0, USER) == inf


def test_a_send_counts_until_a_window_after_its_answer() -> None:
    limiter = Limiter(per_chat=1)
    for _ in range(3):
        limiter.leave(USER)
    for _ in range(3):
        limiter.answer(40.0, USER)

    assert limiter.next_at(40.0, USER) == 43.0


def test_a_reaction_costs_nothing() -> None:
    limiter = Limiter()
    for _ in range(100):
        send(limiter, 0.0, GROUP, cost=0)

    assert limiter.next_at(0.0, GROUP) == 0.0


def test_a_limit_of_0_is_none() -> None:
    limiter = Limiter(per_chat=0, per_group=0, total=0)
    for chat_id in (USER, GROUP):
        for _ in range(1000):
            limiter.leave(chat_id)

    assert limiter.next_at(0.0, USER, cost=10) == 0.0
    assert limiter.next_at(0.0, GROUP, cost=10) == 0.0
    assert limiter.full(0.0) == {}


@pytest.mark.parametrize(("chat_id", "burst"), [(USER, 30), (GROUP, 5)])
def test_one_limit_may_be_none_and_the_others_not(chat_id: int, burst: int) -> None:
    limiter = Limiter(per_chat=0, per_group=5, total=30)

    assert sent_at_once(limiter, 0.0, chat_id) == burst


def test_less_than_one_a_second_is_possible() -> None:
    limiter = Limiter(per_chat=0.25)

    assert sent_at_once(limiter, 0.0, USER) == 1
    assert limiter.next_at(0.0, USER) == 3.0


def test_what_was_sent_before_a_restart_counts() -> None:
    limiter = Limiter()
    limiter.remember((float(at), GROUP) for at in range(50, 70))

    assert limiter.next_at(71.0, GROUP) == 110.0
    assert limiter.next_at(71.0, USER) == 71.0


def test_a_restart_lets_no_window_overflow() -> None:
    before = Limiter()
    left = sent_at_once(before, 0.0, GROUP)

    after = Limiter()
    after.remember([(0.0, GROUP)] * left)

    assert sent_at_once(after, 59.0, GROUP) == 0


def test_full_chats_are_listed_with_their_time() -> None:
    limiter = Limiter(total=0)
    sent_at_once(limiter, 5.0, GROUP)
    send(limiter, 5.0, USER)
    for _ in range(3):
        limiter.leave(8)

    assert limiter.full(6.0) == {GROUP: 65.0, 8: inf}


def test_chats_that_are_idle_are_forgotten() -> None:
    limiter = Limiter()
    for chat_id in range(1, 11):
        send(limiter, float(chat_id), chat_id)

    limiter.full(1000.0)

    assert limiter._chats == {}


# Eighths of a second are exact in floating point, so a window ends where it should.
EIGHTHS = st.integers(0, 80).map(lambda eighths: eighths / 8)
SENDS = st.lists(
    st.tuples(
        st.sampled_from([USER, 8, GROUP]),
        st.integers(1, 3),
        EIGHTHS,  # the pause before it
        EIGHTHS,  # how late its answer comes
        st.integers(0, 8),  # at which eighth of that Telegram counted it
    ),
    max_size=60,
)


@given(SENDS)
def test_no_window_ever_overflows_however_late_the_answers_come(
    sends: list[tuple[int, int, float, float, int]],
) -> None:
    limiter = Limiter(per_chat=1, per_group=20, total=8)
    counted: list[tuple[float, int]] = []
    answers: list[tuple[float, int, int]] = []
    now = 0.0

    def answer_until(time: float) -> None:
        while answers and answers[0][0] <= time:
            at, chat_id, cost = heapq.heappop(answers)
            limiter.answer(at, chat_id, cost)

    for chat_id, cost, pause, late, eighth in sends:
        now += pause
        answer_until(now)
        while (when := limiter.next_at(now, chat_id, cost)) > now:
            now = min(when, answers[0][0] if answers else inf)
            answer_until(now)
        limiter.leave(chat_id, cost)
        heapq.heappush(answers, (now + late, chat_id, cost))
        counted += [(now + late * eighth / 8, chat_id)] * cost

    for begin, _ in counted:
        assert within(counted, begin, 1.0, {USER, 8, GROUP}) <= 8
        assert within(counted, begin, 60.0, {GROUP}) <= 20
        assert within(counted, begin, 3.0, {USER}) <= 3


def within(counted: list[tuple[float, int]], begin: float, seconds: float, chats: set[int]) -> int:
    return sum(chat_id in chats and begin <= at < begin + seconds for at, chat_id in counted)
