"""Where functions run: in two worker processes of this machine, or on a Dask cluster.

The functions of an article run one after another in one process: they share what they import.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import dataclass

WORKERS = 2
SCHEDULER = "PRESS_SCHEDULER"  # the address of a Dask scheduler
PATIENCE = 10  # seconds that it has to answer


@dataclass(frozen=True)
class Job:
    """A function to run or draw, and the jobs before it whose results it receives."""

    target: str
    draw: bool
    needs: tuple


@dataclass(frozen=True)
class Reply:
    """What a job came to: `shown` on pages, or `why` the `target` shows nothing."""

    job: Job
    seconds: float = 0
    shown: dict | None = None
    why: str = ""
    target: str = ""
    file: str = ""
    line: int = 0


def run(root, jobs, time_limit, hear):
    """Run all jobs, those of an article in their order; `hear` the reply to each."""
    articles = defaultdict(list)
    for job in jobs:
        articles[job.target.partition(".")[0]].append(job)
    longest_first = sorted(articles.values(), key=len, reverse=True)
    if address := os.environ.get(SCHEDULER):
        run_on_cluster(address, root, longest_first, time_limit, hear)
    else:
        run_here(root, longest_first, time_limit, hear)


def run_here(root, articles, time_limit, hear):
    workers = [Worker(root, time_limit) for _ in range(min(WORKERS, len(articles)))]
    idle = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def article(jobs):
        worker = idle.get()
        for reply in worker.replies(jobs):
            hear(reply)
        idle.put(worker)

    with ThreadPoolExecutor(len(workers)) as threads:
        try:
            for future in as_completed([threads.submit(article, jobs) for jobs in articles]):
                future.result()
        except BaseException:
            for worker in workers:
                worker.stop()
            raise
    for worker in workers:
        worker.close()


def run_on_cluster(address, root, articles, time_limit, hear):
    """Its workers must see the project under the same path, in the same environment."""
    try:
        from distributed import Client

        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (ImportError, OSError, ValueError) as error:
        raise SystemExit(f"{SCHEDULER}={address}: {error or type(error).__name__}") from None
    with client, client.get_executor(pure=False) as executor:
        futures = {
            executor.submit(article_there, root, jobs, time_limit): jobs for jobs in articles
        }
        for future in as_completed(futures):
            if error := future.exception():
                why = f"the cluster lost it: {type(error).__name__}: {error}".split("\n")[0]
                replies = [Reply(job, why=why, target=job.target) for job in futures[future]]
            else:
                replies = future.result()
            for reply in replies:
                hear(reply)


def article_there(root, jobs, time_limit):
    with closing(Worker(root, time_limit)) as worker:
        return list(worker.replies(jobs))


class Worker:
    """A process that runs functions, replaced when it dies or a function takes too long."""

    def __init__(self, root, time_limit):
        self.root, self.time_limit = root, time_limit
        self.process, self.stopped = None, False

    def replies(self, jobs):
        failed = {}
        for job in jobs:
            start = time.perf_counter()
            broken = next((failed[need] for need in job.needs if need in failed), None)
            answer = broken or self._ask(job)
            if "why" in answer:
                answer = failed[job.target] = {"target": job.target} | answer
            yield Reply(job, time.perf_counter() - start, **answer)

    def close(self):
        """Let the process end by itself."""
        if self.process and self.process.poll() is None:
            with suppress(BrokenPipeError):
                self.process.communicate("\n")
        self.stop()

    def stop(self):
        """End it now, with all that it has started."""
        self.stopped = True
        if self.process:
            self._end()

    def _ask(self, job):
        if self.stopped:
            return {"why": "the build was stopped"}
        if self.process is None or self.process.poll() is not None:
            self._start()
        late, process = threading.Event(), self.process
        timer = threading.Timer(self.time_limit, lambda: (late.set(), self._kill()))
        timer.start()
        try:
            line = json.dumps({"target": job.target, "draw": job.draw}) + "\n"
            process.stdin.write(line)
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if line.endswith("\n"):
            return json.loads(line)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        code = self._end()
        if late.is_set():
            return {"why": f"it ran longer than the time limit of {self.time_limit:g} s"}
        by = ", killed by a signal" if code < 0 else ""
        return {"why": f"its process died (exit code {code}{by})"}

    def _start(self):
        command, pipe = [sys.executable, "-m", "press.worker"], subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, cwd=self.root, start_new_session=True
        )

    def _kill(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _end(self):
        self._kill()
        with suppress(BrokenPipeError), self.process as process:
            return process.wait()
