"""HTML and SVG, written so that no text can become markup."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Iterable, Optional, Sequence

# What has been escaped, and may stand in a page as it is.
Markup = str


def text(value: Any) -> Markup:
    return escape(str(value), quote=True)


def element(
    name: str, content: Markup = "", **attributes: Optional[Any]
) -> Markup:
    """An element. A trailing _ of an attribute's name is left out (class_),
    other ones become -; None leaves the attribute out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items() if value is not None
    )
    return f"<{name}{written}>{content}</{name}>"


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str,
    titled: bool = True,
) -> Markup:
    """Cells are texts, not markup; the first column names the row. One that
    is not `titled` has a heading above it."""
    head = "".join(element("th", text(each), scope="col") for each in columns)
    body = "".join(element("tr", _cells(row)) for row in rows)
    inside = (element("caption", text(caption)) * titled
              + element("thead", element("tr", head))
              + element("tbody", body))
    # Scrolls by itself where the window is narrower.
    return element("div", element("table", inside), class_="scroll",
                   tabindex="0", role="region", aria_label=caption)


def _cells(row: Sequence[Any]) -> Markup:
    first, *others = row
    return element("th", text(first), scope="row") + "".join(
        element("td", text(each)) for each in others
    )


def data(value: Any) -> Markup:
    """JSON for the page's script. `<` is the only sign by which a browser
    could find an end of the block in it."""
    inside = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return ('<script type="application/json">'
            + inside.replace("<", "\\u003c") + "</script>")
