"""A fingerprint of a folder of files: what is fetched is what was registered, to the byte."""

import hashlib
from pathlib import Path


def content_hash(folder: Path) -> str:
    """SHA-256, in hex, over the paths and contents of all files below `folder`."""
    digest = hashlib.sha256()
    for path, file_digest in sorted(file_hashes(folder).items()):
        digest.update(f"{path}\0{file_digest}\0".encode())
    return digest.hexdigest()


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256, in hex, of each file below `folder`, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
