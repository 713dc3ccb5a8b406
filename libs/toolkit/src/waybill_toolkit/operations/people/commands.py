"""`waybill person export|erase`."""

from typing import Annotated

import typer

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.command_line.output import AsJson, OutputFile, give
from waybill_toolkit.operations.people.person import PersonalData, find_user_id
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder

app = typer.Typer()
person = typer.Typer(help="Export or erase the data of a person.", no_args_is_help=True)
app.add_typer(person, name="person")

Person = Annotated[
    str,
    typer.Argument(
        metavar="PERSON", help="A user_id, a customer_ref (cus_...), or a demo principal."
    ),
]


@person.command()
def export(
    who: Person, *, as_json: AsJson = False, output: OutputFile = None, data: Data = None
) -> None:
    """Collect what the services store of a person."""
    with explained():
        platform = Platform.load(data_folder(data))
        user_id = find_user_id(platform, who)
        with PersonalData.of(platform) as people:
            found = people.export(user_id)
    give(found, as_json=as_json, output=output)
    if not as_json:
        user = found.pop("user")
        counts = ", ".join(f"{len(each)} {name.replace('_', ' ')}" for name, each in found.items())
        typer.echo(f"{user['user_id']} is {user['email']}, with {counts}.")


@person.command()
def erase(
    who: Person,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Erase a person: names, addresses and access are deleted, orders and amounts stay.

    It cannot be undone.
    """
    with explained():
        platform = Platform.load(data_folder(data))
        user_id = find_user_id(platform, who)
        if not yes:
            typer.confirm(f"Erase {user_id}? It cannot be undone.", abort=True, err=True)
        with PersonalData.of(platform) as people:
            people.erase(user_id)
    typer.echo(f"{user_id} is erased. `waybill audit` checks that nothing is kept.")
