"""What a script's results depend on: a digest of its code, of every module of the libraries that it imports, and of the
pinned versions of all other packages that these import, or that stand behind those.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

LIBRARIES = ("opdims", "pipeline")
MODULES = {"pyyaml": "yaml"}  # of a package, where it bears another name
BEHIND = {  # pinned packages that others call, by module: another version of them is another result, too
    "h5netcdf": ("h5py", "numpy"),
    "h5py": ("numpy",),
    "matplotlib": ("numpy",),
    "pandas": ("numpy",),
    "safetensors": ("numpy",),
    "scipy": ("numpy",),
    "seaborn": ("matplotlib", "numpy", "pandas"),
    "xarray": ("h5netcdf", "numpy", "pandas"),
}


@cache
def source_digest(script: Path, root: Path, requirements: Path | None = None) -> str:
    """Return the sha256 of a script's code and of all that it imports, however indirectly.

    Comments, docstrings and layout do not count.

    Parameters
    ----------
    script
        A script, or the file of a task.
    root
        The folder that holds the libraries.
    requirements
        The pins of other packages (`name==version`, a line each); without them other packages do not count.
    """
    digest = sha256()
    files = sorted(source_files(script, root))
    for path in files:
        digest.update(f"{_name(path, root)}\n{_code(path)}\n".encode())
    if requirements is not None:
        pins = _pins(requirements)
        for module in sorted(_packages(files) & pins.keys()):
            digest.update(f"{pins[module]}\n".encode())
    return digest.hexdigest()


def _packages(files: Iterable[Path]) -> set[str]:
    """Return the packages that the files import, with those behind them."""
    found: set[str] = set()
    waiting = {module.split(".")[0] for path in files for module in _imports(path)}
    while waiting:
        found |= waiting
        waiting = {behind for package in waiting for behind in BEHIND.get(package, ())} - found
    return found


def source_files(script: Path, root: Path) -> set[Path]:
    """Return the script and every file of the libraries that it imports, however indirectly."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported_files(path, root)
    return found


def _imported_files(path: Path, root: Path) -> list[Path]:
    files = []
    for module in _imports(path):
        parts = module.split(".")
        if parts[0] in LIBRARIES:  # importing a.b.c runs a/__init__.py, a/b/__init__.py and a/b/c.py
            packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
            files += [file for file in (*packages, root.joinpath(*parts).with_suffix(".py")) if file.is_file()]
    return files


@cache
def _imports(path: Path) -> list[str]:
    """Return the dotted names of what may be a module that a file imports when it runs, anywhere in it."""
    modules = []
    for node in _nodes_that_run(_tree(path)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return modules


def _nodes_that_run(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but for those of `if TYPE_CHECKING:`."""
    yield tree
    children: Iterable[ast.AST] = ast.iter_child_nodes(tree)
    if isinstance(tree, ast.If) and isinstance(tree.test, ast.Name) and tree.test.id == "TYPE_CHECKING":
        children = tree.orelse
    for child in children:
        yield from _nodes_that_run(child)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


@cache
def _pins(requirements: Path) -> dict[str, str]:
    """Return the pins by the modules that they are of."""
    lines = [line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines()]
    names = {line: line.partition("==")[0].lower() for line in lines if "==" in line}
    return {MODULES.get(name, name.replace("-", "_")): line for line, name in names.items()}


@cache
def _code(path: Path) -> str:
    """Return the code without comments, docstrings and layout."""
    tree = _tree(path)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
