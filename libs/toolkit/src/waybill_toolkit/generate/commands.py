"""`waybill generate`."""

import typer

app = typer.Typer()


@app.command()
def generate() -> None:
    """Write each service's contract package from the contracts."""
    raise typer.Exit(1)
