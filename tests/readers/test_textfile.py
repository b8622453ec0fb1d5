from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Span
from nwpolicy.readers.textfile import decode, read_bytes, read_text

WHOLE = Span(1, 1, 1, 1)


def refusal(path: Path | str, limit: int = 1000) -> Diagnostic:
    with pytest.raises(InputError) as caught:
        read_text(str(path), limit=limit)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def encoding_fault(data: bytes) -> Diagnostic:
    with pytest.raises(InputError) as caught:
        decode("f", data)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    "data",
    [
        "a: ü😀\r\n".encode(),
        b"\xef\xbb\xbf" + "a: ü😀\r\n".encode(),
        b"\xff\xfe" + "a: ü😀\r\n".encode("utf-16-le"),
        b"\xfe\xff" + "a: ü😀\r\n".encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16-le", "utf-16-be"],
)
def test_the_encodings_that_are_certain_are_read_without_their_mark_and_with_their_line_ends(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "f"
    path.write_bytes(data)
    assert read_text(str(path), limit=1000) == "a: ü😀\r\n"


def test_an_empty_file_is_an_empty_text(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert read_text(str(tmp_path / "f"), limit=0) == ""


def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 1000)
    assert read_bytes(str(path), limit=1000) == b"x" * 1000
    found = refusal(path, 999)
    assert (found.code, found.message) == ("file-too-large", "the file is larger than the limit of 999 bytes")
    assert (found.location.file, found.location.span) == (str(path), WHOLE)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs files that claim to be empty")
def test_the_limit_holds_for_files_whose_size_is_not_known_beforehand() -> None:
    assert Path("/proc/self/status").stat().st_size == 0
    assert refusal("/proc/self/status", 10).code == "file-too-large"


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    found = refusal(tmp_path / "absent")
    assert (found.code, found.message) == ("file-not-found", "no such file")
    assert (found.location.file, found.location.span) == (str(tmp_path / "absent"), WHOLE)
    (tmp_path / "link").symlink_to("absent")
    assert refusal(tmp_path / "link").code == "file-not-found"


def test_a_directory(tmp_path: Path) -> None:
    found = refusal(tmp_path)
    assert (found.code, found.message) == ("unreadable-file", "this is a directory, expected a file")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch(mode=0o000)
    assert refusal(path).message == "no permission to read this file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = refusal(tmp_path / "pipe")
    assert (found.code, found.message) == ("unreadable-file", "this is a pipe or a device, expected a file")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets in the file system")
def test_a_socket_and_a_device_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the names of sockets have to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert refusal("socket").code == "unreadable-file"
    assert refusal(os.devnull).code == "unreadable-file"


def test_paths_that_cannot_be_files(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "f").touch()
    for path in (tmp_path / "loop", tmp_path / "f" / "below", tmp_path / ("n" * 5000), "nul\0inside"):
        found = refusal(path)
        assert found.code == "unreadable-file"
        assert found.message.startswith("cannot be read: ")
        assert found.location.span == WHOLE


def test_a_byte_that_is_not_utf8_is_located_in_characters() -> None:
    found = encoding_fault("first\nü 😀 ".encode() + b"\xe9 caf\xe9\nlast")
    assert (found.code, found.message) == ("invalid-encoding", "this is not UTF-8: 0xE9")
    assert found.location.span == Span(2, 5, 2, 6)
    assert found.excerpt == "ü 😀 \ufffd caf\ufffd"
    assert found.help == "save the file as UTF-8"


def test_a_byte_order_mark_takes_no_column() -> None:
    assert encoding_fault(b"\xef\xbb\xbfab\xff").location.span == Span(1, 3, 1, 4)


@pytest.mark.parametrize(
    ("data", "message", "column"),
    [
        (b"ab\xe2\x82", "the file ends inside a character, it is not complete UTF-8 (0xE2 0x82)", 3),
        (b"\xff\xfea\0b", "the file ends inside a character, it is not complete UTF-16-LE (0x62)", 2),
        (b"\xff\xfea\0\x3d\xd8", "the file ends inside a character, it is not complete UTF-16-LE (0x3D 0xD8)", 2),
        (b"\xff\xfea\0\x00\xdcb\0", "this is not UTF-16-LE: 0x00 0xDC", 2),
        (b"a\xed\xa0\x80b", "this is not UTF-8: 0xED", 2),  # a surrogate
        (b"a\xc0\xafb", "this is not UTF-8: 0xC0", 2),  # '/' in more bytes than needed
        ("a: b".encode("utf-32"), "the file is in UTF-32-LE, expected UTF-8", 1),
        (b"\0\0\xfe\xff\0\0\0a", "the file is in UTF-32-BE, expected UTF-8", 1),
        ("a: b".encode("utf-16-le"), "the file seems to be in UTF-16, but has no byte order mark", 1),
        ("a: b".encode("utf-16-be"), "the file seems to be in UTF-16, but has no byte order mark", 1),
    ],
)
def test_other_encodings_are_refused(data: bytes, message: str, column: int) -> None:
    found = encoding_fault(data)
    assert (found.code, found.message) == ("invalid-encoding", message)
    assert (found.location.span.line, found.location.span.column) == (1, column)


@pytest.mark.parametrize("data", [b"a\0b", b"\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xfea\0\0\0"])
def test_nul_characters_mean_that_a_file_is_binary(data: bytes) -> None:
    found = encoding_fault(data)
    assert (found.code, found.location.span) == ("binary-file", WHOLE)


@given(st.binary(max_size=60))
def test_any_bytes_become_exactly_their_text_or_a_fault(data: bytes) -> None:
    try:
        text = decode("f", data)
    except InputError:
        return
    assert data in (
        text.encode(),
        b"\xef\xbb\xbf" + text.encode(),
        b"\xff\xfe" + text.encode("utf-16-le"),
        b"\xfe\xff" + text.encode("utf-16-be"),
    )
