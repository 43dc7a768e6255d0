"""The marketplace on one machine: the embedded Postgres and the processes that `marketplace up` starts."""
