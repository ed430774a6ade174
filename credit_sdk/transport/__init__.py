"""Floor 4, the transport: the only floor that knows HTTP (传输层).

====================  ===================================================================================
``_channel``          the public twins; a line for each process or event loop
``_line``             the twins at work: attempts, redirects, tokens, closing
``_exchange``         one call, without I/O: what is sent, what comes of what comes back
``_network``          the library's network port, within the total deadline; ``_resolver``: names to addresses
``_faults``           from the library's exceptions and from statuses to our own errors
``_retry``            when to ask again, after what pause
``_body``             a bounded body
``_auth``             who is asking; ``_tokens``: tokens kept
``_address``          base URLs, paths, redirects
``_logging``          what the library logs, without identifiers
``_library``          the one import of httpx
====================  ===================================================================================

httpx and tenacity are loaded by the first call, not by the import.
"""

from __future__ import annotations

from credit_sdk.transport._auth import ApiKey, Authenticator, ClientCredentials, HmacSigner, Outgoing, Signer
from credit_sdk.transport._channel import AsyncChannel, Channel
from credit_sdk.transport._messages import Call, Reply
from credit_sdk.transport._settings import Retries, Timeouts, Tls
from credit_sdk.transport._setup import MAX_BODY

__all__ = [
    "MAX_BODY",
    "ApiKey",
    "AsyncChannel",
    "Authenticator",
    "Call",
    "Channel",
    "ClientCredentials",
    "HmacSigner",
    "Outgoing",
    "Reply",
    "Retries",
    "Signer",
    "Timeouts",
    "Tls",
]
