"""Every package's face promises in `__all__` exactly the public names that it holds."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FACES = sorted(
    path.relative_to(ROOT).as_posix()
    for source_root in ("platform", "envs")
    for path in (ROOT / source_root).rglob("__init__.py")
)


def held_names(face: ast.Module) -> list[str]:
    names: list[str] = []
    for node in face.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def promised_names(face: ast.Module) -> list[str]:
    promises = [
        node.value
        for node in face.body
        if isinstance(node, ast.Assign)
        and any(isinstance(name, ast.Name) and name.id == "__all__" for name in node.targets)
    ]
    assert len(promises) == 1, "a face has one __all__"
    names = ast.literal_eval(promises[0])
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize("path", FACES)
def test_a_face_promises_what_it_holds(path: str) -> None:
    face = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert ast.get_docstring(face), "a face opens with what its room holds"
    assert sorted(promised_names(face)) == sorted(held_names(face))
