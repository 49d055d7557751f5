"""Run in Blender's Python: load takes by the add-on and print as JSON, a line each, what the shape keys do then.

Arguments: the add-on, a .glb with the head or "-" for a triangle, and the takes.
"""

from __future__ import annotations

import importlib.util
import json
import sys

import bpy


def main(add_on: str, head: str, takes: list[str]) -> None:
    spec = importlib.util.spec_from_file_location("hostmode_import", add_on)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.register()
    for take in takes:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        print("RESULT", json.dumps(load(take, head)))
    module.unregister()


def face_of(head: str) -> bpy.types.Object:
    """Return a mesh with shape keys."""
    if head != "-":
        bpy.ops.import_scene.gltf(filepath=head)
        return next(one for one in bpy.data.objects if getattr(one.data, "shape_keys", None))
    mesh = bpy.data.meshes.new("face")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    face = bpy.data.objects.new("face", mesh)
    bpy.context.scene.collection.objects.link(face)
    for name in ("Basis", "jawOpen", "EyeBlink_L", "mouthSmileRight", "not one of them"):
        face.shape_key_add(name=name)
    return face


def load(take: str, head: str) -> dict[str, object]:
    """Load a take onto a face and play it."""
    face = face_of(head)
    bpy.ops.object.select_all(action="DESELECT")
    face.select_set(True)
    try:
        result = sorted(bpy.ops.import_scene.hostmode_face(filepath=take))
    except RuntimeError as error:
        return {"error": str(error)}
    scene = bpy.context.scene
    values: dict[str, list[float]] = {}
    for frame in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(frame)
        for block in face.data.shape_keys.key_blocks:
            values.setdefault(block.name, []).append(block.value)
    editor = scene.sequence_editor
    strips = [] if editor is None else list(editor.strips if hasattr(editor, "strips") else editor.sequences)
    return {
        "result": result,
        "frames": [scene.frame_start, scene.frame_end],
        "rate": scene.render.fps / scene.render.fps_base,
        "sounds": [strip.sound.filepath for strip in strips],
        "values": values,
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
