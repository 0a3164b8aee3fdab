"""All weak algorithms of the app. They stay because stored data and providers depend on these formats, byte for byte.

* HMAC-SHA1 creates the ids under which providers know learners; another algorithm would change all ids.
  `scripts/obscure_user.py` repeats it, because that script runs without the app.
* AES-CBC with an initialisation vector derived from the key (by MD5) and without an integrity check protects the
  stored links to videos. Equal links look equal, and a changed link is only noticed when it cannot be read.
* 3DES in ECB mode creates the password of a registration at PSI, whose servers decrypt it. It protects nothing,
  because the same request contains the data in clear text.

Do not use them for anything new.
"""

import base64
import hashlib
import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.padding import PKCS7

from edx_proctoring import conf

AES_BLOCK_SIZE_BYTES = 16
DES_BLOCK_BYTES = 8


def obscured_user_id(user_id: object, *extra: object) -> str:
    """Return the id by which providers know a user: HMAC-SHA1 of id and extras (the provider's name), as hex."""
    key = str(conf.django.PROCTORING_USER_OBFUSCATION_KEY).encode("ascii")
    message = "".join(str(part) for part in (user_id, *extra))
    return hmac.new(key, message.encode(), hashlib.sha1).hexdigest()


def encrypt_and_encode(data: str | bytes, key: bytes) -> bytes:
    """Encrypt text (UTF-8) or bytes with AES-CBC, as URL-safe base64."""
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(aes_encrypt(raw, key))


def decode_and_decrypt(encoded_data: str | bytes, key: bytes) -> bytes:
    """Reverse of encrypt_and_encode."""
    return aes_decrypt(base64.urlsafe_b64decode(encoded_data), key)


def aes_encrypt(data: bytes, key: bytes) -> bytes:
    """Encrypt with AES-CBC and PKCS7 padding."""
    encryptor = Cipher(AES(key), CBC(generate_aes_iv(key))).encryptor()
    return encryptor.update(pad(data)) + encryptor.finalize()


def aes_decrypt(encrypted_data: bytes, key: bytes) -> bytes:
    """Decrypt AES-CBC with PKCS7 padding."""
    decryptor = Cipher(AES(key), CBC(generate_aes_iv(key))).decryptor()
    return unpad(decryptor.update(encrypted_data) + decryptor.finalize())


def generate_aes_iv(key: bytes) -> bytes:
    """Return the initialisation vector derived from a key."""
    inner = hashlib.md5(key, usedforsecurity=False).hexdigest().encode()
    digest = hashlib.md5(key + inner, usedforsecurity=False).hexdigest()
    return digest.encode()[:AES_BLOCK_SIZE_BYTES]


def pad(data: bytes) -> bytes:
    """Add PKCS7 padding."""
    padder = PKCS7(AES_BLOCK_SIZE_BYTES * 8).padder()
    return padder.update(data) + padder.finalize()


def unpad(padded_data: bytes) -> bytes:
    """Remove PKCS7 padding. Raises ValueError if the padding is invalid."""
    unpadder = PKCS7(AES_BLOCK_SIZE_BYTES * 8).unpadder()
    return unpadder.update(padded_data) + unpadder.finalize()


def des3_password(text: str, key: bytes) -> str:
    """Return text encrypted with 3DES in ECB mode (key of 16 or 24 bytes), as base64; padded by characters, not bytes."""
    missing = DES_BLOCK_BYTES - len(text) % DES_BLOCK_BYTES
    padded = (text + missing * chr(missing)).encode()
    long_key = key + key[:DES_BLOCK_BYTES] if len(key) == 2 * DES_BLOCK_BYTES else key
    encryptor = Cipher(TripleDES(long_key), ECB()).encryptor()  # noqa: S305  PSI's format
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")
