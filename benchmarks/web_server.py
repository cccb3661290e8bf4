"""A server for benchmarks/web.py, in a process of its own: ours in the demo world, or a bare
FastAPI route that gives the same JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

import attribution
from attribution.client.models import TargetRequest
from attribution.demo import DemoWorld
from attribution.store import Store
from attribution.web.access.api_keys import make_key
from attribution.web.app import create_app
from attribution.web.http.logs import RequestLog
from attribution.web.serve import config
from attribution.web.service import Service

TARGET = "https://www.lighthouse.example/1"


def bare(answer: str) -> FastAPI:
    """Return an application with three routes: ready bytes; values that the framework writes; a
    request that it reads, and ready bytes.
    """
    app = FastAPI(openapi_url=None)
    values, raw = json.loads(answer), answer.encode("utf-8")

    @app.post("/bytes")
    async def ready() -> Response:
        return Response(raw, media_type="application/json")

    @app.post("/values")
    async def written() -> dict[str, Any]:
        return dict(values)

    @app.post("/reads")
    async def reads(body: TargetRequest) -> Response:
        return Response(raw, media_type="application/json")

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("ours", "bare"))
    parser.add_argument(
        "--slow", type=float, default=0.0, help="seconds for each look-up of a batch"
    )
    options = parser.parse_args()
    with DemoWorld() as world, tempfile.TemporaryDirectory() as folder:
        settings = world.settings(rate_limit=1_000_000, cache_folder=Path(folder) / "cache")
        answer = attribution.attribute(TARGET, settings).model_dump_json()
        with Store.open(f"sqlite:///{folder}/cases.sqlite3") as store:
            with store.write("bench") as writer:
                key = make_key(writer, "bench", ["attribute"])
            service = Service(settings, store)
            if options.slow:
                service.attributor.attribute = _slowed(service.attributor.attribute, options.slow)  # type: ignore[method-assign]
            app: Any = (
                create_app(service, log=RequestLog(sys.stderr))
                if options.kind == "ours"
                else bare(answer)
            )
            server = uvicorn.Server(config(app, settings, "127.0.0.1", 0))

            async def run() -> None:
                task = asyncio.create_task(server.serve())
                while not server.started:  # noqa: ASYNC110 - it tells no other way
                    await asyncio.sleep(0.01)
                port = server.servers[0].sockets[0].getsockname()[1]
                sys.stdout.write(json.dumps({"port": port, "key": key}) + "\n")
                sys.stdout.flush()
                await task

            uvloop_run(run())


def uvloop_run(main: Any) -> None:
    """Run as uvicorn does where it has its way: on uvloop."""
    import uvloop

    uvloop.run(main)


def _slowed(attribute: Any, seconds: float) -> Any:
    async def slow(target: str) -> Any:
        await asyncio.sleep(seconds)
        return await attribute(target)

    return slow


if __name__ == "__main__":
    main()
