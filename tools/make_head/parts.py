"""The parts of the head: skin, teeth and tongue, eyes, lashes, hair, shirt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from makehuman import BODY_VERTICES, MakeHuman, sample_mask
from mesh import Floats, Ints, border, compact, cut, normals, relax, smooth_step, subdivide
from shape import KNOT, face_cover, face_uv, hairline, in_atlas, neckline

MATERIALS: Final = ("skin", "mouth", "teeth", "tongue", "eye", "lash", "hair", "cloth")
_SKIN, _SCALP = np.array((0.80, 0.59, 0.48)), np.array((0.20, 0.145, 0.115))
_CLOTH = np.array((0.205, 0.235, 0.275))
_LOWEST_CM: Final = -23.5


@dataclass
class Part:
    """Vertices of one kind. `deltas` are the expressions' offsets by name, each (n, 3)."""

    vertices: Floats
    triangles: Ints
    material: Ints | int
    colour: Floats
    uv: Floats
    cover: Floats
    deltas: dict[str, Floats] = field(default_factory=dict)
    lips: Floats | None = None
    eye: int = 0  # 1 left, 2 right
    origin: Ints | None = None  # MakeHuman's vertices


class Person:
    """MakeHuman's vertices in centimetres, with the eyes at height 0, and what is known about each."""

    def __init__(self, source: MakeHuman, recipe: dict[str, float]) -> None:
        self.source = source
        vertices = source.identity(recipe) * 10
        self.vertices = vertices - [0, source.centre("joint-l-eye", vertices)[1], 0]
        self.expressions = {name: offsets * 10 for name, offsets in source.expressions().items()}
        self.uv = source.vertex_uv("body")
        self.masks = {name: sample_mask(source.mask(name, 3), self.uv) for name in ("lips", "ears", "inside-mouth")}
        body = source.triangles("body")
        self.body_normals = normals(self.vertices, body)
        in_view = (self.vertices[body][:, :, 1] > _LOWEST_CM).all(1)
        self.body = body[in_view & (np.abs(self.vertices[body][:, :, 0]) < 20).all(1)]
        self.eyes = [self._eyeball(side) for side in "lr"]

    def _eyeball(self, side: str) -> tuple[Floats, float]:
        """Return centre and radius of the sphere through an eye."""
        points = self.vertices[np.unique(self.source.triangles(f"helper-{side}-eye"))]
        system = np.c_[2 * points, np.ones(len(points))]
        solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
        centre = solution[:3]
        return centre, float(np.sqrt(solution[3] + centre @ centre))

    def helper(self, *groups: str) -> tuple[Ints, Ints]:
        return compact(self.source.triangles(*groups), len(self.vertices))

    def moved(self, used: Ints) -> dict[str, Floats]:
        return {name: offsets[used] for name, offsets in self.expressions.items()}


def make_skin(person: Person) -> Part:
    corners = person.vertices[person.body]
    shown = (neckline(corners) < 2.2).any(1)  # on below the edge of the shirt
    ears = person.masks["ears"]
    under_hair = (hairline(corners) > 2.3).all(1) & (ears[person.body].max(1) < 0.05)
    used, triangles = compact(person.body[shown & ~under_hair], len(person.vertices))
    points = person.vertices[used]
    inside = person.masks["inside-mouth"][used]
    on_ear = smooth_step(0.2, 0.6, ears[used])[:, None]
    scalp = (smooth_step(-0.3, 0.6, hairline(points)) * (1 - smooth_step(0.2, 0.5, ears[used])))[:, None]
    colour = _SKIN * (1 - scalp) + _SCALP * scalp
    colour = np.where((inside > 0.5)[:, None], (0.40, 0.13, 0.12), colour)
    colour = colour * (1 - on_ear) + np.array((0.80, 0.535, 0.43)) * on_ear
    material = np.where(inside > 0.5, MATERIALS.index("mouth"), MATERIALS.index("skin"))
    cover = face_cover(points, ears[used], inside)
    uv = in_atlas(face_uv(points), "face")
    return Part(points, triangles, material, colour, uv, cover, person.moved(used), person.masks["lips"][used],
                origin=used)  # fmt: skip


def make_mouth(person: Person) -> list[Part]:
    """Return upper and lower teeth and the tongue."""
    parts = []
    for group, kind, colour in (
        ("helper-upper-teeth", "teeth", (0.90, 0.87, 0.81)),
        ("helper-lower-teeth", "teeth", (0.86, 0.83, 0.77)),
        ("helper-tongue", "tongue", (0.66, 0.31, 0.30)),
    ):
        used, triangles = person.helper(group)
        points = person.vertices[used]
        uv, cover = np.zeros((len(used), 2)), np.zeros(len(used))
        if kind == "teeth":
            # Narrower and further back, or they stick through the corners of the mouth.
            points = points + (points - [0, 0, 6]) * [-0.10, 0, -0.06] + [0, 0, -0.12]
            around = np.arctan2(points[:, 0], points[:, 2] - points[:, 2].min())
            height = (points[:, 1] - points[:, 1].min()) / np.ptp(points[:, 1])
            if "upper" in group:
                height = 1 - height  # in the atlas the edges that bite are above
            uv, cover = in_atlas(np.c_[0.5 + around / np.pi, height], "teeth"), np.ones(len(used))
        if kind == "tongue":
            # Shorter, or its tip comes through the lower teeth while the jaw is half open.
            root = points[:, 2].min()
            points = points - (points - [0, 0, root]) * [0, 0, 0.05]
        flat = np.broadcast_to(colour, (len(used), 3)).copy()
        parts.append(Part(points, triangles, MATERIALS.index(kind), flat, uv, cover, person.moved(used)))
    return parts


def make_eyes(person: Person) -> list[Part]:
    parts = []
    for index, (centre, radius) in enumerate(person.eyes):
        unit, ball, triangles = _ball(radius * 0.985)
        colour, cover = np.full((len(unit), 3), 0.85), np.zeros(len(unit))
        parts.append(
            Part(
                ball + centre,
                triangles,
                MATERIALS.index("eye"),
                colour,
                unit[:, :2] * 0.5 + 0.5,
                cover,
                eye=index + 1,
            )
        )
    return parts


def _ball(radius: float, around: int = 24) -> tuple[Floats, Floats, Ints]:
    """Return directions, points and triangles of a ball whose pupil, with a cornea, looks to +z."""
    angles = np.radians([9, 17, 24, 31, 40, 53, 70, 92])
    turn = np.arange(around) / around * 2 * np.pi
    rows = [np.array([[0, 0, 1.0]])]
    rows += [np.c_[np.sin(a) * np.cos(turn), np.sin(a) * np.sin(turn), np.full(around, np.cos(a))] for a in angles]
    unit = np.concatenate(rows)
    step, after = np.arange(around), (np.arange(around) + 1) % around
    triangles = [np.c_[np.zeros(around, int), 1 + step, 1 + after]]
    for row in range(len(angles) - 1):
        a, b = 1 + row * around + step, 1 + row * around + after
        triangles += [np.c_[a, a + around, b], np.c_[b, a + around, b + around]]
    angle = np.degrees(np.arccos(np.clip(unit[:, 2], -1, 1)))
    bulge = 1 + 0.055 * np.clip(1 - (angle / 30) ** 2, 0, 1)
    return unit, unit * radius * bulge[:, None], np.concatenate(triangles)


def make_lashes(person: Person) -> list[Part]:
    parts = []
    for side, (centre, radius) in zip("lr", person.eyes, strict=True):
        for strip, strength in (("1", 0.6), ("2", 1.0)):  # lower and upper
            used, triangles = person.helper(f"helper-{side}-eyelashes-{strip}")
            points = person.vertices[used]
            away = np.linalg.norm(points - centre, axis=1) - radius
            root = np.clip(1 - np.clip(away / away.max(), 0, 1), 0, 1) * strength
            uv = np.c_[np.arange(len(used)) / len(used), root]
            colour = np.broadcast_to((0.03, 0.02, 0.018), (len(used), 3)).copy()
            cover = np.zeros(len(used))
            parts.append(Part(points, triangles, MATERIALS.index("lash"), colour, uv, cover, person.moved(used)))
    return parts


def make_hair(person: Person) -> list[Part]:
    """Return hair combed back from the hairline, and the knot that it ends in."""
    corners = person.vertices[person.body]
    on_scalp = (hairline(corners) > -1.3).any(1) & (person.masks["ears"][person.body].max(1) < 0.35)
    used, triangles = compact(person.body[on_scalp & (corners[:, :, 1].min(1) > -11)], len(person.vertices))
    both, triangles = subdivide(np.c_[person.vertices[used], person.body_normals[used]], triangles)
    points = relax(both[:, :3], triangles, 14)
    out = normals(points, triangles) * 0.7 + both[:, 3:] / np.linalg.norm(both[:, 3:], axis=1, keepdims=True) * 0.3
    out = relax(out / np.linalg.norm(out, axis=1, keepdims=True), triangles, 8)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    y, z = points[:, 1], points[:, 2]
    volume = 0.60 + 1.05 * smooth_step(3.5, 10.5, y) + 0.45 * smooth_step(2, -8, z) * smooth_step(-6, 2, y)
    volume -= 0.25 * smooth_step(2, -6, y)
    rise = 1 - (1 - np.clip(hairline(points) / 3.4, 0, 1)) ** 2.2
    lift = -0.22 + (volume + 0.22) * rise
    to_knot = points - KNOT
    around = np.arctan2(to_knot[:, 0], to_knot[:, 1])
    lift += 0.03 * np.sin(around * 23) * smooth_step(0.3, 1.2, lift)
    points = relax(points + out * lift[:, None], triangles, 4)
    uv = np.c_[around / (2 * np.pi) + 0.5, np.clip(np.linalg.norm(to_knot, axis=1) / 26, 0, 1)]
    hair = _hair_part(points, triangles, uv)
    return [hair, _knot()]


def _knot(columns: int = 28, rows: int = 14) -> Part:
    turn, tilt = np.meshgrid(np.arange(columns + 1) / columns * 2 * np.pi, np.linspace(0, np.pi, rows + 1))
    unit = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), -np.cos(tilt)], -1).reshape(-1, 3)
    turn, tilt = turn.ravel(), tilt.ravel()
    coil = 1 + 0.10 * np.sin(3 * turn + 5 * tilt) * np.sin(tilt)
    points = unit * np.array([3.3, 3.1, 2.5]) * coil[:, None] + KNOT + [0, -0.6, -0.1]
    at = np.arange(len(points)).reshape(rows + 1, columns + 1)
    a, b, c, d = (grid.ravel() for grid in (at[:-1, :-1], at[:-1, 1:], at[1:, :-1], at[1:, 1:]))
    triangles = np.concatenate([np.c_[a, b, c], np.c_[b, d, c]])
    outwards = np.cross(
        points[triangles[:, 1]] - points[triangles[:, 0]], points[triangles[:, 2]] - points[triangles[:, 0]]
    )
    if ((outwards * (points[triangles].mean(1) - KNOT)).sum(1) > 0).mean() < 0.5:
        triangles = triangles[:, ::-1]
    return _hair_part(points, triangles, np.c_[(tilt * 0.35 + turn * 0.06) % 1, turn / (2 * np.pi)])


def _hair_part(points: Floats, triangles: Ints, uv: Floats) -> Part:
    colour = np.broadcast_to(_SCALP, (len(points), 3)).copy()
    return Part(points, triangles, MATERIALS.index("hair"), colour, in_atlas(uv, "hair"), np.ones(len(points)))


def make_shirt(person: Person) -> Part:
    """Return the body below the neckline, lifted off the skin, with a rolled collar."""
    below = (person.vertices[person.body][:, :, 1] < 0).all(1)
    used, triangles = compact(person.body[below], len(person.vertices))
    both = relax(np.c_[person.vertices[used], person.body_normals[used]], triangles, 4)
    both, triangles, rim = cut(both, triangles, neckline(both[:, :3]))
    out = both[:, 3:] / np.linalg.norm(both[:, 3:], axis=1, keepdims=True)
    depth = neckline(both[:, :3])
    points = both[:, :3] + out * (0.42 + 0.25 * smooth_step(0, 3, depth) + 0.5 * smooth_step(3, 9, depth))[:, None]
    edges = border(triangles, rim)
    ring = np.unique(edges)
    at = {vertex: index for index, vertex in enumerate(ring.tolist())}
    all_points, all_triangles, before = [points], [triangles], ring
    for outwards, upwards in ((0.10, 0.30), (0.02, 0.75), (-0.22, 0.95), (-0.55, 0.80)):
        after = sum(map(len, all_points)) + np.arange(len(ring))
        all_points.append(points[ring] + out[ring] * outwards + [0, upwards * 0.9, 0])
        for a, b in edges.tolist():
            i, k = at[a], at[b]
            all_triangles.append(np.array([[before[k], before[i], after[i]], [before[k], after[i], after[k]]]))
        before = after
    vertices = np.concatenate(all_points)
    shade = np.where(np.arange(len(vertices)) < len(points), 1.0, 0.82)[:, None]
    nothing = np.zeros(len(vertices))
    return Part(
        vertices, np.concatenate(all_triangles), MATERIALS.index("cloth"), _CLOTH * shade,
        np.zeros((len(vertices), 2)), nothing,
    )  # fmt: skip


def body_weights(person: Person) -> Floats:
    """Return how much of each vertex hangs on body, neck and head, shape (13380, 3)."""
    shares = {"neck01": (0.55, 0.45, 0.0), "neck02": (0.15, 0.75, 0.10), "neck03": (0.0, 0.4, 0.6)}
    body = ("spine", "clav", "should", "arm", "breast", "pelvis", "root", "hip")
    weights = np.zeros((len(person.vertices), 3))
    for bone, entries in person.source.bone_weights().items():
        share = shares.get(bone, (1.0, 0.0, 0.0) if any(word in bone for word in body) else (0.0, 0.0, 1.0))
        for vertex, weight in entries:
            weights[vertex] += weight * np.array(share)
    weights = weights[:BODY_VERTICES]
    return weights / (weights.sum(1, keepdims=True) + 1e-9)
