"""Generates the clients of the services that a service calls: one module each, and its models."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from waybill_toolkit.contracts.generate.calls import Callee
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.models import make_models
from waybill_toolkit.contracts.generate.openapi import request_nodes, schema_nodes
from waybill_toolkit.contracts.generate.problems import ProblemType
from waybill_toolkit.contracts.generate.render import render
from waybill_toolkit.contracts.generate.schemas import SHARED, module_of, reachable


def client_files(service: str, callees: Iterable[Callee], faults: Faults) -> dict[str, str]:
    """Generate the modules of these clients."""
    files: dict[str, str] = {}
    for callee in callees:
        models = called_schemas(callee)
        sent = reachable(request_nodes(callee.root, _ids(callee)))
        text = f"What {service} sends to {callee.service} and gets from it."
        files[f"{callee.service}_models.py"] = (
            f'"""{text} Generated; never edited."""\n\n'
            f"{make_models('models', models, 'ignore', faults, given=sent)}"
        )
        files[f"{callee.service}_client.py"] = render("client.py", service, callee=callee)
    return files


def called_schemas(callee: Callee) -> dict[str, Node]:
    """Collect the schemas of the called operations."""
    return reachable(schema_nodes(callee.root, _ids(callee)))


def shared_schemas(callees: Iterable[Callee]) -> dict[str, Node]:
    """Collect those of them that all contracts share."""
    called = [each for callee in callees for each in called_schemas(callee).items()]
    return {
        name: node
        for name, node in sorted(called, key=itemgetter(0))
        if module_of(node, "") == SHARED
    }


def with_called(own: Iterable[ProblemType], callees: Iterable[Callee]) -> Sequence[ProblemType]:
    """Add the problems that handlers of called services return, each once, sorted by slug."""
    called = (problem for callee in callees for problem in callee.http.problems)
    found = {each.slug: each for each in (*own, *called)}
    return [found[slug] for slug in sorted(found)]


def _ids(callee: Callee) -> frozenset[str]:
    return frozenset(each.operation.id for each in callee.calls)
