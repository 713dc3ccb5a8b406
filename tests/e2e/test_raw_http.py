"""Every process of the platform limits and refuses what is no request."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.raw_http import exchange

LIVE: Final = b"/health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n"
CLOSE: Final = b"connection: close\r\n\r\n"
SERVICES: Final = ("gateway", "catalog", "inventory", "orders", "payments")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("pieces", "statuses"),
    [
        ([b"GET " + LIVE + b"x: ", *[b"a" * 8_000] * 10], [431]),
        ([b"GET " + LIVE + b"host: b\r\n" + CLOSE], [400]),
        ([b"GET /health/live HTTP/1.1\r\n" + CLOSE], [400]),
        ([b"GET " + LIVE + b"transfer-encoding: gzip, chunked\r\n" + CLOSE], [400]),
        (
            [
                b"POST "
                + LIVE
                + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 60\r\n\r\n",
                (b"GET " + LIVE + b"\r\n").ljust(60),
                b"GET " + LIVE + CLOSE,
            ],
            [405, 200],
        ),
    ],
    ids=["large head", "two hosts", "no host", "gzip", "upgrade with a body"],
)
def test_each_service_refuses_and_goes_on(
    platform: Platform, service: str, pieces: Iterable[bytes], statuses: list[int]
) -> None:
    address = platform.addresses[service]
    assert [each.status for each in exchange(address, *pieces)] == statuses
    assert [each.status for each in exchange(address, b"GET " + LIVE + CLOSE)] == [200]


UNKNOWN: Final = json.dumps(
    {
        "customer_ref": "c",
        "currency": "GBP",
        "lines": [{"sku": "NOT THERE", "quantity": 1}],
        "payment": {"token": "tok_approve"},
    }
)
JAVA: Final = """
import java.net.URI;
import java.net.http.*;

public class Post {
    public static void main(String[] given) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(given[0] + "/v1/orders"))
            .header("Idempotency-Key", "java").header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(given[1])).build();
        var client = HttpClient.newHttpClient();
        System.out.print(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="install curl to try its HTTP/2 upgrade")
def test_curl_asking_for_http_2_posts_a_body(platform: Platform) -> None:
    fields = ["-H", "Content-Type: application/json", "-H", "Idempotency-Key: curl"]
    url = platform.addresses["gateway"] + "/v1/orders"
    command = ["curl", "-sS", "--http2", *fields, "-d", UNKNOWN, url]
    assert _slug(command) == "unknown-sku"


@pytest.mark.skipif(shutil.which("java") is None, reason="install a JDK to try its client")
def test_the_default_client_of_java_posts_a_body(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "Post.java").write_text(JAVA)
    command = ["java", str(tmp_path / "Post.java"), platform.addresses["gateway"], UNKNOWN]
    assert _slug(command) == "unknown-sku"


def _slug(command: list[str]) -> str:
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return str(json.loads(said)["type"]).rpartition(":")[2]


def test_a_second_key_or_authorization_is_refused_through_the_gateway(platform: Platform) -> None:
    head = b"POST /v1/orders HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    length = b"content-length: %d\r\n" % len(UNKNOWN)
    for twice in (b"idempotency-key: a\r\nidempotency-key: b\r\n", b"authorization: a\r\n" * 2):
        [reply] = exchange(
            platform.addresses["gateway"], head + length + twice + CLOSE + UNKNOWN.encode()
        )
        assert (reply.status, reply.problem) == (400, "malformed-request")
