"""Days of sale, to the outlook of every customer and seller."""
