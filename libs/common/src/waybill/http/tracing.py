"""The outermost layer: every request works in a trace, and every response names it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waybill import trace
from waybill.http.endpoint import problem_of
from waybill.http.reply import problem_reply


class Tracing:
    """Continues the caller's trace or begins one; answers 500 if something below it fails."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context = trace.begin(_traceparent(scope))
        trace_id = (b"x-trace-id", context.trace_id.encode())
        started = False

        async def send_with_trace_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"].append(trace_id)
            await send(message)

        token = trace.enter(context)
        try:
            await self._app(scope, receive, send_with_trace_id)
        except Exception as error:
            problem = problem_of(error, scope["path"])
            if started:  # too late to tell the client: the server cuts the connection
                raise
            await problem_reply(problem, scope).send(send_with_trace_id)
        finally:
            trace.leave(token)


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value, "latin-1")
    return None
