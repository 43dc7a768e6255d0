"""Figures that say how good a model is; each function names its cut and works on plain arrays."""
