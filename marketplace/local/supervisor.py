"""Keeps the parts of a marketplace alive: starts them in order of readiness, starts again what dies, ends all of it.

One task per part, one for the state file, one that watches for a request to hold parts. Nothing here knows what a part does.
"""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from marketplace.errors import MarketplaceError
from marketplace.local.parts import POSTGRES, Part
from marketplace.local.processes import PART_VARIABLE, descendants, end, listening_ports, marked, spawn
from marketplace.local.state import STATE_FILE, PartState, ProcessId, State, read_state

HOLD_FILE = "hold.json"  # {"parts": [...], "holder": {"pid": ..., "created": ...}}: keep these stopped while the holder lives
_TICK = 0.2
_PROBE_EVERY = 5.0
_HUNG_AFTER = 60.0  # a part that ran well and has not answered for so long is started again
_BACKOFF = (0.3, 1.0, 2.0, 4.0, 8.0, 15.0)
_CALM = 60.0  # a part that ran for so long starts its backoff anew
_ATTEMPTS = 3  # a part that never became ready counts as failed after so many starts, and is still tried
_PATIENCE = 90.0  # for one start to become ready
_UP_WITHIN = 120.0  # what is not ready by then is reported as missing, and still tried


class TaskFailed(MarketplaceError):
    """Work without which nothing can start failed."""

    code = "service_start"


class Supervisor:
    """Runs `parts` until told to stop.

    Args:
        state_dir: folder of the state file and of `logs/`.
        environment: environment of every part.
        report: told one line about everything a person may want to know.
        on_up: called once, when every part is ready or has failed for good.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        state_dir: Path,
        environment: Mapping[str, str],
        report: Callable[[str], None],
        on_up: Callable[[], None] = lambda: None,
    ) -> None:
        self.parts = list(parts)
        self.state_dir = state_dir
        self.environment = environment
        self.report = report
        self.on_up = on_up
        self.state = State(
            supervisor=ProcessId.of(os.getpid()), started_at=time.time(), has_own_database=any(p.name == POSTGRES for p in parts)
        )
        self.state.parts = {part.name: PartState(address=part.address) for part in self.parts}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ready = {part.name: asyncio.Event() for part in self.parts}
        self._held: frozenset[str] = frozenset()
        self._stopping = asyncio.Event()
        self._hurry = False
        self._failure: str | None = None

    async def run(self) -> bool:
        """Supervise until a signal or a fatal failure, then end every part; whether it ended as wished."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)
        self._write_state()
        keepers = [asyncio.create_task(self._keep(part), name=part.name) for part in self.parts]
        watchers = [asyncio.create_task(self._watch())]
        for task in [*keepers, *watchers]:
            task.add_done_callback(self._note_crash)
        await self._stopping.wait()
        self.state.phase = "stopping"
        for task in [*keepers, *watchers]:
            task.cancel()
        await asyncio.gather(*keepers, *watchers, return_exceptions=True)
        await asyncio.to_thread(self._end_everything)
        self.state.phase = "failed"
        self.state.detail = self._failure
        if self._failure is None:
            (self.state_dir / STATE_FILE).unlink(missing_ok=True)
        else:
            self._write_state()
        return self._failure is None

    def stop(self) -> None:
        """Ask for an orderly end; asked again, the parts are killed without grace."""
        self._hurry = self._stopping.is_set()
        if not self._hurry:
            self.report("stopping")
        self._stopping.set()

    async def _keep(self, part: Part) -> None:
        state = self.state.parts[part.name]
        failures = 0
        while True:
            if part.name in self._held:
                state.health = "held"
                await asyncio.sleep(_TICK)
                continue
            if not all(self._ready[need].is_set() for need in part.needs):
                state.health = "waiting" if state.health == "held" else state.health
                await asyncio.sleep(_TICK / 4)
                continue
            if state.health != "failed":
                state.health = "restarting" if state.restarts else "starting"
            began = time.monotonic()
            complaint = await self._run_once(part, state)
            self._ready[part.name].clear()
            state.process, state.descendants = None, ()
            if part.name in self._held:
                failures = 0
                continue
            failures = 1 if time.monotonic() - began > _CALM else failures + 1
            state.restarts += 1
            state.detail = complaint
            state.health = "failed" if state.ready_at is None and failures >= _ATTEMPTS else "restarting"
            if part.is_task and failures >= _ATTEMPTS:
                raise TaskFailed(f"{part.name}: {complaint}")
            wait = _BACKOFF[min(failures, len(_BACKOFF)) - 1]
            self.report(f"{part.name} {complaint}; starting it again in {wait:g} s")
            await asyncio.sleep(wait)

    async def _run_once(self, part: Part, state: PartState) -> str:
        """Start the part and come back when it has ended, with why; a task that is done never comes back unless held."""
        began = time.monotonic()
        has_work: object = True
        if part.prepare is not None:
            try:
                has_work = await asyncio.to_thread(part.prepare)
            except Exception as error:
                return f"could not be prepared: {error}"
        if part.is_task and (not part.command or has_work is False):
            return await self._done(part, state, began)
        process = spawn(
            part.command,
            log=self._log(part),
            environment=dict(self.environment)
            | dict(part.environment)
            | {PART_VARIABLE: f"{self.state_dir}:{part.name}", "PGAPPNAME": part.name},
            cwd=part.cwd,
            run_as=part.run_as,
            signal_on_our_death=part.stop_signal,
        )
        self._processes[part.name] = process
        state.process = ProcessId.of(process.pid)
        self._write_state()
        try:
            if part.is_task:
                while process.poll() is None:
                    await asyncio.sleep(_TICK / 4)
                if process.returncode == 0:
                    self._processes.pop(part.name, None)
                    return await self._done(part, state, began)
                return f"failed ({_how(process.returncode)}); {self._last_words(part)}"
            complaint = await self._until_ready(part, process)
            if complaint is not None:
                return complaint
            self._note_ready(part, state, began)
            return await self._until_ended(part, state, process)
        finally:
            if not self._stopping.is_set():
                await asyncio.to_thread(self._end_part, part)

    async def _done(self, part: Part, state: PartState, began: float) -> str:
        state.process = None
        self._note_ready(part, state, began)
        while part.name not in self._held:
            await asyncio.sleep(_TICK)
        return "held"

    async def _until_ready(self, part: Part, process: "subprocess.Popen[bytes]") -> str | None:
        """None when the part works; why not, when it ended or took too long."""
        asking: asyncio.Task[str | None] | None = None
        deadline = time.monotonic() + _PATIENCE
        settled = time.monotonic() + part.settle
        complaint: str | None = "has not answered"
        try:
            while time.monotonic() < deadline and part.name not in self._held:
                if process.poll() is not None:
                    return f"ended at its start ({_how(process.returncode)}); {self._last_words(part)}"
                if part.probe is None:
                    if time.monotonic() > settled:
                        return None
                elif asking is None:
                    asking = asyncio.create_task(part.probe())  # type: ignore[arg-type]
                elif asking.done():
                    complaint = asking.result() or self._stranger(part, process)
                    if complaint is None:
                        return None
                    asking = None
                await asyncio.sleep(_TICK / 2)
        finally:
            if asking is not None:
                asking.cancel()
        return f"was not ready after {_PATIENCE:g} s: {complaint}"

    def _stranger(self, part: Part, process: "subprocess.Popen[bytes]") -> str | None:
        """What is wrong when a port of the part is answered by somebody else's process."""
        family = [process.pid, *(one.pid for one in descendants([process.pid])[process.pid])]
        missing = set(part.ports) - listening_ports(family) if part.ports else set()
        if not missing:
            return None
        ports = ", ".join(map(str, sorted(missing)))
        return f"port {ports} is answered by another program: end it, or `marketplace down` and `up` to move elsewhere"

    async def _until_ended(self, part: Part, state: PartState, process: "subprocess.Popen[bytes]") -> str:
        """Why the part ended or had to; until then its health is kept up to date."""
        asking: asyncio.Task[str | None] | None = None
        next_probe = time.monotonic() + _PROBE_EVERY
        last_good = time.monotonic()
        try:
            while True:
                await asyncio.sleep(_TICK)
                if process.poll() is not None:
                    return f"ended ({_how(process.returncode)})"
                if part.name in self._held:
                    return "held"
                if asking is not None and asking.done():
                    state.detail = asking.result()
                    state.health = "healthy" if state.detail is None else "unhealthy"
                    last_good = time.monotonic() if state.detail is None else last_good
                    asking, next_probe = None, time.monotonic() + _PROBE_EVERY
                    if time.monotonic() - last_good > _HUNG_AFTER:
                        return f"hung ({state.detail})"
                elif asking is None and part.probe is not None and time.monotonic() > next_probe:
                    asking = asyncio.create_task(part.probe())  # type: ignore[arg-type]
        finally:
            if asking is not None:
                asking.cancel()

    async def _watch(self) -> None:
        """Remember descendants, write the state when it changed, read the hold file, say when everything is up."""
        written = ""
        slow = 0.0
        while True:
            self._held = self._read_hold()
            if time.monotonic() > slow:
                self._remember_descendants()
                slow = time.monotonic() + 2.0
            self._note_phase()
            current = repr(self.state)
            if current != written:
                self._write_state()
                written = current
            await asyncio.sleep(_TICK)

    def _note_phase(self) -> None:
        failed = {name for name, part in self.state.parts.items() if part.health == "failed"}
        for part in self.parts:  # in order of need, so what waits for a failed part in vain is found in one pass
            if self.state.parts[part.name].health == "waiting" and failed & set(part.needs):
                failed.add(part.name)
        is_settled = all(name in failed or part.health in ("healthy", "unhealthy") for name, part in self.state.parts.items())
        took = time.time() - self.state.started_at
        if self.state.phase == "starting" and not is_settled and took > _UP_WITHIN:
            failed |= {name for name, part in self.state.parts.items() if part.health not in ("healthy", "unhealthy")}
            is_settled = True
        if self.state.phase == "starting" and is_settled:
            self.state.phase = "degraded" if failed else "running"
            self.report(f"up after {took:.1f} s" + (f", but without {', '.join(sorted(failed))}" if failed else ""))
            self.on_up()
        elif self.state.phase == "degraded" and is_settled and not failed:
            self.state.phase = "running"

    def _note_ready(self, part: Part, state: PartState, began: float) -> None:
        took = time.monotonic() - began
        if part.name not in self._held:
            again = " again" if state.ready_at is not None else ""
            at = f" at {part.address}" if part.address else ""
            self.report(f"{part.name} {'done' if part.is_task else 'ready'}{again} in {took:.1f} s{at}")
        state.health, state.detail, state.ready_at = "healthy", None, time.time()
        self._ready[part.name].set()

    def _remember_descendants(self) -> None:
        roots = {name: process.pid for name, process in self._processes.items() if process.poll() is None}
        found = descendants(roots.values())
        for name, pid in roots.items():
            state = self.state.parts[name]
            alive = [known for known in state.descendants if known not in found[pid] and known.process() is not None]
            state.descendants = (*found[pid], *alive)

    def _read_hold(self) -> frozenset[str]:
        path = self.state_dir / HOLD_FILE
        with suppress(FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
            request = json.loads(path.read_text())
            if ProcessId(**request["holder"]).process() is not None:
                return frozenset(request["parts"])
            path.unlink(missing_ok=True)
        return frozenset()

    def _end_part(self, part: Part) -> None:
        """End the part's process and everything it started."""
        process = self._processes.pop(part.name, None)
        state = self.state.parts[part.name]
        if process is not None:
            if process.poll() is None:
                process.send_signal(part.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0 if self._hurry and part.name != POSTGRES else part.grace)
            if process.poll() is None:
                process.kill()
                process.wait(10)
        end((*state.descendants, *marked(self.state_dir, [part.name])), grace=2.0)
        state.process, state.descendants = None, ()

    def _end_everything(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._remember_descendants()
        first = [part for part in self.parts if part.name != POSTGRES and part.name in self._processes]
        if first:
            with ThreadPoolExecutor(len(first)) as pool:
                list(pool.map(self._end_part, first))
        for part in self.parts:
            if part.name == POSTGRES:
                self._end_part(part)
        end(marked(self.state_dir, [part.name for part in self.parts]), grace=1.0)
        self.report("stopped")

    def _note_crash(self, task: "asyncio.Task[None]") -> None:
        """A keeper never ends by itself: if it does, the marketplace cannot be run."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = str(error)
            self.report(f"cannot go on: {error}")
            self._stopping.set()

    def _write_state(self) -> None:
        self.state.write(self.state_dir)

    def _log(self, part: Part) -> Path:
        return self.state_dir / "logs" / f"{part.name}.log"

    def _last_words(self, part: Part) -> str:
        """The end of the part's log, short enough for one line."""
        with suppress(OSError):
            lines = [
                line for line in self._log(part).read_text(errors="replace")[-8000:].splitlines() if any(map(str.isalnum, line))
            ]
            last = lines[-1].strip(" │") if lines else "(nothing)"
            return f"its log {self._log(part)} ends: {last if len(last) < 200 else last[:200] + ' ...'}"
        return f"see {self._log(part)}"


def end_leftovers(state_dir: Path) -> int:
    """End every process of a run whose supervisor is gone, Postgres last, and say how many there were."""
    state = read_state(state_dir)
    if state is None:
        return 0
    others = [one for name, part in state.parts.items() if name != POSTGRES for one in part.processes()]
    count = end([*others, *marked(state_dir, [name for name in state.parts if name != POSTGRES])])
    server = state.parts.get(POSTGRES)
    if server is not None and server.process is not None:
        count += end([server.process], grace=30, with_signal=signal.SIGINT)
        end(server.descendants)
    return count


def _how(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"signal {signal.Signals(-returncode).name}"
    return f"exit status {returncode}"
