"""How much light reaches each vertex: by pictures of depth from many directions, drawn in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from mesh import Floats, Ints, diffuse, normals
from parts import MATERIALS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anatomy import Head

_SIZE: Final = 384
_REACH_CM: Final = 26.0
_CENTRE: Final = np.array([0.0, -5.0, 2.0])
_KEY: Final = np.array([-0.50, 0.55, 0.67]) / np.linalg.norm([-0.50, 0.55, 0.67])
_LASH, _EYE, _HAIR, _CLOTH = (MATERIALS.index(name) for name in ("lash", "eye", "hair", "cloth"))
_IN_MOUTH = tuple(MATERIALS.index(name) for name in ("mouth", "teeth", "tongue"))


class _Surface:
    """Points that cover the triangles closely, and the vertices to be lit."""

    def __init__(self, vertices: Floats, triangles: Ints) -> None:
        a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
        longest = np.max(
            [np.linalg.norm(a - b, axis=1), np.linalg.norm(b - c, axis=1), np.linalg.norm(c - a, axis=1)], 0
        )
        steps = np.ceil(longest / (1.6 * _REACH_CM / _SIZE)).astype(int).clip(1, 40)
        points = []
        for count in np.unique(steps):
            of = steps == count
            i, j = np.meshgrid(np.arange(count + 1), np.arange(count + 1))
            inside = i + j <= count
            u, v = (i[inside] / count)[:, None, None], (j[inside] / count)[:, None, None]
            points.append((a[of] + u * (b[of] - a[of]) + v * (c[of] - a[of])).reshape(-1, 3))
        self._points = np.concatenate(points) - _CENTRE
        self._seen = vertices + 0.06 * normals(vertices, triangles) - _CENTRE

    def lit(self, direction: Floats, bias_cm: float) -> Floats:
        """Return 1 for the vertices that light from `direction` reaches, 0 for the others."""
        up = np.array([0.0, 0.0, 1.0]) if abs(direction[1]) > 0.99 else np.array([0.0, 1.0, 0.0])
        right = np.cross(up, direction)
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(direction, right), direction])

        def place(points: Floats) -> tuple[Ints, Floats]:
            x, y, depth = (points @ axes.T).T
            column, row = (((value / _REACH_CM) * 0.5 + 0.5) * _SIZE for value in (x, y))
            cell = row.clip(0, _SIZE - 1).astype(int) * _SIZE + column.clip(0, _SIZE - 1).astype(int)
            return cell, depth

        nearest = np.full(_SIZE * _SIZE, -np.inf)
        cell, depth = place(self._points)
        order = np.argsort(depth, kind="stable")
        nearest[cell[order]] = depth[order]  # the last written is the nearest to the light
        cell, depth = place(self._seen)
        return (depth >= nearest[cell] - bias_cm).astype(np.float64)


def _sky() -> Iterable[tuple[Floats, float]]:
    """Yield 160 directions all around, the lower ones with less weight."""
    index = np.arange(160) + 0.5
    tilt, turn = np.arccos(1 - 2 * index / 160), np.pi * (1 + 5**0.5) * index
    for a, b in zip(turn, tilt, strict=True):
        direction = np.array([np.cos(a) * np.sin(b), np.cos(b), np.sin(a) * np.sin(b)])
        yield direction, 1.0 if direction[1] > -0.2 else 0.45


def _ambient_and_key(vertices: Floats, triangles: Ints, shadows: Ints, bias_cm: float) -> tuple[Floats, Floats]:
    surface = _Surface(vertices, shadows)
    out = normals(vertices, triangles)
    ambient, weights = np.zeros(len(vertices)), np.zeros(len(vertices))
    for direction, weight in _sky():
        facing = np.maximum(out @ direction, 0) * weight
        ambient += surface.lit(direction, bias_cm) * facing
        weights += facing
    random = np.random.default_rng(1)
    key = np.zeros(len(vertices))
    for _ in range(32):
        direction = _KEY + 0.24 * random.standard_normal(3)
        key += surface.lit(direction / np.linalg.norm(direction), 0.16 + bias_cm) / 32
    return ambient / np.maximum(weights, 1e-6), key


def bake(head: Head) -> tuple[Floats, Floats]:
    """Return ambient light and visibility of the main lamp for each vertex, 0 to 1."""
    triangles, material = head.triangles, head.material
    shadows = triangles[~(material[triangles] == _LASH).any(1)]
    ambient, key = _ambient_and_key(head.vertices, triangles, shadows, 0.12)
    # The inside of the mouth is only seen when it is open.
    opened = head.vertices + 0.45 * head.target("jawOpen")
    ambient_open, key_open = _ambient_and_key(opened, triangles, shadows, 0.16)
    inside = np.isin(material, _IN_MOUTH)
    ambient[inside], key[inside] = ambient_open[inside], key_open[inside]
    lips = head.lips > 0.3
    ambient[lips] = np.maximum(ambient[lips], 0.55 * ambient_open[lips] + 0.45 * ambient[lips])
    ambient, key = diffuse(ambient.clip(0, 1), triangles, 1), diffuse(key, triangles, 2)
    for kind, passes in ((_CLOTH, 14), (_HAIR, 5)):
        of = material == kind
        ambient[of], key[of] = diffuse(ambient, triangles, passes)[of], diffuse(key, triangles, passes)[of]
    ambient = np.clip(1.12 * ambient, 0, 1) ** 1.15
    eyes = material == _EYE
    ambient[eyes] = 1
    key[eyes] = 0.5 * (key[eyes].mean() + key[eyes])
    return ambient, key
