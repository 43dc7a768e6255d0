"""Whether this process lives and may be sent traffic."""
