"""Every block of code in the documentation runs, and what it links to exists."""

from __future__ import annotations

import doctest
import re
import sys
import wave
from pathlib import Path

import pytest
from code_blocks import LANGUAGES, PROSE, blocks_of, run_page

import hostmode
from hostmode import Recording
from hostmode.audio import WavOutput

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(page for page in ROOT.glob("docs/**/*.md") if "_generated" not in page.parts)])

pytestmark = [
    pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the documentation is not part of this installation"),
    pytest.mark.outer,
]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a directory with a recording of 2.4 s, which is what is embedded too: pages play in real time."""
    whole = Recording.embedded()
    short = Recording.from_keyframes(
        whole.audio[: 60 * 640], whole.sample_rate, whole.keyframes[:60], req_id=whole.req_id
    )
    short.save(tmp_path / "speech.json")
    monkeypatch.setattr(Recording, "embedded", classmethod(lambda cls: short))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# A page that plays says on a machine without a sound card that it does so unheard.
@pytest.mark.filterwarnings("ignore::hostmode.audio.AudioOutputWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="the shell blocks are for a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_of_a_page_runs(page: Path, workplace: Path) -> None:
    run_page(blocks_of(page), workplace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_of_a_page_is_in_a_language_that_can_run(page: Path) -> None:
    assert {block.language for block in blocks_of(page)} <= {*LANGUAGES, *PROSE}


def test_pages_hold_code_that_runs() -> None:
    running = [block for page in PAGES for block in blocks_of(page) if block.not_run is None]

    assert len([block for block in running if block.language == "python"]) > 15
    assert len([block for block in running if block.language == "sh"]) > 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_to_files_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_api_pages_list_every_property_of_the_values_that_they_list_any_of() -> None:
    listed: dict[str, list[str]] = {}
    for page in (ROOT / "docs/api").glob("*.md"):
        name = ""
        for kind, of in re.findall(r"^ *\.\. (autoclass|autoproperty|\w+):: (\w+)$", page.read_text(), re.MULTILINE):
            name = of if kind == "autoclass" else name
            if kind == "autoproperty":
                listed.setdefault(name, []).append(of)

    assert "Stats" in listed
    for name, properties in listed.items():
        value = getattr(hostmode, name, None)
        if value is None:
            continue
        there = [of for of, member in vars(value).items() if isinstance(member, property) and not of.startswith("_")]
        assert sorted(properties) == sorted(there), name


def test_api_page_of_the_player_lists_every_method() -> None:
    listed = re.findall(r"automethod:: (\w+)", (ROOT / "docs/api/player.md").read_text(encoding="utf-8"))
    there = [name for name, member in vars(hostmode.Player).items() if callable(member) and not name.startswith("_")]

    assert set(there) <= set(listed)
    assert "listen" in there


def test_readme_links_to_the_repository_and_each_link_leads_to_a_file_of_it() -> None:
    # On PyPI there is no file beside it.
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    repository = re.search(r'^Repository = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)[1]
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    own = [target.removeprefix(repository).split("/", 3)[3] for target in targets if target.startswith(repository)]

    assert [target for target in targets if not target.startswith("https://")] == []
    assert len(own) > 10
    assert [target for target in own if not (ROOT / target).exists()] == []


def test_readme_names_every_page_of_the_guide_and_every_extra() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    extras = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.optional-dependencies]")[1]
    pages = re.findall(r"^\| .* \[\]\(([\w-]+\.md)\)", index, re.M)
    names = re.findall(r"^([\w]+) = \[", extras.split("\n[")[0], re.M)

    assert {"rtc.md", "contract.md"} <= set(pages)
    assert [page for page in pages if f"/docs/{page})" not in text] == []
    assert {"audio", "agents"} <= set(names)
    assert [name for name in names if f"`{name}`" not in text] == []


def test_example_of_wav_output_runs_and_writes_what_was_played(workplace: Path) -> None:
    recording = Recording.embedded()
    names = {"Controller": hostmode.Controller, "WavOutput": WavOutput, "pcm": recording.audio}

    # The rate of the example is the default one, which is the recording's.
    (example,) = doctest.DocTestFinder(recurse=False).find(WavOutput, "WavOutput", globs=names)
    assert doctest.DocTestRunner().run(example).failed == 0

    with wave.open(str(workplace / "speech.wav")) as sound:
        played = sound.getnframes() / sound.getframerate()
    # Without motion sound waits a little before it starts.
    assert recording.audio_duration < played < recording.audio_duration + 0.5


def page_of(text: str) -> list:
    return blocks_of(Path("page.md"), text)


def test_python_block_that_raises_fails_the_page_and_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run_page(page_of("text\n\n```python\na = 0\n```\n\n```python\nb = 1\n1 / a\n```\n"), tmp_path)

    last = caught.traceback[-1]
    assert (Path(str(last.path)).name, last.lineno + 1) == ("page.md", 9)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_shell_block_that_fails_fails_the_page_and_shows_its_output(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"page.md:2 ended with 3:\nsomething"):
        run_page(page_of("```sh\necho something; (exit 3)\ntrue\n```\n"), tmp_path)


def test_block_that_says_why_it_does_not_run_is_left_out(tmp_path: Path) -> None:
    run_page(page_of("```python not-run: for the sake of the example\n1 / 0\n```\n"), tmp_path)


@pytest.mark.parametrize("note", ["not-run", "not-run:", "skip", "not-run:  "])
def test_fence_without_a_reason_is_refused(note: str) -> None:
    with pytest.raises(ValueError, match="not-run: REASON"):
        page_of(f"```python {note}\n1 / 0\n```\n")


def test_directives_of_the_site_are_no_code() -> None:
    assert page_of("```{include} x.md\n```\n\n```text\nno code\n```\n")[0].language == "text"
