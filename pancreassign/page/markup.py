"""HTML from values: whatever is not markup already is escaped, so that a name can never become an element."""

from __future__ import annotations

import json
from html import escape
from typing import Any

VOID = frozenset({"br", "circle", "col", "line", "path", "rect"})
"""Elements that hold nothing; those of SVG close themselves."""
NOT_IN_A_SCRIPT = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
"""Signs that could end the element which holds the JSON, and how JSON writes them otherwise."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(element: str, *children: str | None, **attributes: str | int | bool | None) -> Markup:
    """One element; a child that is no :class:`Markup` is escaped, ``None`` is nothing.

    Parameters
    ----------
    attributes
        By name, with ``_`` for ``-`` and a last ``_`` dropped (``class_``, ``data_i``). ``True`` is an attribute
        without a value; ``None`` and ``False`` are none.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if element in VOID:
        return Markup(f"<{element}{written}/>")
    return Markup(f"<{element}{written}>{joined(*children)}</{element}>")


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def joined(*children: str | None) -> Markup:
    """The children one behind another, escaped where they are no markup."""
    texts = (child if isinstance(child, Markup) else escape(child, quote=False) for child in children if child)
    return Markup("".join(texts))


def name(text: str) -> Markup:
    """A name that somebody gave, set apart so that its direction of writing turns nothing around it."""
    return tag("bdi", text)


def json_text(value: Any) -> Markup:
    """``value`` as JSON that can stand inside a ``script`` element, whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(NOT_IN_A_SCRIPT))
