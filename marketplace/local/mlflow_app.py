"""MLflow's server with its stores opened before the first request.

MLflow opens a store, and makes or upgrades its schema, at the first request that needs it: two first requests at once
would do so twice, at the same time, and fail. Here one thread does it before the server listens.
"""

from mlflow.server import handlers
from mlflow.server.fastapi_app import app

handlers._get_tracking_store()
handlers._get_model_registry_store()

__all__ = ["app"]
