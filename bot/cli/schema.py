"""`orderwatch schema`: the JSON Schema of watchlists.yaml."""

import json

import click

from bot.cli._invocation import Invocation, common_options
from bot.config.schema import json_schema


@click.command()
@common_options
def command(invocation: Invocation) -> None:
    """Print the JSON Schema of watchlists.yaml.

    Save it as watchlists.schema.json beside your file, and editors complete and check what you write.
    """
    click.echo(json.dumps(json_schema(), indent=None if invocation.json else 2))
