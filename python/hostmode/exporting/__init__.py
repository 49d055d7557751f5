"""Recordings as files for engines and tools."""

from hostmode.exporting.clip import Clip, make_clip
from hostmode.exporting.exported import FORMATS, Exported, export, format_of

__all__ = ["FORMATS", "Clip", "Exported", "export", "format_of", "make_clip"]
