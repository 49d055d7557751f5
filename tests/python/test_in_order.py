"""Messages of several senders, each sender's once and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hostmode.relay.in_order import InOrder

ONE, OTHER = b"1", b"2"


def taken(order: InOrder, sender: bytes, *numbers: int) -> list[bytes]:
    return [given for number in numbers for given in order.take(sender, number, b"%d" % number)]


def test_relay_order_messages_come_out_in_order_and_once() -> None:
    order = InOrder()
    assert taken(order, ONE, 0, 2, 2, 3) == [b"0"]
    assert order.incomplete
    assert taken(order, ONE, 1, 0, 1) == [b"1", b"2", b"3"]
    assert not order.incomplete


def test_relay_order_one_sender_does_not_wait_for_another() -> None:
    order = InOrder()
    assert taken(order, ONE, 1) == []
    assert taken(order, OTHER, 0) == [b"0"]
    assert order.incomplete


def test_relay_order_sender_that_is_met_in_the_middle_begins_there_where_nothing_older_can_be_had() -> None:
    order = InOrder()
    assert list(order.take(ONE, 7, b"7", oldest=True)) == [b"7"]
    assert taken(order, ONE, 8) == [b"8"]


def test_relay_order_what_is_lost_is_counted_and_skipped() -> None:
    order = InOrder()
    assert taken(order, ONE, 0, 3, 4, 6) == [b"0"]
    assert order.skip() == (3, [b"3", b"4", b"6"])
    assert taken(order, ONE, 5, 7) == [b"7"]
    assert taken(order, ONE, 8, 12, 13) == [b"8"]
    assert order.skip() == (3, [b"12", b"13"])


@given(st.lists(st.tuples(st.sampled_from([ONE, OTHER]), st.integers(0, 12)), max_size=60))
def test_relay_order_whatever_comes_what_comes_out_is_each_senders_beginning(
    arrivals: list[tuple[bytes, int]],
) -> None:
    order = InOrder()
    out: dict[bytes, list[int]] = {ONE: [], OTHER: []}
    for sender, number in arrivals:
        out[sender] += [int(payload) for payload in order.take(sender, number, b"%d" % number)]
    for sender, numbers in out.items():
        came = {number for who, number in arrivals if who == sender}
        complete = next(number for number in range(14) if number not in came)
        assert numbers == list(range(complete))
