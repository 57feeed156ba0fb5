"""Values from outside the config file: `${NAME}` from the environment, `NAME_FILE` and `x_file` from files."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from bot.files import Files

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?P<broken>\{))")


def expand(text: str, environ: Mapping[str, str], files: Files | None = None) -> str:
    """`text` with `${NAME}` replaced by that variable and `$$` by a dollar sign; any other `$` stands for itself.

    A variable that is not set is read, by `files`, from the file that NAME_FILE names. Raises ValueError that says
    what to do.
    """
    opened = files or Files()
    return _REFERENCE.sub(lambda found: _value(found, environ, opened), text)


def read_secret(path: Path, files: Files) -> str:
    """What a file holds, without line ends at its end. Raises ValueError when it cannot be read as text."""
    try:
        return files.read(path).decode().replace("\r\n", "\n").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"cannot read {path}: it is not UTF-8 text") from None


def secret_fields(model: type[BaseModel]) -> list[str]:
    """Names of the members that hold a SecretStr."""
    return [name for name, field in model.model_fields.items() if SecretStr in _parts(field.annotation)]


def secret_values(value: Any) -> Iterator[str]:
    """Every secret text inside validated settings, and the values of `headers`, which carry keys of gateways."""
    for name in type(value).model_fields:
        member = getattr(value, name)
        if isinstance(member, SecretStr):
            yield member.get_secret_value()
        elif isinstance(member, BaseModel):
            yield from secret_values(member)
        elif name == "headers" and isinstance(member, Mapping):
            yield from map(str, member.values())


def _value(found: re.Match[str], environ: Mapping[str, str], files: Files) -> str:
    if found["dollar"]:
        return "$"
    if found["broken"]:
        raise ValueError("write ${NAME} with the name of an environment variable, or $$ for a dollar sign")
    name = found["name"]
    file = environ.get(f"{name}_FILE")
    if name in environ:
        if file is not None:
            raise ValueError(f"environment variables {name} and {name}_FILE are both set; unset one of them")
        return environ[name]
    if file is None:
        raise ValueError(
            f"environment variable {name} is not set; set it, or {name}_FILE to a file that holds the value"
        )
    try:
        return read_secret(Path(file), files)
    except ValueError as error:
        raise ValueError(f"{name}_FILE: {error}") from None


def _parts(annotation: Any) -> set[Any]:
    return {annotation}.union(*map(_parts, get_args(annotation)))
