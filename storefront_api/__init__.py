"""The storefront: a FastAPI API and the server-rendered pages on it; models are reached only over HTTP."""
