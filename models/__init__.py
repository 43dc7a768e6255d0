"""The models: plain Python over data frames, without Dagster, FastAPI or Bento."""
