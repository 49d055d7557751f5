"""The certificate that a command serves with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from hostmode.cli.printable import printable

if TYPE_CHECKING:
    import ssl

CertificateOption: TypeAlias = Annotated[
    Path | None, typer.Option(help="Serve TLS: a PEM file of the certificate and those that vouch for it.")
]
KeyOption: TypeAlias = Annotated[
    Path | None, typer.Option(help="A PEM file of its key, where the certificate's does not hold it.")
]


def server_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return how to serve TLS, or ``None`` where no certificate is given; say in one line what does not fit."""
    if certificate is None:
        if key is not None:
            raise typer.BadParameter("is the key of a certificate: add --certificate", param_hint="--key")
        return None
    import ssl

    for path, option in ((certificate, "--certificate"), (key, "--key")):
        if path is not None and not path.is_file():
            raise typer.BadParameter(f"{printable(path)} is no file", param_hint=option)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # The password of a key that has one is not asked for: nobody may be there to answer.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise typer.BadParameter(
            f"{printable(certificate)} and {printable(key or certificate)} are no PEM certificate with its key, "
            f"unencrypted ({reason})",
            param_hint="--certificate",
        ) from error
    return context
