"""Files for engines: what other people's readers find in them is the face, and as long as its sound."""

from __future__ import annotations

import csv
import json
import math
import re
import subprocess
import sys
import wave
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cli_runner import run_cli

import hostmode
from hostmode import ARKIT_NAMES, Recording
from hostmode.engines import LIVE_LINK_NAMES, VRM_PRESETS, live_link_values, quaternion, vrm_weights
from hostmode.engines.frame_rate import frame_of, is_drop_frame, parse_frame_rate, timecode
from hostmode.exporting import make_clip
from hostmode.exporting.glb import parts_of
from hostmode.exporting.head_mesh import load_head_mesh
from hostmode.offline import render_offline
from hostmode.rig import Rig

if TYPE_CHECKING:
    from pathlib import Path

RATES = ["24", "23.976", "25", "29.97", "30", "47.952", "50", "59.94", "60", "119.88", "120"]
WRITTEN = ["x.csv", "x.json", "x.glb", "x.vrma", "x.usda", "x.usdc", "x.npz", "x.parquet"]


@pytest.fixture(scope="module")
def recording() -> Recording:
    whole = Recording.embedded()
    # Neither a whole number of frames at any of the rates, nor as long as its motion.
    return Recording.from_keyframes(whole.audio[:33333], whole.sample_rate, whole.keyframes[:52])


def exported(recording: Recording, path: Path, **settings: object) -> Path:
    if path.suffix in (".usda", ".usdc"):
        pytest.importorskip("pxr", reason="usd-core is not installed")
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    hostmode.export(recording, path, **settings)
    return path


def sound_of(path: Path) -> tuple[int, np.ndarray]:
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        return sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


# ---- rates and timecode


@pytest.mark.parametrize("rate", RATES)
def test_timecode_is_that_of_an_independent_library(rate: str) -> None:
    from timecode import Timecode

    exact = parse_frame_rate(rate)
    name = {"47.952": "47.95"}.get(rate, rate)
    if name not in ("24", "23.976", "25", "29.97", "30", "50", "59.94", "60"):
        pytest.skip("that library does not count at this rate")
    for frame in [0, 1, 1799, 1800, 1801, 17981, 17982, 17983, 3599, 3600, 3601, 107892, 215784, 2000000]:
        theirs = str(Timecode(name, frames=frame + 1))
        assert timecode(frame, exact).replace(";", ":") == theirs.replace(";", ":"), frame


@pytest.mark.parametrize("rate", ["29.97", "59.94", "119.88"])
def test_drop_frame_timecode_keeps_to_the_clock(rate: str) -> None:
    exact = parse_frame_rate(rate)
    frame = round(3600 * exact)

    assert is_drop_frame(exact)
    assert timecode(frame, exact).startswith("01:00:00;")
    assert re.fullmatch(r"00:01:00;0?0?[248]", timecode(60 * math.ceil(exact), exact))


@pytest.mark.parametrize("rate", RATES)
def test_frame_of_a_timecode_is_the_frame(rate: str) -> None:
    exact = parse_frame_rate(rate)
    random = np.random.default_rng(4)
    for frame in [*range(4000), *map(int, random.integers(0, int(86399 * exact), 500))]:
        assert frame_of(timecode(frame, exact), exact) == frame


@pytest.mark.parametrize(
    "text", ["00:01:00;00", "00:01:00;01", "24:00:00:00", "00:60:00:00", "0:0:0:0", "00:00:00:30"]
)
def test_timecode_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        frame_of(text, parse_frame_rate("29.97"))


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("23.98", "24000/1001"),
        (29.97, "30000/1001"),
        ("24000/1001", "24000/1001"),
        (60, "60"),
        ("119.88", "120000/1001"),
        ("37.5", "75/2"),
    ],
)
def test_rate_is_exact(text: str | float, exact: str) -> None:
    assert parse_frame_rate(text) == Fraction(exact)


@pytest.mark.parametrize("text", ["0", "23", "121", "-25", "nan", "1e2", "60/0", "25fps", ""])
def test_rate_outside_24_to_120_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no frame rate from 24 to 120"):
        parse_frame_rate(text)


# ---- length


@pytest.mark.parametrize("rate", RATES)
def test_as_many_frames_as_begin_within_the_sound_which_is_the_recording_s_own(
    recording: Recording, tmp_path: Path, rate: str
) -> None:
    done = hostmode.export(recording, tmp_path / "x.json", rate=rate)
    document = json.loads((tmp_path / "x.json").read_text())
    sample_rate, samples = sound_of(tmp_path / "x.wav")

    seconds = Fraction(len(samples), sample_rate)
    assert document["numFrames"] == len(document["weightMat"]) == done.frames
    assert (done.frames - 1) / done.rate < seconds <= done.frames / done.rate
    assert sample_rate == recording.sample_rate
    np.testing.assert_array_equal(samples[: len(recording.audio)], recording.audio)
    assert not samples[len(recording.audio) :].any()


def test_sound_shorter_than_its_motion_is_followed_by_silence(tmp_path: Path) -> None:
    whole = Recording.embedded()
    longer = Recording.from_keyframes(whole.audio[:16000], 16000, whole.keyframes[:50])
    done = hostmode.export(longer, tmp_path / "x.json", rate=50)
    _, samples = sound_of(tmp_path / "x.wav")

    assert (len(samples), done.frames) == (32000, 100)
    assert not samples[16000:].any()


# ---- what is in them


@pytest.mark.parametrize("rate", ["60", "29.97"])
def test_live_link_csv_has_the_app_s_columns_and_the_face(recording: Recording, tmp_path: Path, rate: str) -> None:
    path = exported(recording, tmp_path / "x.csv", rate=rate, start="01:00:00:00")
    clip = make_clip(recording, parse_frame_rate(rate))
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)

    assert header == ["Timecode", "BlendShapeCount", *LIVE_LINK_NAMES]
    assert {row[1] for row in rows} == {"61"}
    assert rows[0][0] == ("01:00:00;00.000" if rate == "29.97" else "01:00:00:00.000")
    assert rows[30][0].endswith(":30.000" if rate == "60" else ";00.000")
    values = np.array([list(map(float, row[2:])) for row in rows])
    np.testing.assert_allclose(values, live_link_values(clip.weights, clip.joints), atol=1e-6)


def test_audio2face_json_has_what_it_exports(recording: Recording, tmp_path: Path) -> None:
    document = json.loads(exported(recording, tmp_path / "x.json", rate=30).read_text())

    assert list(document) == ["exportFps", "trackPath", "numPoses", "numFrames", "facsNames", "weightMat"]
    assert (document["exportFps"], document["trackPath"], document["numPoses"]) == (30, "x.wav", 52)
    assert document["facsNames"] == list(ARKIT_NAMES)
    np.testing.assert_allclose(document["weightMat"], make_clip(recording, Fraction(30)).weights, atol=1e-6)


def accessor(gltf: object, index: int) -> np.ndarray:
    """Read numbers of a file that pygltflib has opened."""
    found = gltf.accessors[index]  # type: ignore[attr-defined]
    blob = gltf.binary_blob()  # type: ignore[attr-defined]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}[found.type]

    def read(view: int, kind: str, count: int, columns: int) -> np.ndarray:
        start = gltf.bufferViews[view].byteOffset  # type: ignore[attr-defined]
        return np.frombuffer(blob, kind, count * columns, start).reshape(count, columns)

    if found.sparse is not None:
        dense = np.zeros((found.count, width), np.float32)
        rows = read(found.sparse.indices.bufferView, "<u4", found.sparse.count, 1)[:, 0]
        dense[rows] = read(found.sparse.values.bufferView, "<f4", found.sparse.count, width)
        return dense
    if found.bufferView is None:
        return np.zeros((found.count, width), np.float32)
    kind = {5126: "<f4", 5125: "<u4", 5123: "<u2", 5121: "u1"}[found.componentType]
    return read(found.bufferView, kind, found.count, width)


def channels(gltf: object) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    (animation,) = gltf.animations  # type: ignore[attr-defined]
    found = {}
    for channel in animation.channels:
        sampler = animation.samplers[channel.sampler]
        key = (gltf.nodes[channel.target.node].name, channel.target.path)  # type: ignore[attr-defined]
        found[key] = (accessor(gltf, sampler.input)[:, 0], accessor(gltf, sampler.output))
    return found


def assert_keys(times: np.ndarray, count: int, rate: Fraction, sound: Path) -> None:
    """Expect a key for each frame, and one within a sample of the end of the sound."""
    sample_rate, samples = sound_of(sound)
    np.testing.assert_allclose(times[:-1], np.arange(count) / float(rate), atol=1e-5)
    assert abs(times[-1] - len(samples) / sample_rate) < 1 / sample_rate


@pytest.mark.parametrize("rate", ["60", "23.976"])
def test_glb_holds_the_head_s_own_targets_animated(recording: Recording, tmp_path: Path, rate: str) -> None:
    from pygltflib import GLTF2

    path = exported(recording, tmp_path / "x.glb", rate=rate)
    clip = make_clip(recording, parse_frame_rate(rate))
    gltf = GLTF2.load(str(path))
    rig = Rig.load()
    mesh = gltf.meshes[0]

    assert mesh.extras["targetNames"] == list(rig.target_names)
    assert {len(primitive.targets) for primitive in mesh.primitives} == {52}
    moves = channels(gltf)
    times, weights = moves["Face", "weights"]
    assert_keys(times, len(clip), clip.rate, path.with_suffix(".wav"))
    columns = [ARKIT_NAMES.index(name) for name in rig.target_names]
    np.testing.assert_allclose(weights.reshape(len(times), 52)[:-1], clip.weights[:, columns], atol=1e-6)
    for index, name in enumerate(("neck", "head", "leftEye", "rightEye")):
        np.testing.assert_allclose(moves[name, "rotation"][1][:-1], quaternion(clip.joints[:, index]), atol=1e-6)
    assert sum(len(accessor(gltf, one.indices)) for one in mesh.primitives) == 3 * len(rig.triangles)


def test_glb_deforms_as_the_head_does(recording: Recording, tmp_path: Path) -> None:
    from pygltflib import GLTF2

    gltf = GLTF2.load(str(exported(recording, tmp_path / "x.glb")))
    rig, mesh = Rig.load(), load_head_mesh()
    still = np.zeros((4, 3), np.float32)
    weights = np.zeros(52, np.float32)
    jaw = rig.target_names.index("jawOpen")
    weights[jaw] = 0.4
    opened = rig.deform(weights, still, np.empty((rig.vertex_count, 6), np.float32)).copy()
    pose = still.copy()
    pose[1] = 0.0, 0.3, 0.0
    turned = rig.deform(np.zeros(52, np.float32), pose, np.empty((rig.vertex_count, 6), np.float32))
    # What a turn of the head alone makes of a vertex, by the skin of the file.
    pivot = mesh.pivots[mesh.joint_names.index("head")]
    sine, cosine = np.sin(0.3), np.cos(0.3)
    rotation = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    below_head = [mesh.joint_names.index(name) for name in ("head", "leftEye", "rightEye")]

    for primitive, (_, _, triangles) in zip(gltf.meshes[0].primitives, parts_of(mesh), strict=True):
        used = np.unique(triangles)
        points = accessor(gltf, primitive.attributes.POSITION)
        target = accessor(gltf, primitive.targets[jaw]["POSITION"])
        np.testing.assert_allclose(100 * (points + 0.4 * target), opened[used, :3], atol=0.02)
        joints, shares = (accessor(gltf, getattr(primitive.attributes, name)) for name in ("JOINTS_0", "WEIGHTS_0"))
        share = (shares * np.isin(joints, below_head)).sum(axis=1, keepdims=True)
        moved = share * ((points - pivot) @ rotation.T + pivot) + (1 - share) * points
        np.testing.assert_allclose(100 * moved, turned[used, :3], atol=0.05)
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)


def test_glb_is_a_head_that_hostmode_reads_and_exports_again(recording: Recording, tmp_path: Path) -> None:
    first = exported(recording, tmp_path / "first.glb", rate=30)
    second = exported(recording, tmp_path / "second.glb", rate=30, head=first)
    shapes = []
    for rig in (Rig.load(), Rig.load(first), Rig.load(second)):
        weights = np.zeros(len(rig.target_names), np.float32)
        weights[rig.target_names.index("jawOpen")] = 0.4
        still = np.zeros((len(rig.joint_names), 3), np.float32)
        deformed = rig.deform(weights, still, np.empty((rig.vertex_count, 6), np.float32))[:, :3]
        shapes.append(np.ptp(deformed, axis=0))

    # In whatever units and place: the proportions stay.
    for shape in shapes[1:]:
        np.testing.assert_allclose(shape / shape[1], shapes[0] / shapes[0][1], rtol=0.01)


@pytest.mark.parametrize(("name", "module", "extra"), [("x.usda", "pxr", "usd"), ("x.parquet", "pyarrow", "parquet")])
def test_missing_package_is_named_with_its_extra(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(hostmode.MissingExtraError, match=rf"hostmode\[{extra}\]"):
        hostmode.export(recording, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_glb_is_read_by_trimesh(recording: Recording, tmp_path: Path) -> None:
    import trimesh

    scene = trimesh.load(exported(recording, tmp_path / "x.glb"))

    assert sum(len(part.faces) for part in scene.geometry.values()) == len(Rig.load().triangles)
    # A head of some 30 cm, in metres.
    assert 0.2 < np.ptp(scene.bounds, axis=0)[1] < 0.6


@pytest.mark.parametrize("shapes", ["vrm", "arkit"])
def test_vrma_moves_what_every_vrm_has(recording: Recording, tmp_path: Path, shapes: str) -> None:
    from pygltflib import GLTF2

    path = tmp_path / "x.glb"  # pygltflib knows this ending only
    exported(recording, tmp_path / "x.vrma", rate=30, shapes=shapes).rename(path)
    gltf = GLTF2.load(str(path))
    clip = make_clip(recording, Fraction(30))
    extension = gltf.extensions["VRMC_vrm_animation"]
    moves = channels(gltf)

    assert extension["specVersion"] == "1.0"
    required = {"hips", "spine", "head", "leftHand", "rightHand", "leftFoot", "rightFoot", "leftUpperArm"}
    assert required <= set(extension["humanoid"]["humanBones"])
    assert not {"leftEye", "rightEye"} & set(extension["humanoid"]["humanBones"])
    presets = shapes == "vrm"
    expected = vrm_weights(clip.weights) if presets else clip.weights
    names = list(VRM_PRESETS) if presets else [name[0].upper() + name[1:] for name in ARKIT_NAMES]
    expressions = extension["expressions"]["preset" if presets else "custom"]
    assert list(expressions) == names
    for index, (name, at) in enumerate(expressions.items()):
        assert gltf.nodes[at["node"]].name == name
        times, places = moves[name, "translation"]
        np.testing.assert_allclose(places[:-1, 0], expected[:, index], atol=1e-6)
    assert_keys(times, len(clip), clip.rate, tmp_path / "x.wav")
    np.testing.assert_allclose(moves["head", "rotation"][1][:-1], quaternion(clip.joints[:, 1]), atol=1e-6)
    assert ("lookAt", "rotation") in moves


@pytest.mark.parametrize("ending", ["usda", "usdc"])
def test_usd_holds_the_head_s_own_shapes_animated(recording: Recording, tmp_path: Path, ending: str) -> None:
    path = exported(recording, tmp_path / f"x.{ending}", rate="29.97")
    from pxr import Usd, UsdGeom, UsdMedia, UsdSkel

    clip = make_clip(recording, parse_frame_rate("29.97"))
    stage = Usd.Stage.Open(str(path))
    animation = UsdSkel.Animation.Get(stage, "/Face/Animation")
    weights = animation.GetBlendShapeWeightsAttr()
    codes = weights.GetTimeSamples()
    sample_rate, samples = sound_of(tmp_path / "x.wav")

    assert list(animation.GetBlendShapesAttr().Get()) == list(Rig.load().target_names)
    assert stage.GetTimeCodesPerSecond() == pytest.approx(30000 / 1001)
    assert codes[:-1] == list(range(len(clip)))
    seconds = stage.GetEndTimeCode() / stage.GetTimeCodesPerSecond()
    assert abs(seconds - len(samples) / sample_rate) < 1 / sample_rate
    columns = [ARKIT_NAMES.index(name) for name in Rig.load().target_names]
    for code in (0, len(clip) // 2, len(clip) - 1):
        np.testing.assert_allclose(weights.Get(code), clip.weights[code, columns], atol=1e-6)
    query = UsdSkel.BindingAPI(stage.GetPrimAtPath("/Face/Mesh"))
    assert len(query.GetBlendShapeTargetsRel().GetTargets()) == 52
    assert len(UsdGeom.Mesh.Get(stage, "/Face/Mesh").GetPointsAttr().Get()) == Rig.load().vertex_count
    assert UsdMedia.SpatialAudio.Get(stage, "/Face/Sound").GetFilePathAttr().Get().path == "./x.wav"


def test_poses_are_those_of_play_with_units_in_the_header(recording: Recording, tmp_path: Path) -> None:
    expected = render_offline(recording, 50).poses

    with np.load(exported(recording, tmp_path / "x.npz", rate=50)) as stored:
        np.testing.assert_array_equal(stored["poses"], expected)
        np.testing.assert_allclose(stored["times"], np.arange(len(expected)) / 50, atol=1e-12)
        assert (stored["names"][9], stored["units"][9], str(stored["time_unit"])) == ("jaw_pose_0", "rad", "s")
        assert stored["rate"].tolist() == [50, 1]
    path = exported(recording, tmp_path / "poses.csv", rate=50, format="poses")
    header = path.read_text().partition("\n")[0].split(",")
    assert (header[0], header[1], header[10], header[-1]) == (
        "time [s]", "translation_0 [m]", "jaw_pose_0 [rad]", "expression_99 [1]"
    )  # fmt: skip
    np.testing.assert_allclose(np.loadtxt(path, delimiter=",", skiprows=1)[:, 1:], expected, atol=1e-6)


def test_parquet_states_units_and_rate(recording: Recording, tmp_path: Path) -> None:
    path = exported(recording, tmp_path / "x.parquet", rate="59.94")
    from pyarrow import parquet

    table = parquet.read_table(path)
    expected = render_offline(recording, 60000 / 1001).poses
    assert table.schema.field("neck_pose_1").metadata == {b"unit": b"rad"}
    assert table.schema.metadata[b"rate"] == b"60000/1001"
    assert table.num_rows == len(expected)
    np.testing.assert_array_equal(np.column_stack([table[name] for name in table.column_names[1:]]), expected)


# ---- whole or not at all


@pytest.mark.parametrize("name", WRITTEN)
def test_same_recording_gives_the_same_bytes(recording: Recording, tmp_path: Path, name: str) -> None:
    both = [tmp_path / folder for folder in "ab"]
    for folder in both:
        folder.mkdir()
        exported(recording, folder / name)

    assert (both[0] / name).read_bytes() == (both[1] / name).read_bytes()
    assert sorted(path.name for path in both[0].iterdir()) == sorted({name, "x.wav"})


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
@pytest.mark.parametrize("name", WRITTEN)
def test_full_disk_ends_in_one_line_and_leaves_what_was_there(
    recording: Recording, tmp_path: Path, name: str
) -> None:
    exported(recording, tmp_path / name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "in").mkdir()
    recording.save(tmp_path / "in" / "r.json")
    # As on a full disk, no file of this process grows beyond 8 kB.
    program = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)); "
    program += "sys.argv = ['hostmode', *sys.argv[1:]]; from hostmode.cli import main; main()"
    command = [sys.executable, "-c", program, "export", tmp_path / "in" / "r.json", tmp_path / name]

    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)

    assert run.returncode == 4, run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert str(tmp_path) in run.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\x00" * 100, b'{"audio_base64": 3, "animations": []}'])
@pytest.mark.parametrize("name", ["x.csv", "x.glb", "x.npz"])
def test_hostile_input_ends_in_one_line_and_writes_nothing(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "r.json").write_bytes(content)

    run_cli("export", tmp_path / "r.json", tmp_path / name, fails_with=r"r\.json")

    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_truncated_recording_writes_nothing(recording: Recording, tmp_path: Path, cut: float) -> None:
    recording.save(tmp_path / "r.json")
    content = (tmp_path / "r.json").read_bytes()
    (tmp_path / "r.json").write_bytes(content[: int(cut * len(content))])

    run_cli("export", tmp_path / "r.json", tmp_path / "x.csv", fails_with=r"r\.json")

    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x.fbx",), "must end in"),
        (("x.csv", "--as", "glb"), "must end in .glb"),
        (("x.csv", "--as", "bvh"), "no format"),
        (("x.csv", "--rate", "12"), "24 to 120"),
        (("x.csv", "--start", "noon"), "no timecode"),
        (("x.vrma", "--shapes", "flame"), "neither vrm nor arkit"),
        (("x.glb", "--start", "01:00:00:00"), "means nothing for glb"),
        (("x.csv", "--shapes", "arkit"), "means nothing for livelink"),
        (("x.csv", "--head", "r.json"), "means nothing for livelink"),
        (("x.npz", "--map", "r.json"), "means nothing for poses"),
        (("r.json",), "take the place of the recording"),
        (("x.glb", "--head", "r.json"), "no head"),
        (("nowhere/x.csv",), "No such file"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    recording: Recording, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    recording.save(tmp_path / "r.json")
    output, *options = (tmp_path / part if part == "r.json" else part for part in arguments)

    run_cli("export", tmp_path / "r.json", tmp_path / output, *options, fails_with=words)

    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_export_to_what_is_no_file_is_refused_and_leaves_it(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()

    with pytest.raises(OSError, match="no ordinary file"):
        hostmode.export(recording, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").is_dir()
