"""`marketplace relay`: the outbox worker, started by `marketplace up`."""


def relay() -> None:
    """Relay what shoppers do to the online features, until stopped. Example: `marketplace relay`."""
    import asyncio
    import os
    import signal

    from marketplace.settings import load_settings
    from pipelines.relay import relay as run_relay
    from storefront_api.telemetry import configure_logging

    # Nothing needs to be put in order: what was not committed is relayed again by the next one.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    configure_logging()
    try:
        asyncio.run(run_relay(load_settings()))
    except KeyboardInterrupt:
        return
