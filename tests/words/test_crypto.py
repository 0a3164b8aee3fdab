"""Formats that stored links and providers depend on."""

import base64

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring import crypto

keys = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@given(key=keys, data=st.binary(max_size=200))
def test_encrypted_values_can_be_decrypted(key, data):
    encrypted = crypto.aes_encrypt(data, key)
    assert len(encrypted) == (len(data) // 16 + 1) * 16
    assert crypto.aes_decrypt(encrypted, key) == data


@given(key=keys, text=st.text(max_size=200))
def test_texts_are_safe_in_urls(key, text):
    encoded = crypto.encrypt_and_encode(text, key)
    assert base64.urlsafe_b64decode(encoded)
    assert crypto.decode_and_decrypt(encoded, key) == text.encode()
    assert crypto.decode_and_decrypt(encoded.decode(), key) == text.encode()


@given(data=st.binary(max_size=64))
def test_padding(data):
    padded = crypto.pad(data)
    assert len(padded) % 16 == 0
    assert 1 <= len(padded) - len(data) <= 16
    assert crypto.unpad(padded) == data


@pytest.mark.parametrize("wrong", [b"", b"short", b"\x00" * 16, b"a" * 15 + b"\x11"])
def test_bytes_that_are_not_padded(wrong):
    with pytest.raises(ValueError):
        crypto.unpad(wrong)


def test_the_same_key_has_the_same_vector():
    key = b"0123456789abcdef"
    assert crypto.generate_aes_iv(key) == crypto.generate_aes_iv(key)
    assert crypto.generate_aes_iv(key) != crypto.generate_aes_iv(b"fedcba9876543210")


@given(user=st.integers(1, 2**31), other=st.integers(1, 2**31))
def test_users_and_providers_have_different_ids(user, other):
    obscured = crypto.obscured_user_id(user, "test")
    assert len(obscured) == 40
    assert (obscured == crypto.obscured_user_id(other, "test")) == (user == other)
    assert obscured != crypto.obscured_user_id(user, "null")
    with override_settings(PROCTORING_USER_OBFUSCATION_KEY="another key"):
        assert obscured != crypto.obscured_user_id(user, "test")
