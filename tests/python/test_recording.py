"""Recordings: every published shape loads, whatever its name; everything else is refused in one line."""

from __future__ import annotations

import base64
import json
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hostmode
from hostmode.offline import render_offline
from hostmode.recording.checks import find_notes, find_problems
from hostmode.recording.sound_file import MAX_RECORDING_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

AUDIO = np.arange(-800, 800, dtype=np.int16)  # 0.1 s at 16 kHz
FIELDS = {
    "translation": 3,
    "rotation": 3,
    "neckPose": 3,
    "jawPose": 3,
    "eyePose": 6,
    "eyeLid": 2,
    "expression": 100,
}


def ramp(count: int, start: int = 0) -> npt.NDArray[np.float32]:
    """Return keyframes of which no two values are equal."""
    values = np.arange(start * 120, (start + count) * 120, dtype=np.float32) / 1024
    return values.reshape(count, 120)


def text_of(data: bytes | npt.NDArray[Any]) -> str:
    return base64.b64encode(bytes(data)).decode()


def enveloped(**changes: Any) -> dict[str, Any]:
    messages = [
        hostmode.encode_message(ramp(3), connection_id="c", req_id="r"),
        hostmode.encode_message(ramp(2, start=3), connection_id="c", req_id="r", end=True),
    ]
    document = {
        "sample_rate": 16000,
        "audio_format": "pcm_s16le_mono",
        "audio_base64": text_of(AUDIO),
        "connection_id": "c",
        "req_id": "r",
        "animation_messages_base64": [text_of(message) for message in messages],
    }
    return {**document, **changes}


def bare_animation(keyframes: npt.NDArray[np.float32], first_field: int = 1) -> bytes:
    """Encode as older senders do: the animation bytes alone."""
    body = b""
    for keyframe in keyframes:
        fields, start = b"", 0
        for number, width in enumerate(FIELDS.values(), first_field):
            values = keyframe[start : start + width].astype("<f4").tobytes()
            fields += bytes([number << 3 | 2]) + varint(len(values)) + values
            start += width
        body += b"\x0a" + varint(len(fields)) + fields
    return body


def first_protocol(keyframes: npt.NDArray[np.float32], req_id: str = "r") -> bytes:
    """Encode as the servers of 2025 did: type 1004, fields one number higher, no `end`."""
    animation = bare_animation(keyframes, first_field=2)
    response = b"\x0a" + varint(len(req_id)) + req_id.encode() + b"\x12" + varint(len(animation)) + animation
    return b"\x08\xec\x07\x1a" + varint(len(response)) + response


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def numbers_by_name(keyframes: npt.NDArray[np.float32]) -> list[dict[str, list[float]]]:
    cuts = np.cumsum(list(FIELDS.values()))[:-1]
    return [
        {name: part.tolist() for name, part in zip(FIELDS, np.split(keyframe, cuts), strict=True)}
        for keyframe in keyframes
    ]


def written(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_load_enveloped_shape_gives_sound_messages_ids_and_seams(tmp_path: Path) -> None:
    recording = hostmode.load_recording(written(tmp_path / "x.json", enveloped()))

    np.testing.assert_array_equal(recording.audio, AUDIO)
    np.testing.assert_array_equal(recording.keyframes, ramp(5))
    assert recording.sample_rate == 16000
    assert (recording.connection_id, recording.req_id, recording.req_ids) == ("c", "r", ("r",))
    assert recording.seams == (3,)
    assert [motion.end for motion in recording.motions] == [False, True]
    assert recording.audio_duration == pytest.approx(0.1)
    assert recording.motion_duration == recording.duration == pytest.approx(0.2)
    assert recording.keyframe_rate == 25


def test_load_older_shape_reads_bare_messages_at_16_khz(tmp_path: Path) -> None:
    document = {"audio": text_of(AUDIO), "animations": [text_of(bare_animation(ramp(4)))]}

    recording = hostmode.load_recording(written(tmp_path / "x.json", document))

    np.testing.assert_array_equal(recording.keyframes, ramp(4))
    np.testing.assert_array_equal(recording.audio, AUDIO)
    assert recording.sample_rate == 16000
    assert recording.req_ids == ()


def test_load_older_shape_reads_messages_of_the_first_protocol(tmp_path: Path) -> None:
    document = {
        "audio": text_of(np.zeros(16000, np.int16)),
        "animations": [text_of(first_protocol(ramp(15))), text_of(first_protocol(ramp(10, start=15)))],
    }

    recording = hostmode.load_recording(written(tmp_path / "x.json", document))

    np.testing.assert_array_equal(recording.keyframes, ramp(25))
    assert recording.seams == (15,)
    assert recording.req_ids == ("r",)
    assert recording.sample_rate == 16000
    assert find_problems(recording) == ["the sound is silent throughout"]
    assert any("protocol without end" in note for note in find_notes(recording))


@pytest.mark.parametrize("rate", hostmode.PCM_RATES)
@pytest.mark.parametrize("error", [-0.019, 0.0, 0.019])
@pytest.mark.parametrize("shape", ["older", "keyframes"])
def test_load_shape_without_a_rate_deduces_it_from_the_lengths(
    tmp_path: Path, rate: int, error: float, shape: str
) -> None:
    sound = np.ones(round(2 * rate * (1 + error)), np.int16)
    keyframes = ramp(50) / 100
    if shape == "older":
        document = {"audio": text_of(sound), "animations": [text_of(first_protocol(keyframes))]}
    else:
        document = {"keyframes": numbers_by_name(keyframes)}
        sound.astype("<i2").tofile(tmp_path / "x.pcm")

    recording = hostmode.load_recording(written(tmp_path / "x.json", document))

    assert (recording.sample_rate, recording.sample_rate_source) == (rate, "deduced")
    assert any(f"{rate} Hz, at which the sound is as long as the motion" in note for note in find_notes(recording))
    render_offline(recording, 5)


def test_load_shape_whose_lengths_fit_no_rate_assumes_16_khz_and_is_not_played(tmp_path: Path) -> None:
    np.ones(30000, "<i2").tofile(tmp_path / "x.pcm")
    document = {"keyframes": numbers_by_name(ramp(37) / 100)}

    recording = hostmode.load_recording(written(tmp_path / "x.json", document))

    assert (recording.sample_rate, recording.sample_rate_source) == (16000, "assumed")
    assert any("give the rate with --sample-rate" in problem for problem in find_problems(recording))
    with pytest.raises(hostmode.RecordingError, match=r"takes 1\.88 s and the motion 1\.48 s; give the rate"):
        render_offline(recording)
    given = hostmode.load_recording(tmp_path / "x.json", sample_rate=16000)
    assert given.sample_rate_source == "stated"
    assert len(render_offline(given).audio) == 30000


def test_load_published_pair_takes_the_sound_by_its_id(tmp_path: Path) -> None:
    np.arange(48000).astype("<i2").tofile(tmp_path / "audio_a_7.pcm")
    document = {"reqId": "r", "keyframesCount": 50, "keyframes": numbers_by_name(ramp(50) / 100)}

    recording = hostmode.load_recording(written(tmp_path / "flame_a_7.json", document))

    np.testing.assert_array_equal(recording.audio, np.arange(48000).astype(np.int16))
    assert recording.sample_rate == 24000


def test_load_with_a_rate_and_a_sound_given_takes_those(tmp_path: Path) -> None:
    source = written(tmp_path / "x.json", enveloped(sample_rate=None, audio_base64=7))
    AUDIO[::-1].astype("<i2").tofile(tmp_path / "other.pcm")

    recording = hostmode.load_recording(source, sample_rate=24000, audio=tmp_path / "other.pcm")

    np.testing.assert_array_equal(recording.audio, AUDIO[::-1])
    assert (recording.sample_rate, recording.sample_rate_source) == (24000, "stated")
    with pytest.raises(ValueError, match=r"sample_rate is 12345; .*22050"):
        hostmode.load_recording(source, sample_rate=12345)
    with pytest.raises(FileNotFoundError):
        hostmode.load_recording(source, sample_rate=24000, audio=tmp_path / "none.pcm")


def write_wav(path: Path, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, 22050, 0, "NONE", ""))
        file.writeframes(AUDIO.astype("<i2").tobytes())
    return path


def test_load_with_a_wav_file_given_takes_its_rate(tmp_path: Path) -> None:
    source = written(tmp_path / "x.json", {"keyframes": numbers_by_name(ramp(2))})

    recording = hostmode.load_recording(source, audio=write_wav(tmp_path / "x.wav"))

    np.testing.assert_array_equal(recording.audio, AUDIO)
    assert (recording.sample_rate, recording.sample_rate_source) == (22050, "stated")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda path: write_wav(path, channels=2), "2 channels of 16 bits"),
        (lambda path: write_wav(path, width=1), "1 channels of 8 bits"),
        (lambda path: path.write_bytes(b"RIFF"), "cannot be read"),
        (lambda path: path.write_bytes(b"abc"), "3 bytes"),
    ],
)
def test_load_with_a_sound_that_is_none_names_it(tmp_path: Path, content: Any, words: str) -> None:
    source = written(tmp_path / "x.json", {"keyframes": numbers_by_name(ramp(2))})
    content(tmp_path / "s.bin")

    with pytest.raises(hostmode.RecordingError, match=rf"its sound s\.bin: .*{words}"):
        hostmode.load_recording(source, audio=tmp_path / "s.bin")


def test_inspect_of_a_stated_rate_that_cannot_be_asks_for_the_right_one() -> None:
    recording = hostmode.Recording.from_keyframes(np.ones(48000, np.int16), 16000, ramp(50) / 100)

    assert any("is the rate 24000 Hz?" in problem for problem in find_problems(recording))


@pytest.mark.parametrize("ending", [".pcm", ".raw"])
def test_load_keyframes_shape_takes_the_sound_beside_it(tmp_path: Path, ending: str) -> None:
    document = {"reqId": "r", "keyframesCount": 160, "keyframes": numbers_by_name(ramp(160))}
    AUDIO.astype("<i2").tofile(tmp_path / f"x{ending}")

    recording = hostmode.load_recording(written(tmp_path / "x.json", document))

    np.testing.assert_array_equal(recording.keyframes, ramp(160))
    np.testing.assert_array_equal(recording.audio, AUDIO)
    assert [len(motion.keyframes) for motion in recording.motions] == [50, 100, 10]
    assert recording.motions[-1].end
    assert recording.req_ids == ("r",)


def test_load_keyframes_shape_without_pcm_gives_motion_without_sound(tmp_path: Path) -> None:
    document = {"reqId": "r", "keyframesCount": 2, "keyframes": numbers_by_name(ramp(2))}

    recording = hostmode.load_recording(written(tmp_path / "x.json", document))

    assert recording.audio.size == 0
    assert len(recording.keyframes) == 2


def test_load_any_file_name_recognises_the_content(tmp_path: Path) -> None:
    path = written(tmp_path / "recording.wav", enveloped())

    assert len(hostmode.load_recording(path).keyframes) == 5


def test_load_file_with_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(enveloped()), encoding="utf-8-sig")

    assert len(hostmode.load_recording(path).keyframes) == 5


def test_save_then_load_gives_an_equal_recording(tmp_path: Path) -> None:
    saved = hostmode.Recording(AUDIO, 48000, [bare_animation(ramp(4)), b""], "connection", "request")
    saved.save(tmp_path / "x.json")

    loaded = hostmode.load_recording(tmp_path / "x.json")

    np.testing.assert_array_equal(loaded.audio, saved.audio)
    np.testing.assert_array_equal(loaded.keyframes, saved.keyframes)
    assert list(loaded.messages) == list(saved.messages)
    assert (loaded.sample_rate, loaded.connection_id, loaded.req_id) == (48000, "connection", "request")


def test_recording_with_empty_ids_takes_those_of_its_messages() -> None:
    message = hostmode.encode_message(ramp(1), connection_id="c", req_id="r")

    recording = hostmode.Recording(AUDIO, 16000, [b"", message])

    assert (recording.connection_id, recording.req_id) == ("c", "r")


def test_recording_arrays_refuse_to_be_changed() -> None:
    recording = hostmode.Recording.from_keyframes(AUDIO, 16000, ramp(1))

    for array in (recording.audio, recording.keyframes):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


@pytest.mark.parametrize(
    ("audio", "rate", "messages", "words"),
    [
        (AUDIO.astype(np.float32), 16000, [], "audio is float32"),
        (AUDIO.reshape(2, -1), 16000, [], "shape"),
        (AUDIO, 12345, [], "12345"),
        (AUDIO, 16000, [b"", b"\xff\xff"], "message 2 of 2 .* byte"),
    ],
)
def test_recording_of_wrong_parts_is_refused(audio: Any, rate: int, messages: list[bytes], words: str) -> None:
    with pytest.raises(hostmode.RecordingError, match=words):
        hostmode.Recording(audio, rate, messages)


def one_keyframe(**changes: Any) -> dict[str, Any]:
    return {"keyframes": [{**numbers_by_name(ramp(1))[0], **changes}]}


BAD_FILES: dict[str, tuple[bytes | dict[str, Any] | list[Any], str]] = {
    "empty": (b"", "empty"),
    "truncated": (json.dumps(enveloped()).encode()[:300], "cut short"),
    "truncated_between_keys": (b'{"sample_rate": 16000,', "cut short"),
    "not_json": (b"RIFF....WAVE", "not JSON"),
    "not_utf8": (b'{"audio": "\xff"}', "not UTF-8 text .byte 0xff at offset 11"),
    "an_array": ([], "an array"),
    "no_motion": ({"audio_base64": ""}, "no motion among the keys"),
    "nested_too_deep": (b"[" * 200_000, "too deep"),
    "endless_number": (b'{"sample_rate": ' + b"1" * 5000 + b"}", "endless number"),
    "no_sound": ({"animations": []}, "audio is missing"),
    "sound_not_base64": (enveloped(audio_base64="?"), r"audio_base64 is not base64 \('\?' at character 0\)"),
    "sound_in_lines": (enveloped(audio_base64="AAAA\nAAAA"), r"'\\n' at character 4\); .* without line breaks"),
    "sound_cut_short": (enveloped(audio_base64="AAAAA"), "audio_base64 is not base64"),
    "sound_not_ascii": (enveloped(audio_base64="ä"), "audio_base64 is not base64"),
    "sound_not_text": (enveloped(audio_base64=7), "a number"),
    "sound_of_odd_length": (enveloped(audio_base64="AAAA"), "3 bytes"),
    "sound_of_another_format": (enveloped(audio_format="mp3"), "'mp3'.*pcm_s16le_mono"),
    "rate_missing": (enveloped(sample_rate=None), "sample_rate is missing.*16000"),
    "rate_not_allowed": (enveloped(sample_rate=11025), "11025.*22050"),
    "rate_nan": (enveloped(sample_rate=float("nan")), "nan.*16000"),
    "rate_text": (enveloped(sample_rate="16000"), "'16000'"),
    "rate_true": (enveloped(sample_rate=True), "True"),
    "id_of_half_a_character": (enveloped(req_id="\ud800"), "req_id holds half of a surrogate pair"),
    "id_not_text": (enveloped(req_id=["r"]), "req_id is an array"),
    "messages_not_a_list": (enveloped(animation_messages_base64="AAAA"), "must be an array"),
    "message_not_base64": (
        enveloped(animation_messages_base64=["AAAA", "?"]),
        r"animation_messages_base64\[1\]",
    ),
    "message_malformed": (
        enveloped(animation_messages_base64=["", "//8="]),
        "message 2 of 2 is malformed at",
    ),
    "message_truncated": (
        {"audio": "", "animations": [text_of(bare_animation(ramp(2))[:-1])]},
        "message 1 of 1 is malformed",
    ),
    "message_with_nan": (
        {"audio": "", "animations": [text_of(bare_animation(ramp(1) * np.float32("nan")))]},
        "message 1 of 1 is malformed",
    ),
    "keyframes_not_a_list": ({"keyframes": {}}, "keyframes is an object"),
    "keyframe_not_an_object": ({"keyframes": [[]]}, "keyframe 0 is an array"),
    "keyframe_field_missing": (one_keyframe(neckPose=None), "neckPose of keyframe 0 is missing"),
    "keyframe_field_short": (one_keyframe(eyePose=[0.0] * 5), "eyePose of keyframe 0 is 5 values.*6"),
    "keyframe_field_of_text": (one_keyframe(eyeLid=["0", "1"]), "eyeLid of keyframe 0 holds a string"),
    "keyframe_nan": (one_keyframe(eyeLid=[0.0, float("nan")]), "keyframe 0 has a value that is NaN"),
    "keyframe_beyond_float32": (one_keyframe(eyeLid=[0, 1e39]), "beyond single precision"),
    "keyframe_beyond_float64": (one_keyframe(eyeLid=[0, 10**400]), "beyond single precision"),
    "keyframe_beyond_a_face": (one_keyframe(eyeLid=[0, -1.01e4]), "keyframe 0 has a value beyond 10000"),
    "keyframe_count_wrong": ({**one_keyframe(), "keyframesCount": 2}, "keyframesCount is 2.*1"),
}


@pytest.mark.parametrize(("content", "words"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_load_bad_file_raises_one_line_that_names_it(
    tmp_path: Path, content: bytes | dict[str, Any], words: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    with pytest.raises(hostmode.RecordingError, match=words) as caught:
        hostmode.load_recording(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200 + len(str(path))


def test_load_file_beyond_the_bound_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_RECORDING_BYTES + 1)

    with pytest.raises(hostmode.RecordingError, match="larger than 256 MiB"):
        hostmode.load_recording(path)


def test_load_odd_pcm_beside_keyframes_names_the_pcm_file(tmp_path: Path) -> None:
    (tmp_path / "x.pcm").write_bytes(b"abc")

    with pytest.raises(hostmode.RecordingError, match=r"x\.pcm has 3 bytes"):
        hostmode.load_recording(written(tmp_path / "x.json", one_keyframe()))


def test_load_missing_file_raises_the_ordinary_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hostmode.load_recording(tmp_path / "none.json")


def test_load_every_prefix_of_a_recording_is_refused(tmp_path: Path) -> None:
    content = json.dumps(enveloped(audio_base64="AAA=", animation_messages_base64=[])).encode()
    path = tmp_path / "cut.json"

    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(hostmode.RecordingError):
            hostmode.load_recording(path)


def test_load_real_recording_has_the_documented_content(recordings: Path) -> None:
    recording = hostmode.load_recording(recordings / "speech-16k.json")

    assert [len(motion.keyframes) for motion in recording.motions] == [50, 100, 100, 100, 100, 57]
    assert recording.seams == (50, 150, 250, 350, 450)
    assert recording.audio_duration == pytest.approx(20.3, abs=0.05)
    assert len(recording.req_ids) == 1
    assert recording.motions[-1].end


def test_save_real_recording_gives_it_back_byte_for_byte(recordings: Path, tmp_path: Path) -> None:
    source = recordings / "speech-16k.json"
    hostmode.load_recording(source).save(tmp_path / "copy.json")

    assert json.loads((tmp_path / "copy.json").read_text()) == json.loads(source.read_text())
