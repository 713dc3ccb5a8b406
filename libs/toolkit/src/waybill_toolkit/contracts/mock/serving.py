"""Runs a mock until it gets a signal."""

import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from waybill.http.protocol import LimitedHttpProtocol


class _Server(uvicorn.Server):
    """A uvicorn server that exits with 0 after a signal."""

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serve requests to `listener` until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        http=LimitedHttpProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    _Server(config).run([listener])
