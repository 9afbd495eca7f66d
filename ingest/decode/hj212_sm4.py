"""Encrypted data areas of HJ 212-2025: SM4-ECB without padding, written as `{0xE4,0x3E,...}` and a plain remainder.

Only whole blocks of 16 bytes are encrypted; what is left over follows the braces as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK_BYTES = 16
_FORM = re.compile(r"\{(0x[0-9A-Fa-f]{2}(?:,0x[0-9A-Fa-f]{2})*)\}(.*)", re.DOTALL)


def decrypt(text: str, key: bytes) -> bytes | None:
    """The plain data area; None when the text is not of the form, which includes a broken block. Never raises.

    A wrong key gives nonsense here, not None: only the CRC, which is that of the plain text, can tell.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    blocks = bytes.fromhex(form[1].replace("0x", "").replace(",", ""))
    remainder = form[2].encode("utf-8", "backslashreplace")
    if len(blocks) % _BLOCK_BYTES or len(remainder) >= _BLOCK_BYTES:
        return None
    try:
        decryptor = _cipher(key).decryptor()
    except UnsupportedAlgorithm:  # an OpenSSL built without it
        return None
    return decryptor.update(blocks) + decryptor.finalize() + remainder


def encrypt(plain: bytes, key: bytes) -> bytes:
    """The data area in its encrypted form; text shorter than a block stays. Raises on a key not of 16 bytes."""
    whole = len(plain) - len(plain) % _BLOCK_BYTES
    if not whole:
        return plain
    encryptor = _cipher(key).encryptor()
    blocks = encryptor.update(plain[:whole]) + encryptor.finalize()
    return b"{%s}%s" % (",".join(f"0x{byte:02X}" for byte in blocks).encode("ascii"), plain[whole:])


@lru_cache(maxsize=1024)
def _cipher(key: bytes) -> Cipher[modes.ECB]:
    return Cipher(algorithms.SM4(key), modes.ECB())  # ECB is what the standard prescribes
