"""The atlas: skin, lips, brows and the roots of the hair, painted by functions of the place on the face."""

from __future__ import annotations

import numpy as np
from makehuman import MakeHuman, sample_mask
from mesh import Floats, mix, smooth_step
from parts import MATERIALS, Part
from scipy.ndimage import distance_transform_edt, gaussian_filter
from shape import FACE_HEIGHT, HAIR_HEIGHT, HEIGHT, TEETH_HEIGHT, WIDTH, hairline

# Texels a centimetre against the 19 of the first version: blurs and noises are given in those.
_SCALE = WIDTH / 512


def paint(skin: Part, body_uv: Floats, ears: Floats, source: MakeHuman) -> Floats:
    """Return the atlas, shape (height, width, 3), sRGB 0 to 255, its lower row first."""
    place, texture_uv = _unroll(skin, body_uv, ears)
    face = _paint_face(place, texture_uv, source)
    rows = [face, _paint_strands(), _paint_teeth()]
    return (np.clip(np.concatenate(rows), 0, 1) * 255 + 0.5).astype(np.uint8)


def _unroll(skin: Part, body_uv: Floats, ears: Floats) -> tuple[Floats, Floats]:
    """Return for each texel of the face its place in space and in MakeHuman's texture."""
    triangles = skin.triangles
    shown = (skin.cover[triangles] > 0).any(1) & (skin.material[triangles] == MATERIALS.index("skin")).all(1)
    triangles = triangles[shown & (ears[triangles] < 0.5).all(1)]
    texel = skin.uv * [WIDTH, HEIGHT]
    values = np.c_[skin.vertices, body_uv]
    drawn = np.zeros((FACE_HEIGHT, WIDTH, values.shape[1]))
    known = np.zeros((FACE_HEIGHT, WIDTH), bool)
    for triangle in triangles:
        a, b, c = texel[triangle]
        low = np.maximum(np.floor(np.min([a, b, c], 0)).astype(int), 0)
        high = np.minimum(np.ceil(np.max([a, b, c], 0)).astype(int) + 1, [WIDTH, FACE_HEIGHT])
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-9:
            continue
        of_b = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        of_c = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        inside = (of_b >= 0) & (of_c >= 0) & (of_b + of_c <= 1)
        weights = np.stack([1 - of_b - of_c, of_b, of_c], -1)[inside]
        row, column = y[inside].astype(int), x[inside].astype(int)
        drawn[row, column] = weights @ values[triangle]
        known[row, column] = True
    rows, columns = distance_transform_edt(~known, return_distances=False, return_indices=True)
    drawn = drawn[rows, columns]
    return drawn[..., :3], drawn[..., 3:]


def _noise(size: float, seed: int) -> Floats:
    field = np.random.default_rng(seed).standard_normal((FACE_HEIGHT, WIDTH))
    field = gaussian_filter(field, size * _SCALE, mode="wrap")
    return field / field.std()


def _paint_face(place: Floats, texture_uv: Floats, source: MakeHuman) -> Floats:
    x, y, z = np.moveaxis(place, -1, 0)
    lips = sample_mask(source.mask("lips", 2.5), texture_uv)
    lids = sample_mask(source.mask("eyelids", 6), texture_uv)

    def spot(at_x: float, at_y: float, wide: float, high: float) -> Floats:
        return np.exp(-(((np.abs(x) - at_x) / wide) ** 2) - ((y - at_y) / high) ** 2)

    skin = np.broadcast_to((0.815, 0.60, 0.49), place.shape).copy()
    skin *= 1 + 0.018 * _noise(14, 1)[..., None] + 0.012 * _noise(3, 2)[..., None] + 0.008 * _noise(1, 4)[..., None]
    skin[..., 0] *= 1 + 0.006 * _noise(6, 5)
    skin = mix(skin, (0.82, 0.46, 0.40), 0.26 * spot(4.6, -3.9, 2.3, 1.9) + 0.25 * spot(0, -4.3, 1.2, 1.0))
    skin = mix(skin, (0.66, 0.43, 0.38), 0.40 * spot(2.9, -0.1, 2.1, 1.35) * (z > 5))
    skin = mix(skin, (0.70, 0.50, 0.43), 0.35 * lids)
    skin = mix(skin, (0.86, 0.67, 0.54), 0.25 * spot(0, 4.3, 4.5, 1.8))
    skin = mix(skin, (0.74, 0.51, 0.42), 0.35 * smooth_step(-9.5, -12.5, y))
    middle = y[(lips > 0.5) & (z > 5)].mean()
    red = np.broadcast_to((0.70, 0.36, 0.345), place.shape) * (1 + 0.05 * _noise(1.2, 9)[..., None])
    red = mix(red, (0.45, 0.20, 0.19), 0.75 * np.exp(-(((y - middle - 0.02) / 0.16) ** 2)))
    skin = skin * (1 - 0.88 * lips[..., None]) + red * 0.88 * lips[..., None]
    skin = mix(skin, (0.235, 0.155, 0.115), _brows(x, y) * (z > 0))
    return _hair_roots(skin, place)


def _brows(x: Floats, y: Floats) -> Floats:
    """Return how much of the skin the hairs of the brows cover: strokes along a curve."""
    along = np.clip((np.abs(x) - 1.12) / 3.85, -0.2, 1.2)
    curve = 1.93 + 0.66 * np.sin(np.clip(along, 0, 1) * 2.3) - 0.22 * along
    across = (y - curve) / (0.52 * (1 - 0.66 * np.clip(along, 0, 1)) + 0.05)
    phase = along * 15.4 - across * (0.75 - 0.55 * along) + 0.35 * _noise(7, 11)
    strokes = 0.5 + 0.5 * np.sin(2 * np.pi * phase + 1.5 * _noise(3, 12))
    strokes = 0.65 * strokes + 0.35 * (0.5 + 0.5 * np.sin(3.26 * np.pi * phase + 1.0))
    edge = smooth_step(1.25, 0.10, np.abs(across + 0.14 * _noise(2.5, 31)))
    edge *= smooth_step(-0.06, 0.18, along) * smooth_step(1.06, 0.72, along)
    return np.clip(edge * (0.84 + 0.34 * (strokes - 0.5)), 0, 1) * 0.92


def _hair_roots(skin: Floats, place: Floats) -> Floats:
    """Paint the hair that begins at the hairline, thinner and finer towards the face."""
    x, y, _ = np.moveaxis(place, -1, 0)
    inside = hairline(place)
    around = np.arctan2(x, y - 2.2)
    lines = gaussian_filter(np.random.default_rng(3).standard_normal(8192), 1.5, mode="wrap")
    lines /= lines.std()
    coarse, fine, finest = (
        lines[((around * turns).astype(int) + shift) % len(lines)]
        for turns, shift in ((420, 0), (1150, 777), (2600, 99))
    )
    ragged = inside + 0.10 * coarse + 0.14 * fine + 0.10 * finest + 0.16 * _noise(9, 21)
    cover = smooth_step(-0.95, 0.85, ragged) ** 1.35
    hair = np.array((0.20, 0.145, 0.115)) * (1 + 0.10 * fine + 0.08 * coarse + 0.06 * finest)[..., None]
    return skin * (1 - cover[..., None]) + hair * cover[..., None]


def _paint_strands() -> Floats:
    """Return the tile that is laid along the hair."""
    random = np.random.default_rng(5)
    field = np.zeros((HAIR_HEIGHT, WIDTH))
    for width, strength in ((0.8, 0.6), (1.6, 0.6), (4, 0.8), (12, 0.9)):
        strands = gaussian_filter(random.standard_normal(field.shape), (16, width * _SCALE), mode="wrap")
        field += strength * strands / strands.std()
    field = np.clip(field / field.std(), -2.2, 2.2)
    return np.array((0.215, 0.152, 0.118)) * (1 + 0.20 * field)[..., None]


def _paint_teeth() -> Floats:
    """Return a row of teeth, from the gums below to the edges that bite above."""
    across = (np.arange(WIDTH) + 0.5) / WIDTH - 0.5
    up = ((np.arange(TEETH_HEIGHT) + 0.5) / TEETH_HEIGHT)[:, None]
    # Incisors are wider than what follows: the row is laid around an arch.
    count = 19.0
    phase = np.abs(((across * count) % 1) - 0.5) * 2  # 1 at the gaps between teeth
    gap = smooth_step(0.80, 1.0, phase)[None, :] * smooth_step(0.1, 0.5, up)
    enamel = np.broadcast_to((0.90, 0.865, 0.80), (TEETH_HEIGHT, WIDTH, 3)) * (0.90 + 0.10 * up)[..., None]
    enamel = enamel * (1 - 0.30 * gap)[..., None]
    gums = smooth_step(0.22, 0.10, up + 0.06 * (1 - phase**2)[None, :] - 0.06)
    return enamel * (1 - gums[..., None]) + np.array((0.62, 0.32, 0.31)) * gums[..., None]
