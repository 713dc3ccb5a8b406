"""Services that move: their addresses in DNS and in Consul."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from waybill.calls import Directory, NotExecutedError, ServiceClient
from waybill.calls.consul import Consul, ConsulAddresses, ConsulError
from waybill.calls.directory import MissingUpstreamError
from waybill.calls.resolvers import DnsAddresses
from waybill.calls.targets import Targets
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_http_service import FakeHttpService

from .conftest import Client
from .test_answers import THING, answer
from .thing import GET


class Names:
    """A name server of one name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def __call__(self, host: str, port: int) -> Sequence[tuple[Any, ...]]:
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, f"no {host}")
        return [(socket.AF_INET, 1, 6, "", (each, port)) for each in self.addresses]


def dns_client(client_of: Client, resolver: DnsAddresses | ConsulAddresses) -> ServiceClient:
    return client_of(targets=Targets("things", resolver))


async def test_a_service_is_followed_in_dns(service: FakeHttpService, client_of: Client) -> None:
    answer(service, THING)
    names = Names("127.0.0.1", "127.0.0.1")
    resolver = DnsAddresses(f"http://things.shop.svc:{service.port}", names)
    client = dns_client(client_of, resolver)
    with pytest.raises(NotExecutedError, match="no address of things is known"):
        await client.call(GET, thing_id="a")

    await resolver.refresh()
    await client.call(GET, thing_id="a")
    assert service.asked[0].header("host") == [f"127.0.0.1:{service.port}"]

    await service.stop()
    async with FakeHttpService(service.handler, "127.0.0.2", service.port) as moved:
        names.addresses = ("127.0.0.2",)
        await resolver.refresh()
        await client.call(GET, thing_id="a")
        assert (len(service.asked), len(moved.asked)) == (1, 1)


async def test_addresses_are_kept_when_dns_does_not_answer() -> None:
    names = Names("127.0.0.1", "::1")
    resolver = DnsAddresses("https://things.shop.svc", names)
    await resolver.refresh()
    names.addresses = ()

    with pytest.raises(socket.gaierror):
        await resolver.refresh()

    assert resolver.origins == ("https://127.0.0.1:443", "https://[::1]:443")
    assert resolver.server_name == "things.shop.svc"


async def test_names_are_looked_up_in_the_background_by_the_system() -> None:
    resolver = DnsAddresses("http://localhost:1234")
    stop = asyncio.Event()

    async def origins() -> Sequence[str]:
        return resolver.origins

    async with asyncio.TaskGroup() as group:
        group.create_task(resolver.run(stop))
        await eventually("an address", origins, bool)
        stop.set()

    assert "http://127.0.0.1:1234" in resolver.origins


class FakeConsul:
    """Consul's interface of service health, with blocking queries."""

    def __init__(self) -> None:
        self.index = 7
        self.status = 200
        self.instances: list[tuple[str, str, int]] = []
        self.asked: list[web.Request] = []
        self._changed = asyncio.Condition()

    async def change(self, *instances: tuple[str, str, int]) -> None:
        """Register these instances: the address of the node, of the instance, and its port."""
        self.instances = list(instances)
        self.index += 1
        async with self._changed:
            self._changed.notify_all()

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        index = int(request.query.get("index", 0))
        async with self._changed:
            await self._changed.wait_for(lambda: self.index != index)
        found = [
            {"Node": {"Address": node}, "Service": {"Address": own, "Port": port}}
            for node, own, port in self.instances
        ]
        headers = {"X-Consul-Index": str(self.index)}
        return web.json_response(found, status=self.status, headers=headers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Consul]:
        app = web.Application()
        app.router.add_get("/v1/health/service/things", self.serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield Consul(f"http://127.0.0.1:{runner.addresses[0][1]}", "token of an agent")
        finally:
            await runner.cleanup()


async def test_a_service_is_followed_in_consul(
    service: FakeHttpService, client_of: Client, session: aiohttp.ClientSession
) -> None:
    answer(service, THING)
    consul = FakeConsul()
    consul.instances = [("127.0.0.1", "", service.port)]
    async with consul.running() as agent, asyncio.TaskGroup() as group:
        resolver = ConsulAddresses("things", "http", agent)
        client = dns_client(client_of, resolver)
        await resolver.refresh(session)
        await client.call(GET, thing_id="a")

        waiting = group.create_task(resolver.refresh(session))
        async with FakeHttpService(service.handler, "127.0.0.2") as moved:
            await consul.change(("127.0.0.1", "127.0.0.2", moved.port))
            await waiting
            await client.call(GET, thing_id="a")
            assert (len(service.asked), len(moved.asked)) == (1, 1)

    first, second = consul.asked
    assert dict(first.query) == {"passing": "true"}
    assert dict(second.query) == {"passing": "true", "index": "7", "wait": "30s"}
    assert first.headers["X-Consul-Token"] == "token of an agent"


async def test_an_index_that_goes_back_is_not_waited_for(session: aiohttp.ClientSession) -> None:
    consul = FakeConsul()
    async with consul.running() as agent:
        resolver = ConsulAddresses("things", "http", agent)
        await resolver.refresh(session)
        consul.index = 3
        await resolver.refresh(session)
        await resolver.refresh(session)

    assert [each.query.get("index") for each in consul.asked] == [None, "7", None]


async def test_instances_are_kept_when_consul_fails(session: aiohttp.ClientSession) -> None:
    consul = FakeConsul()
    consul.instances = [("10.0.0.1", "fd00::1", 8000)]
    async with consul.running() as agent:
        resolver = ConsulAddresses("things", "https", agent)
        await resolver.refresh(session)
        consul.status, consul.index = 500, 8
        with pytest.raises(ConsulError, match="answers with status 500"):
            await resolver.refresh(session)

    assert (resolver.origins, resolver.server_name) == (("https://[fd00::1]:8000",), "things")


async def test_what_is_no_answer_of_consul_is_refused(session: aiohttp.ClientSession) -> None:
    async with FakeHttpService() as other:
        resolver = ConsulAddresses("things", "http", Consul(other.address))
        with pytest.raises(ConsulError, match="does not answer as Consul does"):
            await resolver.refresh(session)


async def test_consul_is_asked_in_the_background_until_it_stops() -> None:
    consul = FakeConsul()
    stop = asyncio.Event()

    async with consul.running() as agent, asyncio.TaskGroup() as group:
        directory = Directory({"things": "consul+http://things"}, consul=agent)
        targets = directory.targets("things")
        (resolver,) = directory.parts

        async def is_up() -> bool:
            return targets.is_up

        running = group.create_task(resolver.run(stop))
        await consul.change(("127.0.0.1", "", 1))
        await eventually("the instance", is_up, bool)
        stop.set()  # while a query waits at Consul
        await running

    await directory.close()


def test_a_service_without_an_address_is_named() -> None:
    with pytest.raises(MissingUpstreamError, match="WAYBILL_UPSTREAMS lacks the address of things"):
        Directory({}).targets("things")
    with pytest.raises(MissingUpstreamError, match="WAYBILL_CONSUL is needed for consul"):
        Directory({"things": "consul+http://things"}).targets("things")
