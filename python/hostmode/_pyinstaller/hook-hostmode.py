"""Data, and the modules that are imported by name: commands, and what costs time to import."""

from importlib.util import find_spec

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata


def _wanted(name: str) -> bool:
    return not name.startswith("hostmode._pyinstaller")


datas = collect_data_files("hostmode", excludes=["include", "**/*.pxd", "**/*.pyi"]) + copy_metadata("hostmode")
hiddenimports = collect_submodules("hostmode", filter=_wanted, on_error="ignore")
# Optional packages that are imported lazily: bundled where they are installed.
hiddenimports += [
    name
    for name in ("typer", "rich", "sounddevice", "matplotlib.backends.backend_agg")
    if find_spec(name.split(".")[0])
]
