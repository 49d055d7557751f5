"""Drawing a head into whatever framebuffer is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import ARKIT_NAMES
from hostmode.rig.face import JOINT_NAMES
from hostmode.rig.head_data import MATERIALS
from hostmode.view.camera import IN_PLACE, Camera, Transform
from hostmode.view.gl import import_moderngl, make_program

if TYPE_CHECKING:
    import moderngl
    import numpy.typing as npt

    from hostmode.rig.head import Rig
    from hostmode.view.background import Background

_STATIC: Final = "2f 4f 4f 3f"
_STATIC_NAMES: Final = ("uv", "colour", "shade", "place")
_DYNAMIC: Final = "3f 3f"
_DYNAMIC_NAMES: Final = ("position", "normal")

# Renderers that compute every pixel on the processor: there, light is worked out a vertex.
_SOFTWARE: Final = ("llvmpipe", "softpipe", "swrast", "swiftshader")

_EYE, _LASH, _HAIR, _CLOTH = (MATERIALS.index(name) for name in ("eye", "lash", "hair", "cloth"))
_IN_MOUTH: Final = tuple(MATERIALS.index(name) for name in ("mouth", "teeth", "tongue"))
_JAW_OPEN: Final = ARKIT_NAMES.index("jawOpen")


class HeadRenderer:
    """A head on the graphics card, or on what stands in for one.

    Parameters
    ----------
    context : moderngl.Context
    rig : Rig
    per_pixel : bool, optional
        Whether to work out the light for every pixel; by default where there is a graphics card.
    """

    def __init__(self, context: moderngl.Context, rig: Rig, per_pixel: bool | None = None) -> None:
        self._gl = context
        self._moderngl = import_moderngl()
        self._rig = rig
        name = context.info["GL_RENDERER"].lower()
        self.software = any(software in name for software in _SOFTWARE)
        self.per_pixel = not self.software if per_pixel is None else per_pixel
        self._weight_of = _places(ARKIT_NAMES, rig.target_names)
        self._joint_of = _places(JOINT_NAMES, rig.joint_names)
        bends = [name for name in JOINT_NAMES[:2] if name in rig.joint_names]
        self._turns_once = rig.joint_names.index(bends[0]) if len(bends) == 1 else None
        self._weights = np.zeros(len(rig.target_names), np.float32)
        self._joints = np.zeros((len(rig.joint_names), 3), np.float32)
        self.vertices = np.empty((rig.vertex_count, 6), np.float32)
        self._upload()

    def _upload(self) -> None:
        rig = self._rig
        static = np.column_stack(
            (rig.uv, rig.colour, rig.shade[:, :3], rig.material, rig.shade[:, 3], self._places())
        )
        self._dynamic = self._gl.buffer(reserve=self.vertices.nbytes, dynamic=True)
        self._static = self._gl.buffer(static.astype(np.float32).tobytes())
        surface = make_program(self._gl, "surface", ("PER_PIXEL",) if self.per_pixel else ())
        eye = make_program(self._gl, "eye")
        lash = make_program(self._gl, "lash")
        self._programs = (surface, eye, lash)
        kind = rig.material[rig.triangles[:, 0]]
        plain = ~np.isin(kind, (_EYE, _LASH, _CLOTH))
        self._closed = [self._array(surface, plain), self._array(eye, kind == _EYE)]
        self._open = [self._array(surface, kind == _CLOTH)]
        self._lashes = self._array(lash, kind == _LASH)
        height, width, _ = rig.atlas.shape
        self._atlas = self._gl.texture((width, height), 3, rig.atlas[::-1].tobytes(), alignment=1)
        self._atlas.build_mipmaps()
        gl = self._moderngl
        self._atlas.filter = (gl.LINEAR_MIPMAP_NEAREST if self.software else gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR)
        self._atlas.repeat_x = True

    def _places(self) -> npt.NDArray[np.float32]:
        """Return what the shaders call `place`."""
        rig = self._rig
        place = np.zeros_like(rig.rest)
        mouth = np.isin(rig.material, _IN_MOUTH)
        place[mouth] = rig.rest[mouth]
        eye = rig.material == _EYE
        if eye.any() and len(rig.ball_centres):
            away = rig.rest[eye][:, None] - rig.ball_centres
            nearest = np.linalg.norm(away, axis=2).argmin(axis=1)
            place[eye] = away[np.arange(len(away)), nearest]
        hair = rig.material == _HAIR
        rig.deform(self._weights, self._joints, self.vertices)
        normal = self.vertices[hair, 3:]
        strand = rig.rest[hair] - rig.hair_centre
        strand -= (strand * normal).sum(1, keepdims=True) * normal
        place[hair] = strand / (np.linalg.norm(strand, axis=1, keepdims=True) + 1e-9)
        return place

    def _array(self, program: moderngl.Program, of: npt.NDArray[np.bool_]) -> moderngl.VertexArray | None:
        triangles = np.ascontiguousarray(self._rig.triangles[of], np.int32)
        if not triangles.size:
            return None
        content = [(self._dynamic, _DYNAMIC, *_DYNAMIC_NAMES), (self._static, _STATIC, *_STATIC_NAMES)]
        return self._gl.vertex_array(program, content, self._gl.buffer(triangles.tobytes()), skip_errors=True)

    def pose(
        self,
        weights: npt.NDArray[np.float32],
        joints: npt.NDArray[np.float32],
        pose: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Deform the head: ARKit's weights and joints as `hostmode.rig.Face` makes them, or the pose behind them.

        Raises
        ------
        ValueError
            The head is driven by poses, and there is none.
        """
        if self._rig.driven_by == "pose":
            if pose is None:
                raise ValueError("this head is driven by poses, and knows no expressions of ARKit; give the pose too")
            self._rig.decode(pose, self._weights, self._joints)
        else:
            for source, target in self._weight_of:
                self._weights[target] = weights[source]
            for source, target in self._joint_of:
                self._joints[target] = joints[source]
            if self._turns_once is not None:
                self._joints[self._turns_once] = joints[0] + joints[1]  # small turns of one neck add up
        self._rig.deform(self._weights, self._joints, self.vertices)
        self._mouth_open = float(np.clip(0.35 + 1.6 * weights[_JAW_OPEN], 0.0, 1.0))

    def draw(
        self,
        target: moderngl.Framebuffer,
        camera: Camera,
        background: Background | None,
        size: tuple[int, int] | None = None,
        transform: Transform = IN_PLACE,
    ) -> None:
        """Draw what `pose` made; without a background the rest stays transparent.

        `size`, in pixels, is for a window, which may have been resized.
        """
        gl, moderngl = self._gl, self._moderngl
        width, height = target.size if size is None else size
        self._dynamic.write(self.vertices)
        target.use()
        target.depth_mask = True
        target.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        matrix = tuple(transform.applied(camera.view_projection(width / height)).T.ravel().tolist())
        for program in self._programs:
            for name, value in (("eye", camera.position), ("mouth_open", self._mouth_open)):
                if name in program:
                    program[name] = value
            program["view_projection"] = matrix
        self._atlas.use(0)
        gl.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        _render(self._closed)
        gl.disable(moderngl.CULL_FACE)
        _render(self._open)
        if background is not None:
            background.draw(gl)
        gl.enable(moderngl.BLEND)
        # Over nothing, half a lash is half there.
        gl.blend_func = (  # type: ignore[assignment]  # the stubs do not know the form with four
            moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        )  # fmt: skip
        target.depth_mask = False
        _render([self._lashes])
        target.depth_mask = True
        gl.disable(moderngl.BLEND)


def _render(arrays: list[moderngl.VertexArray | None]) -> None:
    for array in arrays:
        if array is not None:
            array.render()


def _places(given: tuple[str, ...], wanted: tuple[str, ...]) -> list[tuple[int, int]]:
    return [(given.index(name), index) for index, name in enumerate(wanted) if name in given]
