"""Request and response of each model service; the service and its client import the same types."""
