"""`marketplace doctor`: whether this machine can run the marketplace, and what to do where it cannot."""

from typing import Annotated

import typer

from cli.progress import ExitStatus


def doctor(
    mend: Annotated[bool, typer.Option("--mend", help="Mend what can be mended without asking the system: libgomp.")] = False,
) -> None:
    """Check Python, disk, memory, ports, libgomp, Chromium and write permission, and say what to do.

    Ends with 1 when something keeps the marketplace from running; warnings alone do not. Example: `marketplace doctor`
    """
    from marketplace.local.machine import examine
    from marketplace.settings import load_settings

    findings = examine(load_settings(), mend=mend)
    signs = {"ok": typer.style("ok     ", fg="green"), "warning": typer.style("warning", fg="yellow")}
    for finding in findings:
        typer.echo(f"{signs.get(finding.level, typer.style('wrong  ', fg='red'))}  {finding.subject:<12} {finding.message}")
        if finding.remedy:
            typer.echo(f"{'':<22} → {finding.remedy}")
    if any(finding.level == "wrong" for finding in findings):
        raise typer.Exit(ExitStatus.FAILED)
