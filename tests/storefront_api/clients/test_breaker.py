"""The breaker: opens at the limit, tries once per pause, closes by itself."""

from storefront_api.clients import CircuitBreaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_breaker_opens_at_its_limit_tries_once_per_pause_and_closes() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=3, pause_s=10, clock=clock)
    for _ in range(3):
        assert breaker.may_call()
        breaker.failed()
    assert not breaker.may_call()
    clock.now = 10
    assert [breaker.may_call(), breaker.may_call()] == [True, False]  # one trial, the others still wait
    breaker.failed()
    clock.now = 19
    assert not breaker.may_call()
    clock.now = 20
    assert breaker.may_call()
    breaker.succeeded()
    assert not breaker.is_open
    assert breaker.may_call()


def test_success_between_failures_keeps_it_closed() -> None:
    breaker = CircuitBreaker(failures=2)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open
