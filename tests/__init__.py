"""Tests mirror the tree; parts on this machine (Postgres, Feast, MLflow, Bento, a browser) are real."""
