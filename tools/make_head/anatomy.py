"""What has to be mended on the assembled head: lips that do not meet, lids that cut through the eyeball."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from mesh import Bools, Floats, Ints, neighbour_mean, smooth_step
from parts import MATERIALS, Part, Person, body_weights
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

_SKIN, _MOUTH, _LASH, _CLOTH = (MATERIALS.index(name) for name in ("skin", "mouth", "lash", "cloth"))

#: Lids stay this far outside of the ball, in its radii.
LID_RADIUS: Final = 1.035

#: The brows of the face units hardly move on this forehead.
_BROW_SCALE: Final = 1.45

#: What the driver does for m, b and p, and how far each lip then has to go at the corners.
_CLOSURE: Final = {"mouthPressLeft": 0.30, "mouthPressRight": 0.30, "mouthRollLower": 0.40, "mouthRollUpper": 0.22}
_CORNER_CM: Final = 0.09

#: The lids of the face units go past each other when shut.
_LIDS_MEET: Final = 0.93

# The upper lip stays under jawOpen, the lower one goes with it: told apart at this share of the largest way.
_LOWER_LIP: Final = 0.42


@dataclass
class Head:
    """All parts in one mesh. `targets` are dense, (52, vertices, 3); `joints` are weights of neck and head."""

    vertices: Floats
    triangles: Ints
    material: Ints
    colour: Floats
    uv: Floats
    cover: Floats
    lips: Floats
    eye: Ints
    names: list[str]
    targets: Floats
    joints: Floats
    lids: list[Ints]

    def target(self, name: str) -> Floats:
        return self.targets[self.names.index(name)]


def assemble(parts: list[Part], person: Person) -> Head:
    names = list(person.expressions)
    counts = [len(part.vertices) for part in parts]
    starts = np.cumsum([0, *counts])
    targets = np.zeros((len(names), starts[-1], 3))
    for part, start, count in zip(parts, starts, counts, strict=False):
        for name, offsets in part.deltas.items():
            targets[names.index(name), start : start + count] = offsets
    head = Head(
        vertices=np.concatenate([part.vertices for part in parts]),
        triangles=np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)]),
        material=np.concatenate([np.broadcast_to(part.material, len(part.vertices)) for part in parts]),
        colour=np.concatenate([part.colour for part in parts]),
        uv=np.concatenate([part.uv for part in parts]),
        cover=np.concatenate([part.cover for part in parts]),
        lips=np.concatenate([np.zeros(n) if p.lips is None else p.lips for p, n in zip(parts, counts, strict=True)]),
        eye=np.repeat([part.eye for part in parts], counts),
        names=names,
        targets=targets,
        joints=np.zeros((starts[-1], 2)),
        lids=[],
    )
    for index, name in enumerate(names):
        if name.startswith("brow"):
            head.targets[index] *= _BROW_SCALE
    _close_lips(head)
    _close_corners(head)
    head.lids = [_close_lid(head, person, side) for side in (0, 1)]
    _hang_on_joints(head, person)
    return head


def _close_lips(head: Head) -> None:
    """Close the gap that the neutral mouth has towards its corners, measured in columns across it."""
    points = head.vertices
    lips = head.lips * (head.material == _SKIN)
    way = np.linalg.norm(head.target("jawOpen"), axis=1)
    lower = way > _LOWER_LIP * way[lips > 0.5].max()
    columns = np.linspace(-3.1, 3.1, 63)

    def front(of: Bools, x: float, highest: bool) -> float:
        near = np.flatnonzero(of & (np.abs(points[:, 0] - x) < 0.22))
        if not len(near):
            return np.nan
        near = near[points[near, 2] > points[near, 2].max() - 0.55]
        return float(points[near, 1].max() if highest else points[near, 1].min())

    above = np.array([front((lips > 0.25) & ~lower, x, False) for x in columns])
    below = np.array([front((lips > 0.25) & lower, x, True) for x in columns])
    known = ~np.isnan(above + below)
    gap = np.interp(columns, columns[known], (above - below)[known])
    middle = np.interp(columns, columns[known], ((above + below) / 2)[known])
    gap_at = np.interp(points[:, 0], columns, gaussian_filter1d(np.maximum(gap, 0), 2), 0, 0)
    from_middle = points[:, 1] - np.interp(points[:, 0], columns, middle)
    share = np.exp(-((from_middle / 0.75) ** 2)) * np.isin(head.material, (_SKIN, _MOUTH))
    share *= smooth_step(6, 9, points[:, 2]) * gap_at
    on_lip = lips > 0.05
    points[:, 1] += share * np.where(on_lip, np.where(lower, 0.58, -0.58), np.where(lower, 0.348, 0.0))


def _close_corners(head: Head) -> None:
    """Let the lips meet at their corners too where m, b and p press and roll them."""
    pressed = head.vertices + sum(weight * head.target(name) for name, weight in _CLOSURE.items())
    lips = head.lips * (head.material == _SKIN)
    way = np.linalg.norm(head.target("jawOpen"), axis=1)
    lower = way > _LOWER_LIP * way[lips > 0.5].max()
    away = np.abs(pressed[:, 0])
    inner = (lips > 0.25) & (away > 1.0)
    middle = float(np.median(pressed[inner, 1]))
    share = smooth_step(1.3, 1.9, away) * (1 - smooth_step(2.6, 3.1, away)) * smooth_step(6, 9, pressed[:, 2])
    share *= np.exp(-(((pressed[:, 1] - middle) / 0.5) ** 2)) * np.isin(head.material, (_SKIN, _MOUTH))
    move = share * _CORNER_CM * np.where(lower, 1.0, -1.0)
    # Shared among the targets so that none of them alone is bent much.
    whole = sum(weight**2 for weight in _CLOSURE.values())
    for name, weight in _CLOSURE.items():
        head.target(name)[:, 1] += move * weight / whole


def _close_lid(head: Head, person: Person, side: int) -> Ints:
    """Let the lashes follow the edge of a lid that is kept outside of the ball; return the lid's vertices."""
    centre, radius = person.eyes[side]
    points = head.vertices
    blink = head.target("eyeBlink" + ("Left", "Right")[side])
    lid = np.flatnonzero(
        (np.linalg.norm(blink, axis=1) > 0.03)
        & (head.material == _SKIN)
        & (np.linalg.norm(points - centre, axis=1) < radius * 1.6)
        & (points[:, 2] > centre[2] - 0.2)
    )
    blink[lid] *= _LIDS_MEET
    shut = points[lid] + blink[lid] - centre
    away = np.linalg.norm(shut, axis=1, keepdims=True)
    inside = (shut[:, 2:] > 0) & (away < radius * LID_RADIUS)
    way = np.where(inside, shut / away * radius * LID_RADIUS, shut) + centre - points[lid]
    lashes = np.flatnonzero((head.material == _LASH) & (np.sign(points[:, 0]) == np.sign(centre[0])))
    distance, nearest = cKDTree(points[lid]).query(points[lashes])
    root = distance < np.quantile(distance, 0.45)
    _, of_root = cKDTree(points[lashes[root]]).query(points[lashes])
    correction = (way[nearest[root]] - blink[lashes[root]])[of_root]
    blink[lashes] += 0.95 * correction
    return lid


def _hang_on_joints(head: Head, person: Person) -> None:
    """Give each vertex its share of neck and head; what hangs on the skull turns with the head alone."""
    weights = body_weights(person)
    _, nearest = cKDTree(person.vertices[: len(weights)]).query(head.vertices)
    shares = weights[nearest]
    soft = np.isin(head.material, (_SKIN, _CLOTH))
    shares[~soft] = 0, 0, 1
    for _ in range(3):
        mean = neighbour_mean(shares, head.triangles)
        shares[soft] = 0.5 * shares[soft] + 0.5 * mean[soft]
    head.joints = (shares / shares.sum(1, keepdims=True))[:, 1:]
