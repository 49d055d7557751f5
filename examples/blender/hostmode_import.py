"""Blender add-on: load a recording onto shape keys that are named like ARKit's.

Install this file (Edit > Preferences > Add-ons > Install from Disk), select a mesh with shape keys such as
``jawOpen``, and choose File > Import > Host Mode face. It reads what ``hostmode export`` writes: a .csv of Live Link
Face, or a .json of Audio2Face; and a recording itself where hostmode is installed in Blender's Python. The .wav file
beside it becomes the scene's sound.
"""

# Annotations stay what they are: Blender reads those of operators.
import csv
import json
import re
import sys
import tempfile
from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ImportHelper

bl_info = {
    "name": "Host Mode face",
    "author": "hostmode developers",
    "version": (1, 0, 0),
    "blender": (3, 4, 0),
    "location": "File > Import > Host Mode face (.csv, .json)",
    "description": "Loads a face onto shape keys named like ARKit's",
    "category": "Import-Export",
}


LEAST_RATE, MOST_RATE = 1, 240
# Weights are from 0 to 1, angles a few radians.
LARGEST = 100.0
# What hostile files make Python's readers, and the code below, raise.
UNREADABLE = (
    *(OSError, ValueError, KeyError, IndexError, TypeError, AttributeError),
    *(OverflowError, RecursionError, csv.Error),
)


class Take:
    """Weights by name of an expression, a value a frame."""

    def __init__(self, rate: float, names: list[str], rows: list[list[float]]) -> None:
        if not rows or any(len(row) != len(names) for row in rows):
            raise ValueError("it has no frames, or rows of different lengths")
        if not LEAST_RATE <= rate <= MOST_RATE:
            raise ValueError(f"it has {rate:.6g} frames a second; {LEAST_RATE} to {MOST_RATE} are possible")
        # Not what compares false, which NaN is.
        if not all(abs(value) <= LARGEST for row in rows for value in row):
            raise ValueError("it has values that no face has: NaN, infinity, or beyond 100")
        self.rate = rate
        self.count = len(rows)
        self.weights = dict(zip(map(plain, names), zip(*rows, strict=True), strict=True))


def plain(name: str) -> str:
    """Return a name as it is compared: ``eyeBlinkLeft``, ``EyeBlinkLeft`` and ``eyeBlink_L`` are the same."""
    text = name.replace(" ", "_")
    text = re.sub(r"_L$", "Left", re.sub(r"_R$", "Right", text))
    return text.replace("_", "").lower()


def read_take(path: Path, rate: float) -> Take:
    """Read a file; `rate` is that of a .csv whose timecode does not say it."""
    if path.suffix.lower() == ".csv":
        return read_csv(path, rate)
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    if "weightMat" not in document:
        return read_recording(path)
    return Take(float(document["exportFps"]), document["facsNames"], document["weightMat"])


def read_csv(path: Path, rate: float) -> Take:
    """Read a Live Link Face take: timecode, a count, and a column each."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if header[:1] != ["Timecode"] or not rows:
        raise ValueError("its first column is not Timecode, or it has no frames")
    largest = max(int(re.split("[:;.]", row[0])[3]) for row in rows)
    whole = next((whole for whole in (24, 25, 30, 48, 50, 60, 100, 120) if whole > largest), 120)
    # Drop-frame timecode means 1000/1001. Else it cannot tell 23.976 from 24, nor anything in less than a second:
    # the scene's rate decides.
    if ";" in rows[0][0]:
        rate = whole * 1000 / 1001
    elif len(rows) > largest + 1 and abs(rate - whole) > 0.1:
        rate = whole
    return Take(rate, header[2:], [[float(value) for value in row[2:]] for row in rows])


def read_recording(path: Path) -> Take:
    """Read a recording by hostmode."""
    try:
        import hostmode
    except ImportError:
        raise ValueError(
            f"a recording needs hostmode here: {sys.executable} -m pip install hostmode; "
            f"or export it: hostmode export {path.name} {path.stem}.csv"
        ) from None
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "take.json"
        try:
            hostmode.export(hostmode.load_recording(path), written, sound=False)
        except hostmode.HostModeError as error:
            raise ValueError(str(error)) from None
        document = json.loads(written.read_text(encoding="utf-8"))
    return Take(float(document["exportFps"]), document["facsNames"], document["weightMat"])


def apply_take(take: Take, objects: list[bpy.types.Object], scene: bpy.types.Scene, name: str) -> int:
    """Animate the shape keys of meshes, one frame of the scene a frame of the take; return how many there are."""
    scene.render.fps = max(1, round(take.rate))
    scene.render.fps_base = scene.render.fps / take.rate
    scene.frame_start, scene.frame_end = 1, take.count
    applied = 0
    for thing in objects:
        keys = getattr(thing.data, "shape_keys", None)
        if keys is None:
            continue
        for block in keys.key_blocks:
            values = take.weights.get(plain(block.name))
            if values is None or block == keys.reference_key:
                continue
            block.slider_min, block.slider_max = min(0.0, *values), max(1.0, *values)
            animate(keys, block, values, name)
            applied += 1
    return applied


def animate(keys: bpy.types.Key, block: bpy.types.ShapeKey, values: tuple[float, ...], name: str) -> None:
    """Give a shape key a value a frame, in place of what animated it before."""
    path = f'key_blocks["{bpy.utils.escape_identifier(block.name)}"].value'
    keys.animation_data_create()
    # The first key makes the action, whichever way this Blender keeps its curves.
    block.driver_remove("value")
    block.value = values[0]
    block.keyframe_insert("value", frame=1)
    action = keys.animation_data.action
    action.name = name
    curve = next(curve for curve in curves_of(keys, action) if curve.data_path == path)
    curve.keyframe_points.clear()
    curve.keyframe_points.add(len(values))
    flat = [number for frame, value in enumerate(values, start=1) for number in (frame, value)]
    curve.keyframe_points.foreach_set("co", flat)
    for point in curve.keyframe_points:
        point.interpolation = "LINEAR"
    curve.update()


def curves_of(keys: bpy.types.Key, action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """Return the curves of an action: in slots since Blender 4.4, in the action itself before."""
    if not hasattr(action, "layers") or not action.layers:
        return list(action.fcurves)
    slot = keys.animation_data.action_slot
    return [curve for layer in action.layers for strip in layer.strips for curve in strip.channelbag(slot).fcurves]


def add_sound(path: Path, scene: bpy.types.Scene) -> None:
    """Play a .wav file from the first frame on."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strips.new_sound(path.stem, str(path), 1, 1)


class ImportFace(bpy.types.Operator, ImportHelper):
    """Load a face onto the shape keys of the selected meshes."""

    bl_idname = "import_scene.hostmode_face"
    bl_label = "Host Mode face"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    filter_glob: StringProperty(default="*.csv;*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(self.filepath)
        try:
            take = read_take(path, context.scene.render.fps / context.scene.render.fps_base)
        except UNREADABLE as error:
            self.report({"ERROR"}, f"{path.name}: {' '.join(str(error).split()) or type(error).__name__}")
            return {"CANCELLED"}
        applied = apply_take(take, list(context.selected_objects), context.scene, path.stem)
        if not applied:
            self.report({"ERROR"}, "no selected mesh has a shape key named like one of ARKit's, such as jawOpen")
            return {"CANCELLED"}
        if path.with_suffix(".wav").is_file():
            add_sound(path.with_suffix(".wav"), context.scene)
        self.report({"INFO"}, f"{applied} shape keys, {take.count} frames at {take.rate:.6g}/s")
        return {"FINISHED"}


def show_in_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator(ImportFace.bl_idname, text="Host Mode face (.csv, .json)")


def register() -> None:
    bpy.utils.register_class(ImportFace)
    bpy.types.TOPBAR_MT_file_import.append(show_in_menu)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_import.remove(show_in_menu)
    bpy.utils.unregister_class(ImportFace)


if __name__ == "__main__":
    register()
