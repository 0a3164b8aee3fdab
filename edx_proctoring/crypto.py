"""All weak algorithms of the app, and why they stay: stored data and providers depend on these formats, byte for byte.

* HMAC-SHA1 makes the ids by which providers know learners; another one would make strangers of all of them.
  `scripts/obscure_user.py` has it once more: it runs where there is no app.
* AES-CBC with an initialisation vector that follows from the key (by MD5), and without a check of integrity, protects the
  links to videos that are stored; equal links look equal, and a changed one is only found when it cannot be read.
* 3DES in ECB mode makes the password of a registration at PSI; its servers decrypt it so. It protects nothing that the
  same request does not hold in clear.

Use none of them for anything new.
"""

import base64
import hashlib
import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.padding import PKCS7
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from edx_proctoring import conf

AES_BLOCK_SIZE_BYTES = 16
DES_BLOCK_BYTES = 8


def obscured_user_id(user_id: object, *extra: object) -> str:
    """What providers know a user by: HMAC-SHA1 of id and extras (the provider's name), as hex."""
    key = str(conf.django.PROCTORING_USER_OBFUSCATION_KEY).encode("ascii")
    message = "".join(str(part) for part in (user_id, *extra))
    return hmac.new(key, message.encode(), hashlib.sha1).hexdigest()


EXAM_COOKIE = "exam"  # holds an exam pass
EXAM_COOKIE_SECONDS = 24 * 60 * 60


def exam_pass(attempt_code: str, user_id: int) -> str:
    """What proves that a browser was sent here for this attempt of this learner; value of EXAM_COOKIE."""
    return _signed("edx_proctoring.exam_pass", f"{attempt_code}:{user_id}")


def launch_token(attempt_code: str) -> str:
    """What proves that the provider sent the browser: part of the address that only the provider is told."""
    return _signed("edx_proctoring.launch_token", attempt_code)


def is_launch_token(shown: str, attempt_code: str) -> bool:
    """Is it the attempt's token? Also with a secret key that was replaced since the attempt was registered."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    known = [_signed("edx_proctoring.launch_token", attempt_code, key) for key in keys]
    return any(constant_time_compare(shown, one) for one in known)


def _signed(purpose: str, value: str, key: str | bytes | None = None) -> str:
    return salted_hmac(purpose, value, secret=key, algorithm="sha256").hexdigest()


def exam_passes(attempt_code: str, user_id: int) -> tuple[str, ...]:
    """All that is taken as such a proof: also the plain code, which cookies of version 6 hold."""
    return exam_pass(attempt_code, user_id), attempt_code


def encrypt_and_encode(data: str | bytes, key: bytes) -> bytes:
    """Encrypt text (UTF-8) or bytes with AES-CBC, as URL-safe base64."""
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(aes_encrypt(raw, key))


def decode_and_decrypt(encoded_data: str | bytes, key: bytes) -> bytes:
    """The reverse."""
    return aes_decrypt(base64.urlsafe_b64decode(encoded_data), key)


def aes_encrypt(data: bytes, key: bytes) -> bytes:
    """AES-CBC with PKCS7 padding."""
    encryptor = Cipher(AES(key), CBC(generate_aes_iv(key))).encryptor()
    return encryptor.update(pad(data)) + encryptor.finalize()


def aes_decrypt(encrypted_data: bytes, key: bytes) -> bytes:
    """The reverse."""
    decryptor = Cipher(AES(key), CBC(generate_aes_iv(key))).decryptor()
    return unpad(decryptor.update(encrypted_data) + decryptor.finalize())


def generate_aes_iv(key: bytes) -> bytes:
    """The initialisation vector that belongs to a key."""
    inner = hashlib.md5(key, usedforsecurity=False).hexdigest().encode()
    digest = hashlib.md5(key + inner, usedforsecurity=False).hexdigest()
    return digest.encode()[:AES_BLOCK_SIZE_BYTES]


def pad(data: bytes) -> bytes:
    """PKCS7."""
    padder = PKCS7(AES_BLOCK_SIZE_BYTES * 8).padder()
    return padder.update(data) + padder.finalize()


def unpad(padded_data: bytes) -> bytes:
    """The reverse; ValueError for what is not padded."""
    unpadder = PKCS7(AES_BLOCK_SIZE_BYTES * 8).unpadder()
    return unpadder.update(padded_data) + unpadder.finalize()


def des3_password(text: str, key: bytes) -> str:
    """Text encrypted with 3DES in ECB mode (key of 16 or 24 bytes), as base64; padded by characters, not bytes."""
    missing = DES_BLOCK_BYTES - len(text) % DES_BLOCK_BYTES
    padded = (text + missing * chr(missing)).encode()
    long_key = key + key[:DES_BLOCK_BYTES] if len(key) == 2 * DES_BLOCK_BYTES else key
    encryptor = Cipher(TripleDES(long_key), ECB()).encryptor()  # noqa: S305
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")
