"""Reading FLAME's pickle without executing any of it: arrays come out, and nothing else can be named in it."""

from __future__ import annotations

import io
import pickle
import pickletools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HeadError

if TYPE_CHECKING:
    import numpy.typing as npt

#: Steps of a pickle; FLAME's take some hundred. It also keeps what is nested from being deep.
_MOST_STEPS: Final = 20_000
_MOST_NUMBERS: Final = 32 << 20


class _Inert:
    """Stands for a class of the pickle: keeps what it was made of and given."""

    def __init__(self, *made_of: Any) -> None:
        self.made_of = made_of
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Array(_Inert):
    """A NumPy array."""


class _Dtype(_Inert):
    """A type of numbers."""


class _Sparse(_Inert):
    """A matrix of SciPy, by columns."""


class _Chumpy(_Inert):
    """An array of chumpy, the library that FLAME was made with."""


def _new_array(*_: Any) -> _Array:
    return _Array()


def _new_object(kind: Any, *_: Any) -> Any:
    if not (isinstance(kind, type) and issubclass(kind, _Inert)):
        raise pickle.UnpicklingError("an object of a kind that is not read")
    return kind()


def _latin(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("text in an encoding that is not read")
    return text.encode("latin1")


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any = "C") -> _Array:
    if not isinstance(data, bytes | bytearray):
        raise pickle.UnpicklingError("an array without bytes")
    array = _Array()
    array.state = (1, shape, dtype, order == "F", bytes(data))
    return array


_NAMES: Final[dict[tuple[str, str], Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("copyreg", "_reconstructor"): _new_object,
    ("copy_reg", "_reconstructor"): _new_object,
    ("builtins", "object"): object,
    ("__builtin__", "object"): object,
    ("_codecs", "encode"): _latin,
    ("chumpy.ch", "Ch"): _Chumpy,
    ("chumpy", "Ch"): _Chumpy,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _new_array for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _frombuffer for core in ("core", "_core")},
    **{
        (f"scipy.sparse.{module}", f"csc_{kind}"): _Sparse
        for module in ("csc", "_csc")
        for kind in ("matrix", "array")
    },
}

_STEPS: Final = frozenset(
    """
    PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT
    BINFLOAT STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 UNICODE BINUNICODE
    SHORT_BINUNICODE BINUNICODE8 EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT
    DICT SETITEM SETITEMS GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE GLOBAL STACK_GLOBAL REDUCE BUILD
    NEWOBJ
    """.split()  # noqa: SIM905  # more readable than sixty strings
)
_PUTS: Final = ("PUT", "BINPUT", "LONG_BINPUT")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _NAMES.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, and only arrays are read; nothing was executed")
        return found


def read_flame_pickle(data: bytes, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the dictionary in a pickle; what is no array in it is left out.

    Raises
    ------
    HeadError
        It is damaged, no dictionary, or names anything but arrays.
    """
    try:
        _look_over(data)
        content = _Unpickler(io.BytesIO(data), encoding="latin1").load()
        if not isinstance(content, dict):
            raise pickle.UnpicklingError("it holds no dictionary")
        return {key: array for key, value in content.items() if (array := _array(value)) is not None}
    # What a damaged pickle raises is not listed anywhere: ValueError, IndexError, TypeError among others.
    except Exception as error:
        raise HeadError(f"{name}: not a pickle of FLAME: {' '.join(str(error).split())[:200]}") from error


def _look_over(data: bytes) -> None:
    """Refuse what would take more memory than the pickle has bytes, and steps that only code needs."""
    for count, (step, argument, _) in enumerate(pickletools.genops(data)):
        if count == _MOST_STEPS:
            raise pickle.UnpicklingError(f"more than {_MOST_STEPS} steps")
        if step.name not in _STEPS:
            raise pickle.UnpicklingError(f"the step {step.name} is not read")
        if step.name in _PUTS and int(argument or 0) > _MOST_STEPS:
            raise pickle.UnpicklingError(f"place {argument} is too far")


def _array(value: Any) -> npt.NDArray[Any] | None:
    if isinstance(value, _Chumpy):
        value = value.state.get("x") if isinstance(value.state, dict) else None
    if isinstance(value, _Sparse):
        return _dense(value.state)
    return _numbers(value) if isinstance(value, _Array) else None


def _numbers(array: _Array) -> npt.NDArray[Any] | None:
    _, shape, dtype, fortran_order, data = array.state
    if not isinstance(dtype, _Dtype) or not isinstance(data, bytes | str):
        return None
    letters = dtype.made_of[0]
    order = "" if dtype.state is None else dtype.state[1]
    kind = np.dtype(f"{'>' if order == '>' else '<'}{letters}")
    if kind.kind not in "iuf":
        return None
    content = data.encode("latin1") if isinstance(data, str) else data
    return np.frombuffer(content, kind).reshape(shape, order="F" if fortran_order else "C")


def _dense(state: dict[str, Any]) -> npt.NDArray[Any]:
    values, rows, ends = (_array(state[key]) for key in ("data", "indices", "indptr"))
    if values is None or rows is None or ends is None:
        raise pickle.UnpicklingError("a sparse matrix without numbers")
    height, width = (int(side) for side in state.get("_shape") or state["shape"])
    if not (height > 0 and width > 0 and height * width <= _MOST_NUMBERS) or len(ends) != width + 1:
        raise pickle.UnpicklingError(f"a sparse matrix of {height} x {width}")
    columns = np.repeat(np.arange(width), np.diff(ends))
    if rows.min(initial=0) < 0:
        raise pickle.UnpicklingError("a sparse matrix with a negative row")
    dense = np.zeros((height, width))
    np.add.at(dense, (rows, columns), values)
    return dense
