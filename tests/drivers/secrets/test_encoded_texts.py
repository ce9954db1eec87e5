"""What is in base64 within another text is decoded, and archives are recognised by how they begin."""

import base64
import gzip
import io
import lzma
import zipfile

import pytest

from acceptance.drivers.secrets.encoded_texts import archives_in, decoded_parts

TEXT = "a text that is long enough to be found"


def zipped():
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr("a.txt", TEXT)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("gzip", gzip.compress(TEXT.encode(), mtime=0)),
        ("zip", zipped()),
        ("xz", lzma.compress(TEXT.encode())),
        ("zstd", b"\x28\xb5\x2f\xfd" + bytes(range(30, 60))),
    ],
    ids=["gzip", "zip", "xz", "zstd"],
)
def test_an_archive_is_known_by_its_first_bytes(kind, content):
    word = base64.b64encode(content).decode()
    for text in (word, f"a: {word}", f'{{"a":"{word}"}}', base64.encodebytes(content).decode()):
        assert archives_in(text) == [kind]
    assert archives_in(base64.urlsafe_b64encode(content).decode()) == [kind]
    assert archives_in(base64.b64encode(word.encode()).decode()) == [kind]
    assert archives_in(f"x{word}") == archives_in(word[:20]) == []


def test_what_was_encoded_twice_is_decoded_twice():
    once = base64.b64encode(TEXT.encode()).decode()
    assert decoded_parts(once) == [TEXT]
    assert decoded_parts(base64.b64encode(once.encode()).decode()) == [once, TEXT]
