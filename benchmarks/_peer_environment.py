"""Environments for peers that the platform itself does not need: made once below the temporary folder, and kept."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def python_with(name: str, packages: Sequence[str]) -> str:
    """The path of a Python that has the pinned `packages`."""
    folder = Path(tempfile.gettempdir()) / name
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        print(f"making the peers' environment in {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([sys.executable, "-m", "uv", "pip", "install", "--python", str(python), *packages], check=True)
        (folder / ".ready").touch()
    return str(python)
