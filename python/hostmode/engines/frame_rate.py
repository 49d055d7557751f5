"""Frame rates of film and television, exact, and their timecode."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

# Written with two or three digits, they mean 1000/1001 of a whole number.
_NTSC: Final = {Fraction(whole * 1000, 1001): whole for whole in (24, 30, 48, 60, 120)}
_ROUNDING: Final = Fraction(6, 1000)


def parse_frame_rate(text: str | float | Fraction, least: int = 24, most: int = 120) -> Fraction:
    """Return a rate as pictures a second, exact: ``29.97`` is 30000/1001, ``"30000/1001"`` too.

    Raises
    ------
    ValueError
        It is no number, or outside `least` to `most`.
    """
    match = re.fullmatch(r"(\d{1,7})(?:/(\d{1,5})|(\.\d{1,9}))?", str(text).strip())
    rate = Fraction(0)
    if match is not None and match[2] is not None:
        rate = Fraction(int(match[1]), int(match[2])) if int(match[2]) else Fraction(0)
    elif match is not None:
        rate = Fraction(match[1] + (match[3] or ""))
    if rate.denominator != 1:
        rate = next((exact for exact in _NTSC if abs(exact - rate) < _ROUNDING), rate)
    # 119.88 and 23.976 belong to the range that 120 and 24 end.
    if not Fraction(least * 999, 1000) <= rate <= most:
        raise ValueError(f"{text} is no frame rate from {least} to {most}, such as 25, 29.97 or 30000/1001")
    return rate


def is_drop_frame(rate: Fraction) -> bool:
    """Return whether timecode of this rate skips numbers to keep to the clock: 29.97, 59.94 and 119.88."""
    return _NTSC.get(rate, 0) % 30 == 0 and rate in _NTSC


def timecode(frame: int, rate: Fraction) -> str:
    """Return the SMPTE timecode of the picture with this number, ``HH:MM:SS:FF``; with ``;`` where frames drop.

    Drop-frame timecode leaves out the first two numbers (four at 59.94, eight at 119.88) of every minute but each
    tenth. Other rates that are no whole numbers count as the next whole one does.
    """
    whole = -(-rate.numerator // rate.denominator)
    drop = is_drop_frame(rate)
    if drop:
        dropped = whole // 15
        minute = 60 * whole - dropped
        tens, rest = divmod(frame, 10 * minute + dropped)
        frame += 9 * dropped * tens + dropped * max(0, (rest - dropped) // minute)
    seconds, pictures = divmod(frame, whole)
    minutes, second = divmod(seconds, 60)
    hours, minute_of_hour = divmod(minutes, 60)
    width = len(str(whole - 1))
    return f"{hours % 24:02}:{minute_of_hour:02}:{second:02}{';' if drop else ':'}{pictures:0{width}}"


def frame_of(text: str, rate: Fraction) -> int:
    """Return the number of the picture that has this timecode, the inverse of `timecode`.

    Raises
    ------
    ValueError
        It is no timecode, or one that this rate leaves out.
    """
    whole = -(-rate.numerator // rate.denominator)
    match = re.fullmatch(r"(\d\d):([0-5]\d):([0-5]\d)[:;](\d{2,3})", text)
    if match is None or int(match[1]) > 23 or int(match[4]) >= whole:
        raise ValueError(f"{text!r} is no timecode at {float(rate):.6g}/s: HH:MM:SS:FF, FF below {whole}")
    hours, minutes, seconds, pictures = map(int, match.groups())
    frame = ((60 * hours + minutes) * 60 + seconds) * whole + pictures
    if is_drop_frame(rate):
        dropped = whole // 15
        if minutes % 10 and seconds == 0 and pictures < dropped:
            raise ValueError(f"{text!r} does not exist at {float(rate):.6g}/s: drop-frame timecode leaves it out")
        frame -= dropped * (60 * hours + minutes - (60 * hours + minutes) // 10)
    return frame
