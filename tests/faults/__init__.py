"""Faults at full scale on a marketplace of their own: `make faults`, not part of `make test`."""
