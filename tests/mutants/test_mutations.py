"""The list of mutations keeps up with the contract, the sources and the tests."""

from __future__ import annotations

import ast

import pytest
from mutation import ROOT, ROWS, Mutation, files_naming
from mutations import MUTATIONS


def test_every_row_has_a_mutation() -> None:
    assert [row for row in ROWS if all(mutation.row != row for mutation in MUTATIONS)] == []
    assert {mutation.row for mutation in MUTATIONS} <= set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_test_that_names_it(row: str) -> None:
    names = {
        node.name
        for file in files_naming(row)
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }

    assert any(name.startswith(f"test_{row}_") for name in names)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.row)
def test_mutation_changes_one_line_that_stands_in_its_file_once(mutation: Mutation) -> None:
    assert (ROOT / mutation.path).read_text().count(mutation.original) == 1
    before, after = mutation.changed_line()
    assert before.strip() != after.strip()
