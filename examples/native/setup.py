"""Build the two native callers beside this file: ``python setup.py build_ext --inplace``."""

from __future__ import annotations

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

import hostmode

INCLUDE = [hostmode.get_include()]
STANDARD = ["/std:c++17"] if sys.platform == "win32" else ["-std=c++17"]

setup(
    name="native-callers",
    ext_modules=[
        *cythonize([Extension("crowd", ["crowd.pyx"], include_dirs=INCLUDE)]),
        Extension("render_thread", ["render_thread.cpp"], include_dirs=INCLUDE, extra_compile_args=STANDARD),
    ],
)
