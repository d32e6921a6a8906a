"""Client of an OpenID Connect provider: discovery, the code flow with PKCE, and verified ID tokens.

joserfc checks signatures and claims. Only asymmetric algorithms are accepted, so neither an unsigned token nor one that
is signed with a public key as a shared secret passes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from handloom.domain import identities
from handloom.domain.errors import Invalid, Unavailable
from handloom.domain.identities import Identity, SignInRefused
from handloom.settings import Settings, is_secure

T = TypeVar("T")
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
SECONDS = 10
CACHED_SECONDS = 3600.0
"""How long the provider's metadata and keys are cached. An ID token with an unknown key fetches the keys again."""

_FETCH_AGAIN_SECONDS = 30.0  # a flood of tokens with unknown keys must not become a flood of requests to the provider
_LEEWAY = 60
_MAX_BYTES = 1024 * 1024


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says about itself at .well-known/openid-configuration."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: ["client_secret_basic"])


class _Tokens(msgspec.Struct, frozen=True, kw_only=True):
    id_token: str
    access_token: str = ""


class OidcClient:
    """This server as a client of the provider of the settings. Caches the provider's metadata and keys."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer
        self.redirect_uri = f"{settings.public_address}/sign-in/oidc/callback"
        self._home = f"{settings.public_address}/"
        self._id = settings.oidc_client_id
        self._secret = _secret(settings)
        self._groups = settings.oidc_groups_claim
        self._scope = " ".join(settings.oidc_scopes)
        self._lock = asyncio.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def address(self, state: str, nonce: str, verifier: str) -> str:
        """Return the URL of the provider's sign-in page."""
        metadata = await self.metadata()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._id,
                "redirect_uri": self.redirect_uri,
                "scope": self._scope,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{joint}{query}"

    async def sign_out_address(self) -> str:
        """Return the URL at which the provider ends its own session and sends the browser back here.

        Raises Unavailable if it has none. Facts: OpenID Connect RP-Initiated Logout 1.0, section 2.
        """
        end = (await self.metadata()).end_session_endpoint
        if not end:
            raise Unavailable("The provider has no address at which a session ends (end_session_endpoint).")
        query = urlencode({"client_id": self._id, "post_logout_redirect_uri": self._home})
        return f"{end}{'&' if '?' in end else '?'}{query}"

    async def check_sender(self, issuer: str | None) -> None:
        """Raise SignInRefused if the answer comes from another provider (mix-up attack), by its parameter `iss`."""
        metadata = await self.metadata()
        if issuer is None and not metadata.authorization_response_iss_parameter_supported:
            return
        if issuer != self.issuer:
            raise SignInRefused("token", "The answer came from another provider than the one of this server.")

    async def identity(self, code: str, nonce: str, verifier: str) -> Identity:
        """Exchange the code for tokens and return who signed in. Raises SignInRefused for a code or token that is not
        valid.
        """
        tokens = await self._exchange(code, verifier)
        claims = await self._verified(tokens.id_token, nonce)
        userinfo = (await self.metadata()).userinfo_endpoint
        wanted = {"email", *([self._groups] if self._groups else [])}
        if userinfo and tokens.access_token and not wanted <= claims.keys():
            more = await self._userinfo(userinfo, tokens.access_token)
            if more.get("sub") != claims["sub"]:
                raise SignInRefused("token", "The provider's userinfo is about another person than its ID token.")
            claims = {**more, **claims}
        return identities.parse(self.issuer, claims, self._groups)

    async def metadata(self) -> Metadata:
        async with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > CACHED_SECONDS:
                url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = _decoded(await _request("GET", url), Metadata)
                self._check(found)
                self._metadata = (time.monotonic(), found)
            return self._metadata[1]

    def _check(self, found: Metadata) -> None:
        if found.issuer != self.issuer:
            raise Unavailable(
                f"The provider at {self.issuer} calls itself {found.issuer[:200]}. --oidc-issuer must be exactly that."
            )
        optional = (found.userinfo_endpoint, found.end_session_endpoint)
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, *optional):
            if url and not is_secure(url):
                raise Unavailable(f"The provider names the address {url[:200]}, which is not https.")

    async def _exchange(self, code: str, verifier: str) -> _Tokens:
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if self._secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(self._id)}:{quote_plus(self._secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._id, **({"client_secret": self._secret} if self._secret else {})}
        reply = await _request("POST", metadata.token_endpoint, data=form, headers=headers, refusable=True)
        return _decoded(reply, _Tokens)

    async def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token after checking its signature, issuer, audience, times and nonce."""
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            token = await self._decode(id_token)
            registry.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise SignInRefused("token", f"The provider's ID token is not valid: {error}") from error
        party = token.claims.get("azp")
        audience = token.claims["aud"]
        if (party is not None or (isinstance(audience, list) and len(audience) > 1)) and party != self._id:
            raise SignInRefused("token", "The provider's ID token was issued to another client.")
        return token.claims

    async def _decode(self, id_token: str) -> jwt.Token:
        """Check the signature. Where the cached keys do not fit, fetch them once more: the provider may have new
        ones.
        """
        try:
            return jwt.decode(id_token, await self._key_set(CACHED_SECONDS), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(id_token, await self._key_set(_FETCH_AGAIN_SECONDS), algorithms=ALGORITHMS)

    async def _key_set(self, oldest: float) -> KeySet:
        url = (await self.metadata()).jwks_uri
        async with self._lock:
            if self._keys is None or time.monotonic() - self._keys[0] > oldest:
                found = _decoded(await _request("GET", url), dict[str, Any])
                try:
                    usable = [key for key in found["keys"] if key.get("use", "sig") == "sig" and key["kty"] != "oct"]
                    self._keys = (time.monotonic(), KeySet.import_key_set({"keys": usable}))
                except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
                    raise Unavailable("The keys that the provider publishes cannot be read.") from error
            return self._keys[1]

    async def _userinfo(self, url: str, access_token: str) -> Mapping[str, Any]:
        reply = await _request("GET", url, headers={"authorization": f"Bearer {access_token}"}, refusable=True)
        return _decoded(reply, dict[str, Any])


def _secret(settings: Settings) -> str:
    """Return the client's secret. Raises Invalid if its file cannot be read."""
    if not settings.oidc_client_secret_file:
        return settings.oidc_client_secret
    try:
        return Path(settings.oidc_client_secret_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"--oidc-client-secret-file cannot be read: {error}.") from error


async def _request(
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    refusable: bool = False,
) -> bytes:
    """Send a request to the provider and return the body, without following redirects.

    Raises Unavailable where it does not answer, SignInRefused where it refuses what the browser sent (`refusable`).
    """
    try:
        async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
            sent = {"accept": "application/json", **(headers or {})}
            async with client.stream(method, url, data=data, headers=sent) as reply:
                content = b""
                async for chunk in reply.aiter_bytes():
                    content += chunk
                    if len(content) > _MAX_BYTES:
                        raise Unavailable("The provider's answer is too large.")
    except httpx.HTTPError as error:
        raise Unavailable(f"The provider at {url} does not answer: {type(error).__name__}.") from error
    if reply.status_code == 200:
        return content
    if refusable and 400 <= reply.status_code < 500:
        raise SignInRefused(
            "token", "The provider did not accept this sign-in. It may have been used before; start again."
        )
    raise Unavailable(f"The provider answered with status {reply.status_code} at {url}.")


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise Unavailable(f"The provider's answer cannot be read: {error}.") from error
