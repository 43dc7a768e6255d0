"""Which worker has which tests: those of a folder share its fixtures, so one worker has them all."""

from xdist.scheduler import LoadScopeScheduling

# Tests that start parts of a marketplace look for free ports one after the other: on one worker they cannot take each other's.
_STARTING_PARTS = tuple(
    f"tests/{name}/"
    for name in ("cli", "integration", "notebooks", "serving", "marketplace/local", "marketplace/simulation/live")
)
PARTS = "parts"


def scope(nodeid: str) -> str:
    """The name of the lot that a test belongs to: its folder, or `PARTS`."""
    return PARTS if nodeid.startswith(_STARTING_PARTS) else nodeid.split("::")[0].rpartition("/")[0]


class FolderScheduling(LoadScopeScheduling):
    """Hands out whole lots. (`--dist loadgroup` and its mark do nothing with pytest 9.2: pytest-dev/pytest-xdist#1386.)"""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)
