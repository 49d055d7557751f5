"""One-line breaks of what the audio thread and the others tell one another."""

from __future__ import annotations

from mutation import Mutation


def _broken(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("clock", function, original, mutated, cases="triple_buffer*")


_SEEN = "return slots_[read_.load(std::memory_order_relaxed)].value;"

THREADS = (
    _broken("TripleBuffer::seen", _SEEN, f"const_cast<TripleBuffer*>(this)->look(); {_SEEN}"),
    _broken("TripleBuffer::look", "(shared_.load(std::memory_order_relaxed) & kFresh) == 0", "false"),
    _broken("TripleBuffer::look", "mine = read_.load(std::memory_order_relaxed);", "mine = 0;"),
    _broken("TripleBuffer::write", "before & kIndex);", "(written_ + 0 * before) & kIndex);"),
    _broken("TripleBuffer::write", "written_ | kFresh", "written_"),
)
