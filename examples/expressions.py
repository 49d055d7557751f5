"""Draw a head with five expressions side by side: ``python examples/expressions.py [FILE.png] [SIZE]``.

Needs the extra ``view``, and no display.
"""

import sys

import numpy as np

import hostmode
from hostmode.view import Offscreen
from hostmode.view.png import write_png

# Weights by ARKit's names; one without Left or Right stands for both.
EXPRESSIONS = {
    "smile": {"mouthSmile": 0.7, "mouthUpperUp": 0.7, "mouthLowerDown": 0.35, "jawOpen": 0.1, "cheekSquint": 0.55},
    "aa": {"jawOpen": 0.42, "mouthLowerDown": 0.3, "mouthUpperUp": 0.35, "browInnerUp": 0.2},
    "oo": {"mouthPucker": 0.75, "mouthFunnel": 0.35, "jawOpen": 0.1},
    "surprise": {"browInnerUp": 1.0, "browOuterUp": 0.9, "eyeWide": 0.5, "jawOpen": 0.2},
    "wink": {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.7, "mouthSmile": 0.45, "mouthSmileLeft": 0.7},
}
TURNS = (0.25, 0.0, -0.15, 0.0, -0.3)  # of the head to its left, radians


def weights_of(expression: dict[str, float]) -> np.ndarray:
    """Return the 52 weights, in the order of `hostmode.ARKIT_NAMES`."""
    weights = np.zeros(len(hostmode.ARKIT_NAMES), np.float32)
    for name, weight in expression.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in hostmode.ARKIT_NAMES:
                weights[hostmode.ARKIT_NAMES.index(full)] = weight
    return weights


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else "expressions.png"
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 240
    pictures = []
    with Offscreen(size) as stage:
        for expression, turn in zip(EXPRESSIONS.values(), TURNS, strict=True):
            joints = np.zeros((4, 3), np.float32)  # neck, head, left eye, right eye
            joints[:2, 1] = turn / 2
            joints[2:, 1] = -0.7 * turn  # the eyes stay with the viewer
            pictures.append(stage.render_face(weights_of(expression), joints)[..., :3])
    write_png(path, np.concatenate(pictures, axis=1))
    print(f"{path}: {', '.join(EXPRESSIONS)}")


if __name__ == "__main__":
    main()
