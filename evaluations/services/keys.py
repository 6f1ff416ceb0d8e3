"""The key store: where private keys of surveys lie while they are open, and how they end. The worker's alone.

A folder of its own, readable by the worker's user only, on a volume that no ordinary backup holds. No page calls this
module (an import contract), so that a web server needs no right to read it.
"""

import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from kernel.errors import DomainError

_KEY_LENGTH = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyStoreError(DomainError):
    """The store or a key in it is not as it must be; nothing was lost, and the act may be tried again."""


@dataclass(frozen=True)
class NewKey:
    public: bytes
    has_escrow: bool


def make_key(name: str) -> NewKey:
    """Make the key pair of a survey, keep the private half, and say the public one.

    Where an auditor's key is set, a second copy is sealed to it (80 bytes) and kept in the escrow's folder. A key left
    by an opening that failed is replaced. Raises KeyStoreError; the survey stays a draft then.
    """
    store = _checked(settings.KEY_STORE)
    private = PrivateKey.generate()
    _write(store, f"{name}.key", bytes(private))
    if not settings.ESCROW_PUBLIC_KEY:
        return NewKey(bytes(private.public_key), has_escrow=False)
    sealed = SealedBox(_escrow_key()).encrypt(bytes(private))
    _write(_checked(settings.ESCROW_STORE), f"{name}.escrow", sealed)
    return NewKey(bytes(private.public_key), has_escrow=True)


def read_key(name: str, *, public: bytes) -> PrivateKey:
    """The private key that fits the survey's public one. Raises KeyStoreError saying what is amiss."""
    store = _checked(settings.KEY_STORE)
    try:
        content = (store / f"{name}.key").read_bytes()
    except FileNotFoundError as lost:
        raise KeyStoreError("密钥库里没有这次测评的密钥。请放回密钥文件，系统会自动再试；选票没有丢失。") from lost
    except OSError as broken:
        raise KeyStoreError("密钥库无法读取。请检查密钥所在的磁盘，系统会自动再试。") from broken
    if len(content) != _KEY_LENGTH or bytes(PrivateKey(content).public_key) != public:
        raise KeyStoreError("密钥与这次测评不符。请放回正确的密钥文件，系统会自动再试；选票没有丢失。")
    return PrivateKey(content)


def destroy_key(name: str, *, has_escrow: bool) -> bool:
    """Overwrite and remove every copy; may be repeated. False where the escrow's folder cannot be reached."""
    _destroy_in(_checked(settings.KEY_STORE), name)
    if not has_escrow:
        return True
    try:
        _destroy_in(_checked(settings.ESCROW_STORE), name)
    except KeyStoreError:
        return False
    return True


def put_back(name: str, *, private: bytes, public: bytes) -> None:
    """Put a key back that the auditor has taken out of the escrow. Raises KeyStoreError where it does not fit."""
    if len(private) != _KEY_LENGTH or bytes(PrivateKey(private).public_key) != public:
        raise KeyStoreError("这不是这次测评的密钥。")
    _write(_checked(settings.KEY_STORE), f"{name}.key", private)


def open_escrow(name: str, *, auditor: bytes) -> bytes:
    """The private key out of the escrow, by the auditor's own private key. Raises KeyStoreError."""
    try:
        sealed = (_checked(settings.ESCROW_STORE) / f"{name}.escrow").read_bytes()
        private: bytes = SealedBox(PrivateKey(auditor)).decrypt(sealed)
    except (OSError, CryptoError, ValueError) as failed:
        raise KeyStoreError("托管密钥打不开：没有这次测评的托管密钥，或者审计人员的私钥不对。") from failed
    return private


def _escrow_key() -> PublicKey:
    try:
        return PublicKey(bytes.fromhex(settings.ESCROW_PUBLIC_KEY))
    except (ValueError, CryptoError) as wrong:
        raise KeyStoreError("设置里的审计公钥（ESCROW_PUBLIC_KEY）不对，应为 64 位十六进制。") from wrong


def _checked(folder: Path) -> Path:
    """The folder, private to this user. In production a missing one is a volume that is not there, and not made."""
    try:
        if not folder.exists() and not settings.PRODUCTION:
            folder.mkdir(mode=0o700, parents=True)
        mode = folder.stat().st_mode
    except OSError as missing:
        raise KeyStoreError(f"密钥库 {folder} 不存在或无法打开。") from missing
    if not stat.S_ISDIR(mode):
        raise KeyStoreError(f"密钥库 {folder} 不是文件夹。")
    if mode & _OTHERS:
        raise KeyStoreError(f"密钥库 {folder} 其他用户也能读写，权限应为 0700。")
    return folder


def _write(folder: Path, name: str, content: bytes) -> None:
    """Whole or not at all, on the disk and not only on its way there, and read back."""
    target = folder / name
    # A temporary file of its own per try: one left by a crash is cleared here and when the key is destroyed.
    temporary = folder / f".{name}.{secrets.token_hex(8)}.tmp"
    try:
        _clear(folder.glob(f".{name}.*.tmp"))
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync(folder)
        kept = target.read_bytes()
    except OSError as failed:
        raise KeyStoreError(f"密钥库 {folder} 无法写入。请检查磁盘和权限，系统会自动再试。") from failed
    if kept != content:
        raise KeyStoreError(f"密钥写入 {folder} 后读回不一致。请检查磁盘，系统会自动再试。")


def _destroy_in(folder: Path, name: str) -> None:
    try:
        _clear([*folder.glob(f"{name}.*"), *folder.glob(f".{name}.*.tmp")])
        _sync(folder)
    except OSError as failed:
        raise KeyStoreError(f"密钥库 {folder} 里的密钥无法销毁。请检查磁盘和权限，系统会自动再试。") from failed


def _clear(files: Iterable[Path]) -> None:
    for file in list(files):
        with file.open("r+b") as old:
            old.write(secrets.token_bytes(max(_KEY_LENGTH, file.stat().st_size)))
            old.flush()
            os.fsync(old.fileno())
        file.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
