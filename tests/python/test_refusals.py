"""Whatever a native function is called with, its refusal says what was given, what is wanted and what to do."""

from __future__ import annotations

import inspect
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hostmode
from hostmode import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def instances() -> dict[type, Any]:
    """Return one of each native class that can be made."""
    player = hostmode.Player(16000)
    message = hostmode.encode_message(np.zeros((1, 120), np.float32), req_id="r")
    return {
        type(one): one
        for one in (
            player,
            player.stats(),
            hostmode.PlayerConfig(),
            hostmode.Event("error"),
            hostmode.decode_message(message),
        )
    }


def callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    made = instances()
    for name, member in vars(_core).items():
        if inspect.isbuiltin(member):
            yield name, member
        elif inspect.isclass(member):
            yield name, member
            for inner in vars(member):
                if member in made and not inner.startswith("__") and callable(getattr(made[member], inner)):
                    yield f"{name}.{inner}", getattr(made[member], inner)


CALLABLES = dict(callables())
WRONG: tuple[Any, ...] = (object(), "x", 2**70, -(2**70), None, b"", [], 1.5, 1j)


def test_there_are_callables() -> None:
    assert {"Player", "PlayerConfig", "decode_message", "sample_many", "Player.pause"} <= CALLABLES.keys()


@pytest.mark.parametrize("name", CALLABLES)
def test_no_call_is_answered_with_a_list_of_signatures(name: str) -> None:
    call = CALLABLES[name]
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((), {"no_such_argument": 1})]
    calls += [(given, {}) for count in range(3) for given in itertools.product(WRONG, repeat=count)]
    calls += [((value,) * 12, {}) for value in WRONG]
    calls += [((), {"now": value}) for value in WRONG]
    refused = 0
    for given, named in calls:
        try:
            call(*given, **named)
        except Exception as error:
            refused += 1
            text = str(error)
            assert "incompatible" not in text
            assert "Invoked with" not in text
            assert "C++" not in text
            assert text
    assert refused > 0


@pytest.mark.parametrize("setting", hostmode.PlayerConfig().__getstate__())
def test_a_setting_of_the_wrong_type_is_named(setting: str) -> None:
    for wrong in (object(), [], {"a": 1}):
        with pytest.raises(
            TypeError, match=rf"^PlayerConfig\(\): {setting}: given .*\({type(wrong).__name__}\), wanted "
        ):
            hostmode.PlayerConfig(**{setting: wrong})
        with pytest.raises(TypeError, match=f"{setting}: given "):
            hostmode.PlayerConfig().replace(**{setting: wrong})


PLAYER = hostmode.Player(16000)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: PLAYER.pause(when=1.0), "Player.pause(): given 'when', which it does not know; it takes now"),
        (
            lambda: PLAYER.push_audio(b"", ennd=True, now=0.0),
            "Player.push_audio(): given 'ennd', which it does not know; did you mean 'end'?",
        ),
        (
            lambda: PLAYER.push_audio(b""),
            "Player.push_audio(): now is missing, wanted a number; it takes pcm, end, now, conversation_id",
        ),
        (
            lambda: PLAYER.push_audio(b"", "yes", now=0.0),
            "Player.push_audio(): end: given 'yes' (str), wanted True or False",
        ),
        (
            lambda: PLAYER.push_audio(b"", False, 0.0),
            "Player.push_audio(): given 3 arguments without a name, wanted at most 2; give now, conversation_id by",
        ),
        (
            lambda: PLAYER.sample(0.0, now=0.0),
            "Player.sample(): now is given twice, without its name and by it; leave one out",
        ),
        (lambda: hostmode.Player("16000"), "Player(): sample_rate: given '16000' (str), wanted an int"),
        (lambda: hostmode.Player(16000, {}), "Player(): config: given {} (dict), wanted a PlayerConfig"),
        (
            lambda: hostmode.Player(2**40),
            "Player(): sample_rate: given 1099511627776 (int), wanted an int that is smaller or not negative",
        ),
        (lambda: hostmode.decode_message(), "decode_message(): data is missing, wanted a Buffer; it takes data"),
        (lambda: hostmode.PlayerConfig(seed="x"), "PlayerConfig(): seed: given 'x' (str), wanted an int or None"),
        (
            lambda: hostmode.PlayerConfig(0.3),
            "PlayerConfig(): given 1 arguments without a name, wanted at most 0; give frame_starvation_mode, ",
        ),
        (lambda: hostmode.Event(3), "Event(): kind: given 3 (int), wanted a str"),
    ],
)
def test_a_refusal_says_what_to_do(call: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError) as refused:
        call()

    assert str(refused.value).startswith(words)
