"""Runs a mock until it is told to stop."""

import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI
from typing_extensions import override


class _Server(uvicorn.Server):
    """uvicorn that ends with 0 after a signal that it obeyed."""

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Answer what comes to `listener` until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app, lifespan="on", log_config=None, access_log=False, server_header=False
    )
    _Server(config).run([listener])
