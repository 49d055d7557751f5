"""Triangle meshes: normals, smoothing, subdividing, cutting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def smooth_step(low: float, high: float, x: Floats) -> Floats:
    """Return 0 below `low`, 1 above `high`, and a smooth way between; `low` may be the greater."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a: Floats, b: Floats | tuple[float, ...], weight: Floats) -> Floats:
    return a * (1 - weight[..., None]) + np.array(b) * weight[..., None]


def normals(vertices: Floats, triangles: Ints) -> Floats:
    """Return unit normals, weighted by area."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    face = np.cross(b - a, c - a)
    sums = np.zeros_like(vertices)
    for corner in range(3):
        for axis in range(3):
            sums[:, axis] += np.bincount(triangles[:, corner], face[:, axis], len(vertices))
    return sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-12)


def compact(triangles: Ints, count: int) -> tuple[Ints, Ints]:
    """Return the vertices in use, and the triangles that name them by their new places."""
    used = np.unique(triangles)
    place = np.full(count, -1)
    place[used] = np.arange(len(used))
    return used, place[triangles]


def _edges(triangles: Ints) -> Ints:
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])


def neighbour_mean(values: Floats, triangles: Ints, unique: bool = False) -> Floats:
    """Return the mean over the neighbours of each vertex; an edge of two triangles counts twice unless `unique`."""
    edges = _edges(triangles)
    edges = np.concatenate([edges, edges[:, ::-1]])
    if unique:
        edges = np.unique(edges, axis=0)
    degree = np.maximum(np.bincount(edges[:, 0], minlength=len(values)), 1)
    flat = values.reshape(len(values), -1)
    sums = [np.bincount(edges[:, 0], flat[edges[:, 1], k], len(values)) for k in range(flat.shape[1])]
    return (np.stack(sums, 1) / degree[:, None]).reshape(values.shape)


def relax(values: Floats, triangles: Ints, passes: int) -> Floats:
    """Smooth without shrinking: every second pass goes back almost as far (Taubin)."""
    for index in range(passes):
        step = 0.5 if index % 2 == 0 else -0.52
        values = values + step * (neighbour_mean(values, triangles, unique=True) - values)
    return values


def diffuse(values: Floats, triangles: Ints, passes: int) -> Floats:
    """Smooth half-way to the mean of the neighbours, some times."""
    for _ in range(passes):
        values = 0.5 * values + 0.5 * neighbour_mean(values, triangles)
    return values


def subdivide(values: Floats, triangles: Ints) -> tuple[Floats, Ints]:
    """Cut each triangle into four."""
    edges = np.sort(_edges(triangles), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    x, y, z = inverse.reshape(3, -1) + len(values)
    a, b, c = triangles.T
    parts = [np.c_[a, x, z], np.c_[x, b, y], np.c_[z, y, c], np.c_[x, y, z]]
    return np.concatenate([values, values[unique].mean(1)]), np.concatenate(parts)


def cut(values: Floats, triangles: Ints, side: Floats) -> tuple[Floats, Ints, Ints]:
    """Keep what lies where `side` is above 0, cut exactly; return also the vertices along the cut."""
    points = list(values)
    made: dict[tuple[int, int], int] = {}

    def crossing(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in made:
            share = side[a] / (side[a] - side[b])
            made[key] = len(points)
            points.append(points[a] + (points[b] - points[a]) * share)
        return made[key]

    kept = []
    for triangle in triangles.tolist():
        polygon = []
        for a, b in zip(triangle, triangle[1:] + triangle[:1], strict=True):
            if side[a] > 0:
                polygon.append(a)
            if (side[a] > 0) != (side[b] > 0):
                polygon.append(crossing(a, b))
        kept += [[polygon[0], polygon[k], polygon[k + 1]] for k in range(1, len(polygon) - 1)]
    used, placed = compact(np.array(kept), len(points))
    rim = np.isin(used, list(made.values()))
    return np.array(points)[used], placed, np.flatnonzero(rim)


def border(triangles: Ints, of: Ints) -> Ints:
    """Return the edges, directed as in their triangles, that only one triangle has and whose ends are among `of`."""
    directed = _edges(triangles)
    unique, counts = np.unique(np.sort(directed, axis=1), axis=0, return_counts=True)
    single = {tuple(edge) for edge in unique[counts == 1].tolist()}
    wanted = set(of.tolist())
    return np.array(
        [e for e in directed.tolist() if tuple(sorted(e)) in single and e[0] in wanted and e[1] in wanted]
    )
