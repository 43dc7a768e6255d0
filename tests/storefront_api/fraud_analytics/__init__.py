"""The figures of the fraud desk, each counted again by hand."""
