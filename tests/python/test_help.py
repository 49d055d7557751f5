"""What `help` says: the signature of every public function, and what the callbacks are given."""

from __future__ import annotations

import inspect
import re

import pytest

import hostmode
from hostmode import _core

pytestmark = pytest.mark.outer

NATIVE = [
    (owner, name)
    for owner in (_core.Player, _core.PlayerConfig, _core.Event, _core)
    for name, member in vars(owner).items()
    if not name.startswith("_") and callable(member) and not isinstance(member, type)
]


@pytest.mark.parametrize(("owner", "name"), NATIVE, ids=lambda part: getattr(part, "__name__", part))
def test_help_of_a_native_function_begins_with_its_signature_and_says_what_it_does(owner: object, name: str) -> None:
    first, _, rest = (getattr(owner, name).__doc__ or "").partition("\n")

    assert re.match(rf"{name}\(.*\)( -> .*)?$", first)
    assert rest.strip()


@pytest.mark.parametrize("name", hostmode.Controller._CALLBACKS)
def test_help_of_the_controller_names_every_callback_and_its_arguments(name: str) -> None:
    assert re.search(rf"``{name}\(\w+(, \w+)*\)``", hostmode.Controller.__doc__ or "")


@pytest.mark.parametrize("owner", [hostmode.Controller, hostmode.Turn, hostmode.Recording, hostmode.Pose])
def test_every_public_member_is_explained_and_has_a_signature(owner: type) -> None:
    public = {name: value for name, value in vars(owner).items() if not name.startswith("_")}
    for name, member in public.items():
        assert isinstance(member, str) or inspect.getdoc(member), name
        if inspect.isfunction(member):
            assert "return" in member.__annotations__, name
