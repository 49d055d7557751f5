"""One-line breaks of what the audio thread and the others tell one another."""

from __future__ import annotations

from mutation import Mutation


def _broken(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("clock", function, original, mutated, cases="triple_buffer*")


def _ring(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("clock", function, original, mutated, cases="spsc_ring*")


_SEEN = "return slots_[read_.load(std::memory_order_relaxed)].value;"

THREADS = (
    _broken("TripleBuffer::seen", _SEEN, f"const_cast<TripleBuffer*>(this)->look(); {_SEEN}"),
    _broken("TripleBuffer::look", "(shared_.load(std::memory_order_relaxed) & kFresh) == 0", "false"),
    _broken("TripleBuffer::look", "mine = read_.load(std::memory_order_relaxed);", "mine = 0;"),
    _broken("TripleBuffer::write", "before & kIndex);", "(written_ + 0 * before) & kIndex);"),
    _broken("TripleBuffer::write", "written_ | kFresh", "written_"),
    _ring("SpscRing::try_push", "      if (tail - producer_.seen_head == slots_.size()) return false;\n", ""),
    _ring("SpscRing::try_push", "slots_[tail & mask_] = value;", "slots_[(tail + 1) & mask_] = value;"),
    _ring("SpscRing::try_pop", "      if (head == consumer_.seen_tail) return false;\n", ""),
    _ring("SpscRing::try_pop", "head + 1, std", "head + 2, std"),
    _ring("SpscRing::size", "return waiting < slots_.size() ? waiting : slots_.size();", "return waiting + 1;"),
    _ring("SpscRing::round_up", "capacity < min_capacity", "2 * capacity < min_capacity"),
)
