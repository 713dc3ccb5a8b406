"""The API for the app.py of a service.

    @serves(files("orders.contract"), OPERATIONS)
    async def assemble(settings: OrdersSettings) -> Service: ...

    app = build(OrdersSettings, assemble)     a FastAPI app: `uvicorn orders.app:app`

    def main() -> None:
        run(app)                              the same as a process

service.py    Service, serves: the parts of a service
factory.py    build: the FastAPI app, and what its lifespan opens
server.py     run: the process around it
"""

from waybill.http.application import Application
from waybill.process.background import Background
from waybill.process.factory import ServiceApp, build
from waybill.process.server import run
from waybill.process.service import CurrentDatabase, CurrentService, Service, serves

__all__ = [
    "Application",
    "Background",
    "CurrentDatabase",
    "CurrentService",
    "Service",
    "ServiceApp",
    "build",
    "run",
    "serves",
]
