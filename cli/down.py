"""`marketplace down`: nothing of the marketplace runs afterwards."""

from cli.progress import Progress


def down() -> None:
    """Stop the marketplace, and whatever a killed one left behind; data and models stay.

    Ends with status 0 when nothing ran, too. Example: `marketplace down`
    """
    from marketplace.local.control import stop
    from marketplace.settings import load_settings

    progress = Progress()
    progress("down" if stop(load_settings(), report=progress) else "nothing ran")
