"""The list of mutations keeps up with the contract, the sources and the tests."""

from __future__ import annotations

import ast

import pytest
from definitions import ROOT, definitions_of
from mutation import PARTS, ROWS, Mutation, cases_matching, files_naming
from mutations import MUTATIONS
from switched import number_of


def test_every_row_has_a_mutation() -> None:
    assert {mutation.row for mutation in MUTATIONS} == {*ROWS, *PARTS}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_test_that_names_it(row: str) -> None:
    names = {
        node.name
        for file in files_naming(row)
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }

    assert any(name.startswith(f"test_{row}_") for name in names)


def test_every_pattern_of_native_cases_picks_some() -> None:
    patterns = {part for mutation in MUTATIONS if mutation.cases for part in mutation.cases.split(",")}

    assert patterns
    files = list((ROOT / "tests/cpp").rglob("*_test.cpp"))
    assert [pattern for pattern in patterns if not cases_matching(pattern, files)] == []


def test_every_mutation_of_a_part_says_which_tests_must_notice_it() -> None:
    said = [mutation for mutation in MUTATIONS if mutation.row in PARTS]

    assert [mutation for mutation in said if bool(mutation.cases) == bool(mutation.files)] == []
    named = {file for mutation in said for file in mutation.files}
    assert [file for file in named if not (ROOT / "tests/python" / file).exists()] == []


def test_no_mutation_is_listed_twice() -> None:
    assert len(set(MUTATIONS)) == len(MUTATIONS)
    assert len({number_of(mutation) for mutation in MUTATIONS}) == len(MUTATIONS)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.row)
def test_mutation_changes_one_line_that_stands_in_its_function_once(mutation: Mutation) -> None:
    assert mutation.original in mutation.place().text
    before, after = mutation.changed_line()
    assert before.strip() != after.strip()


@pytest.mark.parametrize(
    ("name", "begins", "ends", "count"),
    [
        ("Player::pause", "void Player::pause(", "}\n", 1),
        ("Renderer::Renderer", "Renderer::Renderer(", "}\n", 1),
        ("EarlyMotion::expire", "  std::size_t expire(", "  }\n", 1),
        ("Segment::media_advances", "  [[nodiscard]] bool media_advances(", "  }\n", 1),
        ("Renderer::render", "void Renderer::render(", "}\n", 2),
        ("Conversations::find", "ConversationPtr Conversations::find(", "}\n", 2),
        ("Tombstones::kMost", "  static constexpr", ";", 1),
        ("FaceDelay::kMost_s", "  static constexpr", ";", 1),
        ("is_player_rate", "bool is_player_rate(", "}\n", 1),
        ("hostmode.intake.Intake.interrupt", "    def interrupt(", "\n", 1),
        ("hostmode.audio.make_output", "def make_output(", "\n", 1),
        ("Player::no_such_function", "", "", 0),
    ],
)
def test_definitions_are_found_by_name(name: str, begins: str, ends: str, count: int) -> None:
    found = definitions_of(name)

    assert len(found) == count
    for definition in found:
        assert definition.text.startswith(begins)
        assert definition.text.endswith(ends)
        at = definition.path.read_text()[definition.start :]
        assert at.startswith(definition.text)
