"""A service that verifies tokens: it reads the published keys at intervals."""

from dataclasses import dataclass
from typing import Any, Final

from identity.contract.api import ListSigningKeys200
from waybill_simulation.asking import Asking
from waybill_simulation.tokens.apps import CALL
from waybill_simulation.tokens.scenario import SERVICE
from waybill_simulation.tokens.world import TokenWorld

EVERY_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys that a verifier has read."""

    asked_at: float
    key_ids: frozenset[str]


class Verifier:
    """Reads the keys at any replica, until the history ends."""

    def __init__(self, world: TokenWorld) -> None:
        self._network = world.network
        self._asking = Asking(world.network, world.replicas, SERVICE)
        self.reads: list[KnownKeys] = []

    def open(self) -> None:
        """Start it."""
        self._network.loop.create_task(self._read())

    async def _read(self) -> None:
        async def read(api: Any) -> object:  # noqa: ANN401 (the generated interface)
            return await api.list_signing_keys(CALL)

        while True:
            asked_at = self._network.loop.time()
            answer = await self._asking.ask("verifier", "GET /oauth/jwks", read, patience=2.0)
            if isinstance(answer, ListSigningKeys200):
                key_ids = frozenset(key.kid for key in answer.body.keys)
                self.reads.append(KnownKeys(asked_at, key_ids))
            await self._network.sleep(EVERY_SECONDS)
