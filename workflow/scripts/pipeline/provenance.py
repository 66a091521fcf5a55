"""What a script's results depend on: a digest of its code and of every module of the library that it imports."""

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

LIBRARIES = ("opdims", "pipeline")


@cache
def source_digest(script: Path) -> str:
    """Return the sha256 of a script's code and of all modules of the library that it imports, however indirectly.

    Comments, docstrings and layout do not count. `script` lies in the folder that holds the library.
    """
    digest = sha256()
    for path in sorted(source_files(script)):
        digest.update(f"{path.relative_to(script.parent)}\n{_code(path)}\n".encode())
    return digest.hexdigest()


def source_files(script: Path) -> set[Path]:
    """Return the script and every file of the library that it imports, however indirectly."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported_files(path, script.parent)
    return found


def _imported_files(path: Path, root: Path) -> list[Path]:
    modules = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    files = []
    for module in modules:
        parts = module.split(".")
        if parts[0] in LIBRARIES:  # importing a.b.c runs a/__init__.py, a/b/__init__.py and a/b/c.py
            packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
            files += [file for file in (*packages, root.joinpath(*parts).with_suffix(".py")) if file.is_file()]
    return files


def _code(path: Path) -> str:
    """Return the code without comments, docstrings and layout."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
