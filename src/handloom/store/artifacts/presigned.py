"""Presigned URLs of object stores, so that large files are transferred without passing through the server.

Multipart uploads differ by cloud: S3 signs every part, Azure one URL for all parts; Google's are not offered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx
import obstore
from obstore import exceptions as said
from obstore.store import AzureStore, S3Store

from handloom.domain import artifacts as rules
from handloom.domain.artifacts import PartPut, PartTarget
from handloom.domain.errors import Invalid

UPLOAD_SECONDS = 12 * 3600
ABANDONED = timedelta(days=1)
_ASK_AGAIN_SECONDS = 60
_AZURE_KEYS = ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_MASTER_KEY")


def of(store: Any) -> UnsignedStore:
    """Return the presigned transfers that this store supports."""
    kinds: list[tuple[type, type[UnsignedStore]]] = [(S3Store, S3), (AzureStore, Azure)]
    return next((direct(store) for kind, direct in kinds if isinstance(store, kind)), UnsignedStore(store))


def attributes(path: str) -> dict[str, str]:
    """Return the headers that the store sends to those who download the file."""
    return {"Content-Type": rules.download_type(path), "Content-Disposition": rules.disposition(path, "attachment")}


class UnsignedStore:
    """Presigned URLs for whole files, which every store offers whose credentials can sign."""

    takes_parts = False

    def __init__(self, store: Any) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._signs: bool | None = None
        self._asked = 0.0
        self._http: httpx.Client | None = None

    @property
    def signs(self) -> bool:
        """Return whether the credentials can sign. A failed check is repeated after a while, since the cloud may have
        been unreachable.
        """
        if not self._signs and (self._signs is None or time.monotonic() - self._asked > _ASK_AGAIN_SECONDS):
            self._asked = time.monotonic()
            try:
                self.url("GET", "probe", 60)
                self._signs = True
            except (said.BaseError, ValueError):
                self._signs = False
        return bool(self._signs)

    def url(self, method: str, key: str, seconds: int) -> str:
        signed: Any = obstore.sign(self.store, method, key, timedelta(seconds=seconds))  # type: ignore[call-overload]
        return str(signed)

    def headers(self, path: str) -> dict[str, str]:
        """Return the headers for a client that uploads a file in one request."""
        return {"Content-Type": rules.download_type(path)}

    def begin(self, key: str, path: str, parts: int) -> tuple[str, list[PartTarget]]:
        raise said.NotSupportedError("this store takes no parts from clients")

    def complete(self, key: str, path: str, upload: str, parts: Sequence[PartPut]) -> None:
        raise said.NotSupportedError("this store takes no parts from clients")

    def abort(self, key: str, upload: str) -> None:
        raise said.NotSupportedError("this store takes no parts from clients")

    def sweep(self) -> None:
        """Abort multipart uploads that were abandoned; nothing to do if the store does so itself."""

    def close(self) -> None:
        if self._http is not None:
            self._http.close()

    def ask(self, method: str, url: str, content: str = "", headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send one request to the store. Raises FileNotFoundError or obstore's errors, as its own functions do."""
        with self._lock:
            self._http = self._http or httpx.Client(timeout=60)
        try:
            answer = self._http.request(method, url, content=content.encode(), headers=headers)
        except httpx.HTTPError as error:
            raise said.GenericError(f"{method} {urlsplit(url).path}: {type(error).__name__}") from None
        if answer.status_code < 300:
            return answer
        text = f"{method} {urlsplit(url).path}: {answer.status_code} {_code(answer)}"
        if answer.status_code == 404:
            raise FileNotFoundError(text)
        if answer.status_code in (401, 403):
            raise said.PermissionDeniedError(text)
        if answer.status_code == 400:
            raise Invalid(f"The object store does not take these parts ({_code(answer)}); upload the file anew.")
        raise said.GenericError(text)


def _code(answer: httpx.Response) -> str:
    found = re.search(r"<Code>(\w+)</Code>", answer.text)
    return found[1] if found else ""


class S3(UnsignedStore):
    """Multipart uploads to S3 and compatible stores. Signing a part needs the secret key."""

    @property
    def takes_parts(self) -> bool:  # type: ignore[override]
        return self.signs and self._secret(self.url("GET", "probe", 60)) is not None

    def begin(self, key: str, path: str, parts: int) -> tuple[str, list[PartTarget]]:
        made = self.ask("POST", self._signed("POST", key, {"uploads": ""}), headers=attributes(path))
        upload = _text(ElementTree.fromstring(made.content), "UploadId")
        numbers = range(1, parts + 1)
        url, secret = self._base("PUT", key)
        return upload, [
            PartTarget(
                number=number, url=signed_again(url, "PUT", secret, {"partNumber": str(number), "uploadId": upload})
            )
            for number in numbers
        ]

    def complete(self, key: str, path: str, upload: str, parts: Sequence[PartPut]) -> None:
        listed = "".join(
            f"<Part><PartNumber>{p.number}</PartNumber><ETag>{escape(p.etag)}</ETag></Part>" for p in parts
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        answer = self.ask("POST", self._signed("POST", key, {"uploadId": upload}), body)
        if "<Error>" in answer.text:  # S3 sends its status before it is done: read the error from the body
            raise said.GenericError(f"CompleteMultipartUpload: {_code(answer)}")

    def abort(self, key: str, upload: str) -> None:
        try:
            self.ask("DELETE", self._signed("DELETE", key, {"uploadId": upload}))
        except FileNotFoundError:
            return

    def sweep(self) -> None:
        if not self.takes_parts:
            return
        prefix = f"{self.store.prefix}/" if self.store.prefix else ""
        probe, secret = self._base("GET", "probe")
        parts = urlsplit(probe)
        bucket = parts._replace(path=parts.path.removesuffix(quote(f"/{prefix}probe")) or "/")
        more: dict[str, str] | None = {}
        while more is not None:
            url = signed_again(urlunsplit(bucket), "GET", secret, {"uploads": "", "prefix": prefix, **more})
            page = ElementTree.fromstring(self.ask("GET", url).content)
            for found in page.iterfind("{*}Upload"):
                key = _text(found, "Key").removeprefix(prefix)
                if datetime.fromisoformat(_text(found, "Initiated")) < datetime.now(UTC) - ABANDONED:
                    self.abort(key, _text(found, "UploadId"))
            more = None
            if _text(page, "IsTruncated") == "true":
                more = {
                    "key-marker": _text(page, "NextKeyMarker"),
                    "upload-id-marker": _text(page, "NextUploadIdMarker"),
                }

    def _signed(self, method: str, key: str, query: Mapping[str, str]) -> str:
        url, secret = self._base(method, key)
        return signed_again(url, method, secret, query)

    def _base(self, method: str, key: str) -> tuple[str, str]:
        url = self.url(method, key, UPLOAD_SECONDS)
        secret = self._secret(url)
        if secret is None:
            raise said.UnauthenticatedError("the secret key is not in the environment")
        return url, secret

    @staticmethod
    def _secret(url: str) -> str | None:
        """Return the secret for the key that signed `url` if it is in the environment; temporary keys of the cloud are
        not.
        """
        key = dict(parse_qsl(urlsplit(url).query)).get("X-Amz-Credential", "").partition("/")[0]
        return os.environ.get("AWS_SECRET_ACCESS_KEY") if key and key == os.environ.get("AWS_ACCESS_KEY_ID") else None


def signed_again(url: str, method: str, secret: str, query: Mapping[str, str]) -> str:
    """Return a presigned S3 URL with more query parameters, signed again with AWS Signature Version 4."""
    parts = urlsplit(url)
    fields = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(query)
    fields.pop("X-Amz-Signature", None)
    scope = fields["X-Amz-Credential"].partition("/")[2]
    text = "&".join(f"{k}={v}" for k, v in sorted((_quoted(k), _quoted(v)) for k, v in fields.items()))
    request = "\n".join([method, parts.path, text, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
    digest = hashlib.sha256(request.encode()).hexdigest()
    signing = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        signing = hmac.digest(signing, word.encode(), "sha256")
    to_sign = f"AWS4-HMAC-SHA256\n{fields['X-Amz-Date']}\n{scope}\n{digest}"
    signature = hmac.digest(signing, to_sign.encode(), "sha256").hex()
    return urlunsplit(parts._replace(query=f"{text}&X-Amz-Signature={signature}"))


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _text(node: ElementTree.Element, name: str) -> str:
    return node.findtext(f"{{*}}{name}") or ""


class Azure(UnsignedStore):
    """Multipart uploads as blocks of a blob: one presigned URL for all blocks. Azure deletes uncommitted blocks after a
    week.

    The URL is signed here with the account's key, because the library's signatures are wrong for names that need
    percent-encoding.
    """

    @property
    def takes_parts(self) -> bool:  # type: ignore[override]
        return self.signs

    def url(self, method: str, key: str, seconds: int) -> str:
        parts = urlsplit(super().url(method, key, seconds))
        secret = next((os.environ[name] for name in _AZURE_KEYS if name in os.environ), None)
        account = self.store.config.get("account_name") or os.environ.get("AZURE_STORAGE_ACCOUNT_NAME")
        fields = dict(parse_qsl(parts.query))
        if not secret or not account or "skoid" in fields:
            raise said.UnauthenticatedError("the account's key is not in the environment")
        blob = rules.join(self.store.prefix or "", key)
        resource = f"/blob/{account}/{self.store.config['container_name']}/{blob}"
        known = [fields[name] for name in ("sp", "st", "se")] + [resource, "", "", "", fields["sv"], fields["sr"]]
        to_sign = "\n".join([*known, *[""] * 7])  # empty fields: snapshot, encryption scope, response headers
        fields["sig"] = base64.b64encode(hmac.digest(base64.b64decode(secret), to_sign.encode(), "sha256")).decode()
        return urlunsplit(parts._replace(query=urlencode(fields)))

    def headers(self, path: str) -> dict[str, str]:
        return super().headers(path) | {"x-ms-blob-type": "BlockBlob"}

    def begin(self, key: str, path: str, parts: int) -> tuple[str, list[PartTarget]]:
        upload = secrets.token_hex(16)
        url = self.url("PUT", key, UPLOAD_SECONDS)
        return upload, [
            PartTarget(number=n, url=f"{url}&comp=block&blockid={quote(_block(upload, n), safe='')}")
            for n in range(1, parts + 1)
        ]

    def complete(self, key: str, path: str, upload: str, parts: Sequence[PartPut]) -> None:
        if not re.fullmatch(r"[0-9a-f]{32}", upload):
            raise Invalid("There is no such upload.", field="upload_id")
        listed = "".join(f"<Latest>{_block(upload, part.number)}</Latest>" for part in parts)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        given = {f"x-ms-blob-{name.lower()}": value for name, value in attributes(path).items()}
        self.ask("PUT", f"{self.url('PUT', key, 600)}&comp=blocklist", body, given)

    def abort(self, key: str, upload: str) -> None:
        return


def _block(upload: str, number: int) -> str:
    """Return the id of a block. All ids of a blob's blocks have the same length."""
    return base64.b64encode(f"{upload}-{number:05}".encode()).decode()
