"""What assets reach outside of themselves, each a Dagster resource configured from the environment."""
