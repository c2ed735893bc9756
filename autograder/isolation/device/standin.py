"""The stand-in device: built once for a version of torch, loaded by the workers that compute on it.

`standin.cpp` says what it is. Building takes a C++ compiler and about a minute; a machine without one has no stand-in.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import types
from collections.abc import Callable
from pathlib import Path

NAME = "standin"
_SOURCE = Path(__file__).with_name("standin.cpp")
_MODULE = "autograder_standin"
_COMPILERS = ("c++", "g++", "clang++")


def library(torch_version: str, say: Callable[[str], None]) -> Path | None:
    """The file of the stand-in for a version of torch, built if need be.

    Args:
        say: told that building takes a while, or why there is no stand-in.

    Returns:
        None where it cannot be built, which is no reason to stop.
    """
    path = _cached(torch_version)
    if path.is_file():
        return path
    lacking = [name for name, there in _tools().items() if not there]
    if lacking:
        say(f"no stand-in device: it needs {' and '.join(lacking)} once, to be built")
        return None
    try:
        with _alone(path):
            if not path.is_file():
                say("building the stand-in device, once for this version of torch (about a minute)")
                _build(path)
    except (OSError, subprocess.SubprocessError) as error:
        words = getattr(error, "stderr", "") or str(error)
        say(f"no stand-in device: {words.strip().splitlines()[-1][:200]}")
        return None
    return path


def load(path: Path) -> str:
    """Make the device known to torch in this process, once; returns its name."""
    import torch  # not above: whoever asks for the library need not have it

    if hasattr(torch, NAME):
        return NAME
    spec = importlib.util.spec_from_file_location(_MODULE, path)
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)
    extension.register_hooks()
    torch.utils.rename_privateuse1_backend(NAME)
    torch._register_device_module(NAME, _device_module(extension))
    torch.utils.generate_methods_for_privateuse1_backend()
    return NAME


def _cached(torch_version: str) -> Path:
    """Where the library for this source, version of torch, Python and machine is kept."""
    facts = (
        _SOURCE.read_bytes()
        + repr((torch_version, sys.implementation.cache_tag, sysconfig.get_platform())).encode()
    )
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    return base / "autograder" / f"{NAME}-{hashlib.sha256(facts).hexdigest()[:16]}.so"


def _tools() -> dict[str, bool]:
    compiler = os.environ.get("CXX")
    return {
        "a C++ compiler": any(map(shutil.which, [compiler] if compiler else _COMPILERS)),
        "Python's headers": Path(sysconfig.get_path("include"), "Python.h").is_file(),
    }


@contextlib.contextmanager
def _alone(path: Path):
    """Let one process at a time build."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(path: Path) -> None:
    """Compile into a temporary folder; the library is there as a whole or not at all."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        built = Path(folder, path.name)
        subprocess.run(_command(built), check=True, capture_output=True, text=True)
        os.replace(built, path)


def _command(target: Path) -> list[str]:
    from torch.utils import cpp_extension  # slow to import, and needed here only

    compiler = os.environ.get("CXX") or next(filter(shutil.which, _COMPILERS))
    folders = [*cpp_extension.include_paths(), sysconfig.get_path("include")]
    libraries = cpp_extension.library_paths()
    return [
        compiler, "-shared", "-fPIC", "-std=c++20", "-O1", f"-DTORCH_EXTENSION_NAME={_MODULE}",
        *(f"-isystem{folder}" for folder in folders), str(_SOURCE), "-o", str(target),
        *(f"-L{folder}" for folder in libraries), "-lc10", "-ltorch_cpu", "-ltorch", "-ltorch_python",
    ]  # fmt: skip


class _Current:
    """`with torch.standin.device(0)`: there is only one."""

    def __init__(self, _device):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def _device_module(extension) -> types.ModuleType:
    """`torch.standin`, with what torch and people look for in such a module."""
    module = types.ModuleType(f"torch.{NAME}")
    module.is_available = module.is_initialized = lambda: True
    module.device_count = lambda: 1
    module.current_device = lambda: 0
    module.set_device = module.synchronize = lambda _device=None: None
    module._is_in_bad_fork = lambda: False
    module._lazy_init = module.empty_cache = lambda: None
    module.manual_seed = module.manual_seed_all = lambda seed: (
        None
    )  # the CPU's generator is its own
    module.get_rng_state = lambda _device=None: extension.default_generator().get_state()
    module.set_rng_state = lambda state, _device=None: extension.default_generator().set_state(
        state
    )
    module.get_amp_supported_dtype = lambda: []
    module.device = _Current
    return module
