"""``credit completion``: the script that lets a shell complete ``credit``."""

from __future__ import annotations

import click

from credit_sdk.cli.bilingual import Command, say
from credit_sdk.cli.options import language

VARIABLE = "_CREDIT_COMPLETE"
"""By which the script asks ``credit`` for completions; click's convention."""


@click.command(
    "completion",
    cls=Command,
    text=(
        '输出命令补全脚本：eval "$(credit completion bash)"，或保存到补全目录',
        'Print the shell completion script: eval "$(credit completion bash)", or save it where your shell looks',
    ),
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@language
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None  # the three are click's own
    say(made(context.find_root().command, {}, "credit", VARIABLE).source(), context)
