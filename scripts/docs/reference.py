"""Write the pages of docs/reference, or check that they are fresh.

Usage: ``python scripts/docs/reference.py`` exits with 1 and names the stale files; with ``--write`` it writes them
anew. The pages are made of this checkout alone: its sources, and the plugins in its folder ``plugins``, whatever is
installed.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast, get_args

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
PLUGINS = sorted(folder.name for folder in (ROOT / "plugins").iterdir() if (folder / "pyproject.toml").is_file())

# This checkout comes first, so that an installed copy is never documented in its place.
sys.path[:0] = [str(ROOT / "src"), *(str(ROOT / "plugins" / name / "src") for name in PLUGINS)]

import typer  # noqa: E402 - after the path is set
from docstrings import first_line, markdown, result, signature  # noqa: E402

from slceleb_core import hookspecs, manifests, results, stages, types  # noqa: E402
from slceleb_core.cli.app import app  # noqa: E402
from slceleb_core.cli.schema_rows import rows  # noqa: E402
from slceleb_core.corpus import reading  # noqa: E402
from slceleb_core.media import speech  # noqa: E402
from slceleb_core.profile import Profile, schema  # noqa: E402
from slceleb_core.registry import ROLES, Origin, Registered, Registry  # noqa: E402
from slceleb_core.settings import PREFIX, Settings  # noqa: E402

SECTIONS = {"detect": "detector", "embed": "recognizer", "speaker": "speaker", "voice": "voice", "sinks": "sink"}
"""Sections of a profile that name plugins, and the role of those."""

SHARED: tuple[tuple[Any, str, tuple[type, ...]], ...] = (
    (speech, "Where a voice is heard", (speech.SpeechFinder, speech.SpeechActivity)),
    (manifests, "Manifests", (manifests.ManifestSink, manifests.ManifestConfig)),
    (reading, "A finished corpus", (reading.Corpus, reading.Recording, reading.Utterance)),
)
"""Modules beside the stages that plugins may use, and what of them stages meet."""

NOTE = (
    "<!-- Made by scripts/docs/reference.py from the sources; do not edit. `nox -s docs -- --write` writes it anew. -->"
)

SHELL_OPTIONS = {"install_completion", "show_completion"}
"""Typer's own; their texts differ from version to version."""


def shipped() -> Registry:
    """Return the registry of the core and of the plugins in this repository, and of nothing else."""
    ours = [(f"core-{room}", "slceleb-core", f"slceleb_core.{room}") for room in ("sinks", "review")]
    ours += [(name, f"slceleb-{name.replace('_', '-')}", f"slceleb_{name}") for name in PLUGINS]
    return Registry((importlib.import_module(module), Origin(name, package, "")) for name, package, module in ours)


def table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield a Markdown table; nothing when it has no line."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    if cells:
        heads = list(heads)
        yield from ("| " + " | ".join(line) + " |" for line in (heads, ["---"] * len(heads), *cells))
        yield ""


def code(text: object) -> str:
    """Return a text as code; empty when it is."""
    return f"`{text}`" if str(text) else ""


def prose(text: str | None) -> str:
    """Return a plain text such that Markdown shows all of it."""
    return (text or "").replace("<", "&lt;")


def cli_page() -> Iterator[str]:
    """Yield the page on the command line."""
    root = cast("Any", typer.main.get_command(app))
    yield from ("# Command line", "", NOTE, "", *_about("slceleb", root))
    yield from ("`slceleb --install-completion` installs completion for the current shell.", "")
    for path, command in _leaves("slceleb", root):
        yield from (f"## {path}", "", *_about(path, command))
    yield from ("## Environment", "", "Facts of the machine. None of them changes what a result is.", "")
    yield from table(("variable", "default", "what it is"), map(_setting, Settings.model_fields.items()))


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield every command below a group, with its words."""
    for name, inner in getattr(command, "commands", {}).items():
        if getattr(inner, "commands", None):
            yield from _leaves(f"{path} {name}", inner)
        else:
            yield f"{path} {name}", inner


def _about(path: str, command: Any) -> Iterator[str]:
    yield from (prose(command.help), "", "```", _usage(path, command), "```", "")
    shown = [param for param in command.params if not param.hidden and param.name not in SHELL_OPTIONS]
    yield from table(("", "default", "what it does"), map(_parameter, shown))
    yield from (prose(command.epilog), "")


def _usage(path: str, command: Any) -> str:
    if getattr(command, "commands", None):
        return f"{path} COMMAND"
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    words = [f"{argument.metavar}{'...' if argument.nargs == -1 else ''}" for argument in arguments]
    shown = [word if argument.required else f"[{word}]" for argument, word in zip(arguments, words, strict=True)]
    needed = [
        f"{param.opts[0]} {param.metavar}" for param in command.params if param not in arguments and param.required
    ]
    return " ".join([path, *shown, *needed, *(["[OPTIONS]"] if len(command.params) > len(arguments + needed) else [])])


def _parameter(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        name = code(parameter.metavar)
    else:
        flag = bool(getattr(parameter, "is_flag", False))
        name = ", ".join(code(option if flag else f"{option} {parameter.metavar}") for option in parameter.opts)
    default = (
        "required" if parameter.required else "" if parameter.default in (None, False) else code(parameter.default)
    )
    return name, default, prose(parameter.help)


def _setting(item: tuple[str, Any]) -> tuple[str, str, str]:
    name, field = item
    made = field.default_factory is not None  # it depends on the machine, and is not shown
    default = "the user's cache folder" if made else "" if field.default in (None, False) else code(field.default)
    return code(PREFIX + name.upper()), default, prose(field.description)


def profile_page() -> Iterator[str]:
    """Yield the page on every section and option of a profile."""
    yield from ("# Profile", "", NOTE, "", "How to use it: [profiles.md](../profiles.md).")
    yield from ("For an editor: [profile.schema.json](profile.schema.json).", "")
    fields = Profile.model_fields
    described = ((f"[{name}](#{name})", prose(field.description)) for name, field in fields.items())
    yield from table(("section", "what it decides"), described)
    registry = list(shipped())
    for name, field in fields.items():
        yield from (f"## {name}", "", field.description or "", "")
        if name in SECTIONS:
            uses = "A list of entries" if name == "sinks" else "An entry"
            yield from (f"{uses}: `use`, the name of a {SECTIONS[name]}, and its `options`.", "")
            for known in (known for known in registry if known.role == SECTIONS[name]):
                yield from _stage(known)
        else:
            yield from (first_line(_model(field.annotation)), "")
            yield from _options(_model(field.annotation))


def _model(annotation: Any) -> Any:
    """Return the model of a section; of one that may be absent, the one that it is if it is there."""
    return next((known for known in get_args(annotation) if known is not type(None)), annotation)


def _stage(registered: Registered) -> Iterator[str]:
    stage = registered.stage
    yield from (f"### {registered.name}", "", f"From `{registered.origin.distribution}`. {first_line(stage)}", "")
    for word in ("provides", "requires"):
        if getattr(stage, word, None):
            yield from (f"{word.capitalize()} {', '.join(code(name) for name in sorted(getattr(stage, word)))}.", "")
    options = list(_options(stage.Config))
    yield from options or ("No options.", "")
    files = ((code(f.name), f"{f.bytes / 1e6:.1f} MB", f.licence, f.description) for f in stage.model_files)
    yield from table(("model file", "size", "licence", "what it is"), files)


def _options(model: Any) -> Iterator[str]:
    given = rows(model.model_json_schema())
    lines = ((code(o.path), o.type, o.default and code(o.default), o.bounds, prose(o.description)) for o in given)
    yield from table(("option", "type", "default", "bounds", "what it is"), lines)


def hooks_page() -> Iterator[str]:
    """Yield the page on hooks and stages."""
    yield from ("# Hooks and stages", "", NOTE, "")
    yield from ("How to use them: [writing-a-plugin.md](../writing-a-plugin.md).", "")
    yield from ("## Hooks", "", markdown(hookspecs), "")
    for name, hook in vars(hookspecs).items():
        if hasattr(hook, f"{hookspecs.PROJECT}_spec"):
            yield from (f"### {name}", "", "```python", signature(hook), "```", "", markdown(hook), "")
    yield from ("## Stages", "", markdown(stages), "")
    handed = (stages.StageContext, stages.SinkJob, stages.Clipper, stages.Revision)
    for value in (stages.StageConfig, stages.Stage, *ROLES.values(), *handed):
        yield from _class(value)
    for module, title, classes in SHARED:
        yield from (f"## {title}", "", f"`{module.__name__}`", "", markdown(module), "")
        for value in classes:
            yield from _class(value)


def types_page() -> Iterator[str]:
    """Yield the page on the values that stages take and return."""
    yield from ("# Values", "", NOTE, "")
    for module, title in ((types, "Between the stages"), (results, "Results")):
        yield from (f"## {title}", "", f"`{module.__name__}`", "", markdown(module), "")
        for var in vars(module).values():
            if inspect.isclass(var) and var.__module__ == module.__name__ and _is_value(var):
                yield from _class(var)


def _is_value(kind: type) -> bool:
    """Tell whether a class is one of values, or says what values of other classes have in common."""
    return dataclasses.is_dataclass(kind) or bool(getattr(kind, "_is_protocol", False))


def _class(kind: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in kind.__bases__ if base.__module__.startswith("slceleb_core"))
    yield from (f"### {kind.__name__}{f' ({bases})' * bool(bases)}", "", markdown(kind), "")
    for name, member in vars(kind).items():
        if not name.startswith("_"):
            yield from _member(name, member)


def _member(name: str, member: object) -> Iterator[str]:
    inner = getattr(member, "__func__", getattr(member, "fget", member))
    if not inspect.isfunction(inner):
        return
    kinds = {
        "abstract": getattr(inner, "__isabstractmethod__", False),
        "class method": isinstance(member, classmethod),
        "property": isinstance(member, property),
    }
    kind = "".join(f"*{word}.* " for word, so in kinds.items() if so)
    shown = f"{name}{result(inner, ': ')}" if kinds["property"] else signature(inner)
    yield from (f"#### {name}", "", "```python", shown, "```", "", f"{kind}{markdown(inner)}", "")


def schema_file() -> Iterator[str]:
    """Yield the JSON Schema as `slceleb profiles schema` prints it."""
    yield json.dumps(schema(shipped()), indent=2, default=str)


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "cli.md": cli_page,
    "hooks.md": hooks_page,
    "profile.md": profile_page,
    "profile.schema.json": schema_file,
    "types.md": types_page,
}


def render(name: str) -> str:
    """Return the text of a page, without blank lines in a row."""
    lines: list[str] = []
    for line in "\n".join(PAGES[name]()).splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).rstrip() + "\n"


def stale() -> list[str]:
    """Return the names of the files that are not what they should be, in order."""
    here = {path.name for path in FOLDER.iterdir()} if FOLDER.is_dir() else set()
    missing = sorted(set(PAGES) - here | here - set(PAGES))
    kept = [name for name in PAGES if name in here]
    return missing + [name for name in kept if (FOLDER / name).read_text(encoding="utf-8") != render(name)]


def main() -> int:
    """Check, or write; return the exit code."""
    if "--write" in sys.argv[1:]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in PAGES:
            (FOLDER / name).write_text(render(name), encoding="utf-8")
    names = stale()
    for name in names:
        print(f"stale: {(FOLDER / name).relative_to(ROOT)}")
    if names:
        print("refresh them with: python scripts/docs/reference.py --write (and delete what is no longer made)")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
