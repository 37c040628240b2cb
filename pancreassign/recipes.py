"""Reading a recipe: a TOML file that a pydantic model checks."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pancreassign.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model], keys: str) -> Model:
    """Read the TOML file ``path`` as a ``model``; ``keys`` is the page that explains its keys.

    Raises
    ------
    ConfigError
        Where the file cannot be read or is no TOML, or naming the first key at fault.
    """
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "Give the path of a recipe in TOML.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"is not TOML ({error})", "Mend the line that it names.") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise ConfigError(str(path), f"{key}: {first['msg']}", f"See {keys} for every key.") from None
