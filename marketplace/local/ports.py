"""Free TCP ports on the loopback interface."""

import socket


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nothing listens on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(preferred: int, *, taken: frozenset[int] = frozenset(), host: str = "127.0.0.1") -> int:
    """`preferred`, or the next port above it that nothing listens on and that is not in `taken`."""
    for port in range(preferred, min(preferred + 500, 65536)):
        if port not in taken and is_free(port, host):
            return port
    raise OSError(f"no free port between {preferred} and {preferred + 499} on {host}; stop something that listens there")
