"""Pictures of a head: a grid of cameras and lights, drawn off-screen by VTK, the same on every run.

VTK is told to draw through EGL before it is first imported, so that neither a display nor a GPU is needed.
"""

from __future__ import annotations

import os
import sys

if sys.platform.startswith("linux"):
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

from reid_audit.render.camera import DEFAULT_GRID, camera_grid
from reid_audit.render.picture import contact_sheet, write_png
from reid_audit.render.raster import render_head

__all__ = ["DEFAULT_GRID", "camera_grid", "contact_sheet", "render_head", "write_png"]
