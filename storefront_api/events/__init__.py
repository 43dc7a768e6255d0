"""Capture of shoppers' steps, durable before it is acknowledged."""
