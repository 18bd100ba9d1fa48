"""Keeps the Qt Linguist files equal to the texts of the panel.

Texts are what the code passes to ``_("...")`` and what ``.ui`` files hold. Run it with ``--write`` after
changing one: translations that exist are kept, new texts come in as unfinished, texts that are gone go.
Without ``--write`` it only says what differs, or is not translated yet.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

MODULE_FOLDER = Path(__file__).resolve().parents[2] / "MedMMSlicer"
CONTEXT = "MedMMSlicer"
CODE = ("MedMMSlicer.py", "MedMMSlicerLib/widgets")
LANGUAGES = ("zh-CN",)
_TRANSLATED = {"_", "tr"}
_USER_PROPERTIES = {
    "text", "title", "toolTip", "placeholderText", "accessibleName", "accessibleDescription", "windowTitle",
}  # fmt: skip


def code_texts(path: Path) -> Iterator[str]:
    """Every literal that a file passes to ``_``.

    Raises
    ------
    SystemExit
        If something else than a literal is passed: it could never be translated.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id not in _TRANSLATED or not node.args:
            continue
        value = node.args[0]
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif path.name != "translation.py":
            sys.exit(f"{path}:{node.lineno}: _() takes a literal; put the text there.")


def ui_texts(path: Path) -> Iterator[str]:
    """Every text of a ``.ui`` file that is shown or read aloud."""
    for element in ElementTree.parse(path).iter("property"):
        text = element.find("string")
        if element.get("name") in _USER_PROPERTIES and text is not None and text.get("notr") != "true":
            yield text.text or ""


def source_texts(folder: Path = MODULE_FOLDER) -> tuple[str, ...]:
    """Every text once, sorted; where it is used is left out: moving code changes no translation file."""
    files = [
        file
        for name in CODE
        for file in ([folder / name] if name.endswith(".py") else sorted((folder / name).rglob("*.py")))
        if file.is_file()
    ]
    found: set[str] = set()
    for path in [*files, *sorted((folder / "Resources" / "UI").glob("*.ui"))]:
        found.update(ui_texts(path) if path.suffix == ".ui" else code_texts(path))
    return tuple(sorted(text for text in found if text.strip()))


def translation_path(language: str, folder: Path = MODULE_FOLDER) -> Path:
    """Where the file of a language lies."""
    return folder / "Resources" / "Translations" / f"{CONTEXT}_{language}.ts"


def read_translations(language: str, folder: Path = MODULE_FOLDER) -> dict[str, str]:
    """Source text to translation, empty for what is unfinished."""
    path = translation_path(language, folder)
    if not path.is_file():
        return {}
    messages = ElementTree.parse(path).iter("message")
    return {item.findtext("source") or "": item.findtext("translation") or "" for item in messages}


def file_text(language: str, folder: Path = MODULE_FOLDER) -> str:
    """What the file of a language should be."""
    known = read_translations(language, folder)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<!DOCTYPE TS>",
        f'<TS version="2.1" language="{language.replace("-", "_")}" sourcelanguage="en">',
        f"<context>\n    <name>{CONTEXT}</name>",
    ]
    for text in source_texts(folder):
        translated = known.get(text, "")
        kind = "" if translated else ' type="unfinished"'
        lines.append("    <message>")
        lines.append(f"        <source>{escape(text)}</source>")
        lines.append(f"        <translation{kind}>{escape(translated)}</translation>")
        lines.append("    </message>")
    return "\n".join([*lines, "</context>", "</TS>", ""])


def difference(language: str, folder: Path = MODULE_FOLDER) -> list[str]:
    """Lines that are wrong: ``+`` is missing, ``-`` is too much, ``?`` is not translated."""
    known, wanted = read_translations(language, folder), source_texts(folder)
    lines = [f"+{text}" for text in wanted if text not in known]
    lines += [f"-{text}" for text in known if text not in wanted]
    return lines + [f"?{text}" for text in wanted if text in known and not known[text]]


def main(arguments: list[str]) -> int:
    """Write the files, or return 1 when something is out of date or not translated."""
    wrong = []
    for language in LANGUAGES:
        if "--write" in arguments:
            path = translation_path(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file_text(language), encoding="utf-8", newline="\n")
        wrong += [f"{language} {line}" for line in difference(language)]
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
