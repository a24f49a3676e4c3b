"""ES modules that import each other, as one script: a page of one file has nowhere to import from.

Only what the project's own modules use is understood: `import { a, b as c } from "./other.js";` on
one line or several, and `export` before a declaration. Anything else is refused.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function\*? |class |const )", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:function\*?|class|const) (\w+)", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: Path) -> str:
    """Return one script that does what the module `entry` and all that it imports do.

    Each module keeps its names to itself. A closing tag cannot be in it, since it lies in a page.

    Args:
        entry: a module.

    Raises:
        ValueError: a module imports or exports in another way, or imports itself by others.
    """
    parts: list[str] = []
    _append(entry.resolve(), parts, {}, ())
    script = "\n".join(['"use strict";', *parts])
    if "</" in script or "<!--" in script:
        raise ValueError(f"{entry}: a script in a page cannot hold the beginning of a tag")
    return script


def _append(
    module: Path, parts: list[str], names: dict[Path, str], within: tuple[Path, ...]
) -> str:
    """Append a module after those that it imports; the name of the object that it exports."""
    if module in names:
        return names[module]
    if module in within:
        raise ValueError(f"{module} imports itself by others")
    text = module.read_text(encoding="utf-8")
    imports: list[str] = []
    for what, where in _IMPORT.findall(text):
        other = _append((module.parent / where).resolve(), parts, names, (*within, module))
        taken = ", ".join(
            one.strip().replace(" as ", ": ") for one in what.split(",") if one.strip()
        )
        imports.append(f"const {{ {taken} }} = {other};")
    exported = _EXPORTED.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    if other := _OTHER.search(body):
        raise ValueError(f"{module}: {other[0]!r} is not understood")
    name = names[module] = f"module{len(names)}"
    lines = [*imports, body.strip(), f"return {{ {', '.join(exported)} }};"]
    parts.append("\n".join([f"const {name} = (() => {{", *lines, "})();"]))
    return name
