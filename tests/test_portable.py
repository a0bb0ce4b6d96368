"""What only some systems have is optional: modules of Unix, and a C++ compiler."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from scipy import sparse

from culture_core import native
from culture_core.native import load_kernels
from culture_core.universality.matching import products

UNIX_ONLY = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline")

# other packages may use such modules where there are some: only ours must do without
CODE = f"""
import builtins, importlib, pkgutil
real = builtins.__import__

def only_portable(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {{}}).get("__name__", "")
    if importer.startswith("culture_core") and name in {UNIX_ONLY}:
        raise ModuleNotFoundError(f"{{importer}} needs {{name}}")
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = only_portable
import culture_core
for module in pkgutil.walk_packages(culture_core.__path__, "culture_core."):
    if module.name != "culture_core.__main__":
        importlib.import_module(module.name)
print("imported")
"""


def test_all_of_culture_core_imports_without_modules_of_unix():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert run.stdout == "imported\n", run.stderr


def test_filelock_and_native_import_without_fcntl():
    code = (
        "import sys\n"
        f"for name in {UNIX_ONLY}: sys.modules[name] = None\n"
        "import culture_core.artifacts, culture_core.native, culture_core.processes, culture_core.cli.main\n"
        "print('imported')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "imported\n", run.stderr


def test_without_a_compiler_products_are_made_the_slow_way(monkeypatch):
    monkeypatch.setattr(native, "find_compiler", lambda: None)
    products.cofiring_library.cache_clear()
    generator = np.random.default_rng(0)
    x, y = (sparse.random_array((40, n), density=0.2, rng=generator) for n in (7, 5))
    total = np.zeros((7, 5))
    products.add_products(total, sparse.csc_array(x), sparse.csr_array(y))
    products.cofiring_library.cache_clear()
    assert np.allclose(total, x.toarray().T @ y.toarray())


def test_a_compiler_that_is_not_there_is_a_warning(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.warns(UserWarning, match="so scipy multiplies, which is slower"):
        assert load_kernels(products.SOURCE, "scipy multiplies") is None


def test_a_user_without_a_home_goes_without_kernels(monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/culture"))
    with pytest.warns(UserWarning, match="no home folder"):
        assert load_kernels(products.SOURCE, "scipy multiplies") is None


NOBODY = f"""
import warnings
from culture_core.cli.main import main
from culture_core.native import load_kernels
from pathlib import Path
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    assert load_kernels(Path({str(products.SOURCE)!r}), "scipy multiplies") is None
assert "no home folder" in str(told[-1].message)
print(main(["quizzes", "--tasks", "frame", "--n", "2", "--show"]))
"""


def test_a_user_without_home_and_passwd_entry_can_work():
    nobody = ["unshare", "--user", "--map-user=12345", "env", "-u", "HOME", "-u", "XDG_CACHE_HOME"]
    if subprocess.run([*nobody, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine has no user namespaces")
    run = subprocess.run([*nobody, sys.executable, "-c", NOBODY], capture_output=True, text=True)
    assert run.stdout.endswith("0\n"), run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place on Linux")
def test_kernels_are_kept_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert native._folder() == tmp_path / "culture"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert native._folder() == tmp_path / ".cache" / "culture"
