"""Heads out of .glb files, written by pygltflib."""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from graphics import needs_graphics
from head_damage import damaged
from head_files import rotation
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pygltflib")

from glb_files import EYES, HEAD, NECK, Model, model, write_glb

from hostmode import ARKIT_NAMES, HeadError
from hostmode.rig import Rig
from hostmode.rig.glb_head import arkit_name
from hostmode.rig.head_file import parse_head
from hostmode.view import Offscreen

if TYPE_CHECKING:
    from random import Random

    import numpy.typing as npt

MODEL = model(np.random.default_rng(0))
SCALE = 5.71 / 0.06
JSON_START = 20


def placed(points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return points of the file where a rig has them: the eyes 5.71 cm apart at height 0."""
    return (points - EYES.mean(axis=0)) * SCALE + [0, 0, 9.5]


def rig_of_glb(data: bytes) -> Rig:
    return Rig(parse_head(data, "head.glb"))


def deform(rig: Rig, weights: dict[str, float], **turns: tuple[float, float, float]) -> npt.NDArray[np.float32]:
    values = np.array([weights.get(name, 0.0) for name in rig.target_names], np.float32)
    joints = np.array([turns.get(name, (0, 0, 0)) for name in rig.joint_names], np.float32)
    return rig.deform(values, joints, np.empty((rig.vertex_count, 6), np.float32))[:, :3]


def rewritten(data: bytes, change: Any) -> bytes:
    """Return a file with another description."""
    (length,) = struct.unpack_from("<I", data, 12)
    description = json.loads(data[JSON_START : JSON_START + length])
    change(description)
    text = json.dumps(description).encode()
    text += b" " * (-len(text) % 4)
    rest = data[JSON_START + length :]
    size = JSON_START + len(text) + len(rest)
    return data[:8] + struct.pack("<III", size, len(text), 0x4E4F534A) + text + rest


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("skinned", [False, True])
def test_targets_come_out_as_they_were_written(skinned: bool, quantised: bool) -> None:
    rig = rig_of_glb(write_glb(MODEL, skinned=skinned, quantised=quantised))
    rounding = 0.02 if quantised else 1e-3
    np.testing.assert_array_equal(rig.triangles, MODEL.triangles)
    np.testing.assert_allclose(deform(rig, {}), placed(MODEL.vertices), atol=rounding)
    weights = {"jawOpen": 0.7, "mouthSmileLeft": 0.4, "eyeBlinkRight": 1.0, "mouthPucker": 0.2}
    moved = MODEL.vertices + sum(weight * MODEL.targets[name] for name, weight in weights.items())
    np.testing.assert_allclose(deform(rig, weights), placed(moved), atol=rounding)


def test_bones_of_neck_and_head_turn_what_hangs_on_them() -> None:
    rig = rig_of_glb(write_glb(MODEL))
    assert rig.joint_names == ("neck", "head")
    turns = {"neck": (0.1, 0.3, -0.2), "head": (-0.2, 0.1, 0.3)}
    neck, head = (rotation(np.array(turns[name])) for name in ("neck", "head"))
    by_neck = (MODEL.vertices - NECK) @ neck.T + NECK
    by_both = (((MODEL.vertices - HEAD) @ head.T + HEAD) - NECK) @ neck.T + NECK
    share = np.linspace(0, 1, len(MODEL.vertices))[:, None]
    np.testing.assert_allclose(deform(rig, {}, **turns), placed(share * by_both + (1 - share) * by_neck), atol=2e-3)


def test_head_without_bones_turns_as_a_whole() -> None:
    rig = rig_of_glb(write_glb(MODEL, skinned=False))
    assert rig.joint_names == ("head",)
    turned = deform(rig, {}, head=(0.0, 0.5, 0.0))
    spread = np.linalg.norm(turned[:, None] - turned[None], axis=2)
    rest = np.linalg.norm(rig.rest[:, None] - rig.rest[None], axis=2)
    np.testing.assert_allclose(spread, rest, atol=1e-3)
    assert np.abs(turned - rig.rest).max() > 1


def test_whoever_looks_backwards_is_turned_round() -> None:
    back = Model(MODEL.vertices * np.float32([-1, 1, -1]), MODEL.triangles,
                 {name: target * np.float32([-1, 1, -1]) for name, target in MODEL.targets.items()})  # fmt: skip
    rig = rig_of_glb(write_glb(back, skinned=False))
    np.testing.assert_allclose(
        deform(rig, {"jawOpen": 1.0}), placed(MODEL.vertices + MODEL.targets["jawOpen"]), atol=1e-3
    )


@pytest.mark.parametrize(
    ("spelt", "known"),
    [
        ("eyeBlinkLeft", "eyeBlinkLeft"),
        ("eyeBlink_L", "eyeBlinkLeft"),
        ("browDown_R", "browDownRight"),
        ("jawOpen", "jawOpen"),
        ("JawOpen", "jawOpen"),
        ("Head.mouthSmile_L", "mouthSmileLeft"),
        ("viseme_aa", None),
        ("mouthLeft", "mouthLeft"),
        ("mouth_L", "mouthLeft"),
    ],
)
def test_names_of_targets_in_both_spellings(spelt: str, known: str | None) -> None:
    assert arkit_name(spelt) == known


def test_other_spelling_in_a_file_is_read() -> None:
    data = write_glb(MODEL, {"eyeBlinkLeft": "eyeBlink_L", "eyeBlinkRight": "eyeBlink_R", "mouthPucker": "viseme_U"})
    assert set(rig_of_glb(data).target_names) == {"eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthSmileLeft"}


@needs_graphics
def test_head_is_drawn_with_its_picture(tmp_path: Path) -> None:
    pytest.importorskip("av")
    path = tmp_path / "head.glb"
    path.write_bytes(write_glb(MODEL, picture=True))
    rig = Rig.load(path)
    assert rig.atlas.shape == (16, 16, 3)
    np.testing.assert_allclose(rig.uv[0], (0.5 / 16, 1 - 0.5 / 16), atol=1e-5)
    np.testing.assert_allclose(rig.uv[1], (0.9, 0.1), atol=1e-5)
    with Offscreen(64, path, background=None) as stage:
        picture = stage.render_face(np.zeros(52, np.float32), np.zeros((4, 3), np.float32))
    seen = picture[picture[..., 3] > 200]
    assert len(seen) > 100
    assert seen[:, 0].max() > 120
    assert seen[:, 2].max() > 120


def _set(*path: Any, to: Any) -> Any:
    def change(description: Any) -> None:
        at = description
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to

    return change


def _packed_as(**changed: Any) -> Any:
    packed = {"buffer": 0, "byteOffset": 0, "byteLength": 64, "byteStride": 12, "count": 4, "mode": "ATTRIBUTES"}
    return _set("bufferViews", 0, "extensions", to={"EXT_meshopt_compression": packed | changed})


FAULTS: dict[str, tuple[Any, str]] = {
    "draco": (_set("extensionsRequired", to=["KHR_draco_mesh_compression"]), "Draco"),
    "draco without saying so": (
        _set("meshes", 0, "primitives", 0, "extensions", to={"KHR_draco_mesh_compression": {}}), "Draco"),
    "newer meshopt": (_set("extensionsRequired", to=["KHR_meshopt_compression"]), "meshopt"),
    "meshopt of nothing": (_set("bufferViews", 0, "extensions", to={"EXT_meshopt_compression": {}}), "count"),
    "meshopt that is none": (_packed_as(mode="ATTRIBUTES"), "meshopt: packed numbers"),
    "meshopt of gigabytes": (_packed_as(count=2**27), "bytes"),
    "meshopt behind the data": (_packed_as(byteOffset=2**31), "ends behind"),
    "meshopt elsewhere": (_packed_as(buffer=1), "another file"),
    "meshopt of an unknown mode": (_packed_as(mode="STRIPS"), "STRIPS"),
    "meshopt with an unknown filter": (_packed_as(filter="BLUR"), "BLUR"),
    "something new": (_set("extensionsRequired", to=["ACME_splines"]), "ACME_splines"),
    "a picture as nothing": (_set("textures", to=[{"extensions": {"ACME_picture": {"source": 0}}}]), "ACME_picture"),
    "another file": (_set("buffers", to=[{"uri": "head.bin", "byteLength": 4}]), "another file"),
    "no expressions": (_set("meshes", 0, "extras", to={}), "ARKit"),
    "no mesh": (_set("meshes", 0, "primitives", 0, "mode", to=1), "no mesh"),
    "huge count": (_set("accessors", 0, "count", to=2**31), "bytes|ends behind"),
    "huge sparse": (_set("accessors", 1, "count", to=2**30), "bytes"),
    "sparse index out of range": (_set("accessors", 1, "count", to=1), "sparse|target|vertices"),
    "negative count": (_set("accessors", 0, "count", to=-1), "count"),
    "count that is no number": (_set("accessors", 0, "count", to="many"), "count"),
    "accessor behind the data": (_set("accessors", 0, "byteOffset", to=2**31), "ends behind"),
    "view behind the data": (_set("bufferViews", 0, "byteLength", to=2**31), "ends behind"),
    "stride into nothing": (_set("bufferViews", 0, "byteStride", to=252), "ends behind"),
    "unknown component": (_set("accessors", 0, "componentType", to=1), "1 is missing or unknown"),
    "index of no accessor": (_set("meshes", 0, "primitives", 0, "indices", to=999), "glTF"),
    "node in a circle": (_set("nodes", 1, "children", to=[0]), "hangs on"),
    "node on itself": (_set("nodes", 0, "children", to=[0]), "hangs on"),
    "node that does not exist": (_set("nodes", 0, "children", to=[77]), "glTF"),
    "NaN place": (_set("nodes", 0, "translation", to=[float("nan"), 0, 0]), "finite"),
    "infinite scale": (_set("nodes", 0, "scale", to=[1e308, 1e308, 1e308]), "finite"),
    "nodes that are no list": (_set("nodes", to={"0": {}}), "no list"),
    "a skin without joints": (_set("skins", 0, "joints", to=[]), "joint"),
    "joint that does not exist": (_set("skins", 0, "joints", to=[0]), "joint|matri|bone"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_file_with_one_thing_wrong_says_it_in_one_line(fault: str, tmp_path: Path) -> None:
    change, words = FAULTS[fault]
    path = tmp_path / "head.glb"
    path.write_bytes(rewritten(write_glb(MODEL, picture=True), change))
    with pytest.raises(HeadError, match=words) as raised:
        Rig.load(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_vertex_that_is_not_finite_is_refused() -> None:
    wrong = model(np.random.default_rng(1))
    wrong.vertices[5, 1] = np.nan
    with pytest.raises(HeadError, match="not finite"):
        rig_of_glb(write_glb(wrong))


def test_triangle_out_of_range_is_refused() -> None:
    wrong = model(np.random.default_rng(1))
    wrong.triangles[3, 2] = 40
    with pytest.raises(HeadError, match="triangle"):
        rig_of_glb(write_glb(wrong))


def test_picture_that_unpacks_to_gigabytes_is_refused() -> None:
    data = write_glb(MODEL, picture=True)
    at = data.index(b"IHDR") + 4
    with pytest.raises(HeadError, match="60000 x 60000"):
        rig_of_glb(data[:at] + struct.pack(">II", 60000, 60000) + data[at + 8 :])


def test_gltf_with_its_data_elsewhere_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "head.gltf").write_text('{"asset": {"version": "2.0"}}')
    with pytest.raises(HeadError, match=r"one \.glb"):
        Rig.load(tmp_path / "head.gltf")


def test_every_truncation_is_refused() -> None:
    data = write_glb(MODEL, picture=True)
    for length in range(0, len(data), 101):
        with pytest.raises(HeadError):
            rig_of_glb(data[:length])


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(("glb", "glb without bones", "glb with a picture")))
def test_damaged_glb_loads_or_is_refused(random: Random, kind: str) -> None:
    damaged(random, kind)


def compressed(data: bytes) -> bytes:
    """Return the file with its plain vectors of three floats packed by meshoptimizer."""
    meshopt = pytest.importorskip("meshopt")
    (length,) = struct.unpack_from("<I", data, 12)
    binary = bytearray(data[JSON_START + length + 8 :])

    def change(description: Any) -> None:
        for accessor in description["accessors"]:
            if "bufferView" not in accessor:  # all of it is sparse
                continue
            view = description["bufferViews"][accessor["bufferView"]]
            size = 12 * accessor["count"]
            if accessor["componentType"] != 5126 or accessor["type"] != "VEC3" or view["byteLength"] != size:
                continue
            start = view.get("byteOffset", 0)
            rows = np.frombuffer(binary[start : start + size], np.uint8).reshape(-1, 12)
            packed = meshopt.encode_gltf_buffer(rows, "ATTRIBUTES")
            binary[start : start + size] = bytes(size)  # nothing is read but what is packed
            view["extensions"] = {
                "EXT_meshopt_compression": {
                    "buffer": 0, "byteOffset": len(binary), "byteLength": len(packed), "byteStride": 12,
                    "count": accessor["count"], "mode": "ATTRIBUTES",
                }
            }  # fmt: skip
            binary.extend(packed + bytes(-len(packed) % 4))
        assert any("extensions" in view for view in description["bufferViews"])
        description["extensionsRequired"] = ["EXT_meshopt_compression"]
        description["buffers"][0]["byteLength"] = len(binary)

    with_json = rewritten(data, change)
    (length,) = struct.unpack_from("<I", with_json, 12)
    head = with_json[: JSON_START + length] + struct.pack("<II", len(binary), 0x004E4942)
    return head[:8] + struct.pack("<I", len(head) + len(binary)) + head[12:] + bytes(binary)


def test_numbers_packed_with_meshopt_are_those_that_were_packed() -> None:
    plain = write_glb(MODEL)
    rig, unpacked = rig_of_glb(plain), rig_of_glb(compressed(plain))
    np.testing.assert_array_equal(unpacked.rest, rig.rest)
    np.testing.assert_array_equal(deform(unpacked, {"jawOpen": 1.0}), deform(rig, {"jawOpen": 1.0}))


def test_picture_as_ktx2_is_left_out_with_a_warning() -> None:
    change = _set("textures", to=[{"extensions": {"KHR_texture_basisu": {"source": 0}}}])
    with pytest.warns(UserWarning, match="KTX2, which is not read: it is shown without"):
        rig = rig_of_glb(rewritten(write_glb(MODEL, picture=True), change))
    assert rig.atlas.shape == (1, 1, 3)


@pytest.fixture(scope="module")
def facecap() -> Rig:
    """Three.js' facecap.glb, 52 expressions, packed by gltfpack, as the package openfacefx carries it."""
    spec = importlib.util.find_spec("openfacefx")
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip("needs openfacefx")
    path = Path(spec.submodule_search_locations[0]) / "studio_web" / "assets" / "facecap.glb"
    with pytest.warns(UserWarning, match="KTX2"):
        return Rig.load(path)


def test_head_of_a_package_has_all_expressions(facecap: Rig) -> None:
    assert set(facecap.target_names) == set(ARKIT_NAMES)
    rest, open_ = deform(facecap, {}), deform(facecap, {"jawOpen": 1.0})
    assert 15 < np.ptp(rest[:, 1]) < 45  # centimetres, once the eyes are where they belong
    moved = open_ - rest
    assert moved[:, 1].min() < -1.0
    assert np.linalg.norm(moved[rest[:, 1] > 3.0], axis=1).max() < 0.1  # the forehead stays


@needs_graphics
def test_head_of_a_package_opens_its_mouth_and_shuts_its_eyes(facecap: Rig) -> None:
    pictures = []
    with Offscreen(256, facecap, background=None) as stage:
        for name in (None, "jawOpen", "eyeBlinkLeft"):
            weights = np.array([float(known == name) for known in ARKIT_NAMES], np.float32)
            pictures.append(stage.render_face(weights, np.zeros((4, 3), np.float32)).astype(int))
    still, open_, wink = pictures
    assert (still[..., 3] > 200).mean() > 0.15
    mouth, eyes = slice(140, 256), slice(60, 140)
    opened, shut = (np.abs(picture - still).max(axis=2) > 40 for picture in (open_, wink))
    assert opened[mouth].sum() > 10 * max(opened[:60].sum(), 1)
    assert shut[eyes].sum() > 10 * max(shut[mouth].sum(), 1)
