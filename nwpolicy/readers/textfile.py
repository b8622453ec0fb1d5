"""Files to text, for every reader.

`read_bytes` reads regular files of at most `limit` bytes, `decode` knows UTF-8, and UTF-16 with a byte order mark;
`read_text` does both, and `encoded_like` is the way back. Everything else is an InputError that says why; nothing is
replaced or skipped. Line ends stay as they are, a byte order mark does not become part of the text.
"""

from __future__ import annotations

import codecs
import os
import stat

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.source import SourceLocation, Span
from nwpolicy.readers.places import Fault, input_error

__all__ = ["decode", "encoded_like", "read_bytes", "read_text"]

_SAVE_AS_UTF8 = "save the file as UTF-8"

#: UTF-32 before UTF-16: the mark of UTF-16-LE is the beginning of that of UTF-32-LE.
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
_READABLE = ("UTF-8", "UTF-16-LE", "UTF-16-BE")

#: Where the NUL bytes are when two ASCII characters begin a text in UTF-16.
_ASCII_IN_UTF16 = ([False, True] * 2, [True, False] * 2)


def read_text(path: str, *, limit: int) -> str:
    """The text of a file; raises InputError where it cannot be read."""
    return decode(path, read_bytes(path, limit=limit))


def read_bytes(path: str, *, limit: int) -> bytes:
    """The content of a file; raises InputError where it cannot be read."""
    try:
        return _read(path, limit)
    except FileNotFoundError:
        raise _refusal(path, "file-not-found", "no such file") from None
    except PermissionError:
        raise _refusal(path, "unreadable-file", "no permission to read this file") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise _refusal(path, "unreadable-file", f"cannot be read: {reason.lower()}") from None
    except ValueError:
        raise _refusal(path, "unreadable-file", "cannot be read: no path holds a NUL character") from None


def decode(path: str, data: bytes) -> str:
    """The text that the bytes of a file stand for; raises InputError if that is not certain."""
    mark, encoding = _encoding(data)
    if encoding not in _READABLE:
        message = f"the file is in {encoding}, expected UTF-8"
        raise _refusal(path, "invalid-encoding", message, _SAVE_AS_UTF8)
    if encoding == "UTF-8" and b"\0" in data:
        raise _not_text(path, data)
    data = data[len(mark) :]
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _bad_bytes(path, data, encoding, error) from None
    if "\0" in text:
        raise _binary(path)
    return text


def encoded_like(text: str, before: bytes) -> bytes:
    """The text in the encoding of a file that can be read, with a byte order mark where that has one."""
    mark, encoding = _encoding(before)
    return mark + text.encode(encoding)


def _encoding(data: bytes) -> tuple[bytes, str]:
    """The byte order mark, which may be empty, and what it tells."""
    return next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "UTF-8"))


def _read(path: str, limit: int) -> bytes:
    status = os.stat(path)  # noqa: PTH116 - every file of a folder is read, and a Path takes longer than its content
    if stat.S_ISDIR(status.st_mode):
        raise _refusal(path, "unreadable-file", "this is a directory, expected a file")
    if not stat.S_ISREG(status.st_mode):  # a pipe or a device may never end, or act when it is opened
        message = "this is a pipe or a device, expected a file"
        raise _refusal(path, "unreadable-file", message, "write the content to a file first")
    if status.st_size <= limit:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read(status.st_size + 1)
            if len(data) > status.st_size:  # it has grown, or the kernel makes it, and claims that it is empty
                data += file.read(limit + 1 - len(data))
        if len(data) <= limit:
            return data
    raise _refusal(path, "file-too-large", f"the file is larger than the limit of {limit} bytes")


def _not_text(path: str, data: bytes) -> InputError:
    """NUL bytes: text in an encoding that gives no sign of itself, or no text at all."""
    if [byte == 0 for byte in data[:4]] in _ASCII_IN_UTF16:
        message = "the file seems to be in UTF-16, but has no byte order mark"
        return _refusal(path, "invalid-encoding", message, _SAVE_AS_UTF8)
    return _binary(path)


def _binary(path: str) -> InputError:
    return _refusal(path, "binary-file", "the file holds NUL characters, so it is binary and not text")


def _bad_bytes(path: str, data: bytes, encoding: str, error: UnicodeDecodeError) -> InputError:
    """Located at the character that the bytes do not form; all before it could be read."""
    found = " ".join(f"0x{byte:02X}" for byte in data[error.start : error.end])
    if error.end == len(data) and error.reason in ("unexpected end of data", "truncated data"):
        message = f"the file ends inside a character, it is not complete {encoding} ({found})"
    else:
        message = f"this is not {encoding}: {found}"
    start = len(data[: error.start].decode(encoding))
    fault = Fault("invalid-encoding", message, start, start + 1, _SAVE_AS_UTF8)
    return input_error(path, data.decode(encoding, "replace"), [fault])


def _refusal(path: str, code: str, message: str, help: str | None = None) -> InputError:
    """A fault of the file as a whole."""
    location = SourceLocation(path, Span(1, 1, 1, 1))
    return InputError(Diagnostic(Severity.ERROR, code, message, location, help))
