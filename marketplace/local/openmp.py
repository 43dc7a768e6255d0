"""libgomp, the OpenMP runtime that LightGBM wants from the system, where the system has none.

scikit-learn's wheel carries a copy under another name. A copy of that copy, under the name that LightGBM asks for, is loaded
at the start of every Python of this environment, and then the linker is content.
"""

import ctypes
import importlib.util
import sysconfig
from pathlib import Path

from marketplace.errors import ServiceStartError

_NAME = b"libgomp.so.1"


def problem() -> str | None:
    """What is wrong, None when LightGBM can be loaded here."""
    try:
        ctypes.CDLL(_NAME.decode())
    except OSError:
        return "not found: LightGBM cannot be loaded"
    return None


def mend() -> Path:
    """Put the copy in place, for every Python started from now on, and give its path.

    Raises:
        ServiceStartError: scikit-learn brings no copy.
    """
    spec = importlib.util.find_spec("sklearn")
    libraries = Path(spec.origin).parent.with_name("scikit_learn.libs") if spec and spec.origin else Path()
    bundled = next(iter(libraries.glob("libgomp-*.so*")), None)
    if bundled is None:
        raise ServiceStartError("scikit-learn brings no libgomp here; install it from the system: apt-get install libgomp1")
    packages = Path(sysconfig.get_paths()["purelib"])
    target = packages / "customiseyou.libs" / _NAME.decode()
    target.parent.mkdir(exist_ok=True)
    # The linker goes by the name inside the file; the shorter name takes the longer one's place.
    inside = bundled.name.encode()
    target.write_bytes(bundled.read_bytes().replace(inside + b"\0", _NAME.ljust(len(inside), b"\0") + b"\0"))
    (packages / "customiseyou_libgomp.pth").write_text(f"import ctypes; ctypes.CDLL({str(target)!r}, ctypes.RTLD_GLOBAL)\n")
    ctypes.CDLL(str(target), ctypes.RTLD_GLOBAL)
    return target


if __name__ == "__main__":
    # `make env` runs this: nothing to say where the system has a libgomp.
    if problem() is not None:
        print(f"libgomp is missing on this system; linked scikit-learn's copy as {mend()}")
