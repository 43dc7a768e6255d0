"""`python -m feature_repo`: the registry of the marketplace that the settings name, brought up to date with the definitions."""

import traceback

from feature_repo.retrieval import apply


def main() -> None:
    """Register every definition. A failure is only told: without stored features the shop sells on, and the next run tries."""
    try:
        print("registered", *apply())
    except Exception:  # drivers and Feast raise many kinds
        traceback.print_exc()


if __name__ == "__main__":
    main()
