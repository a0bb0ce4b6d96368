"""Download of published models, culture quizzes and SAEs from the Hugging Face Hub.

A repository is listed once, at one commit, and every file is fetched at that commit; files already fetched
are not fetched again, a dropped connection is resumed, and every file's size is compared with the Hub's own
listing. The Hub is https://huggingface.co, or what the environment variable HF_ENDPOINT names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from culture_core.errors import CultureError
from culture_core.models.checkpoints import CHECKPOINT_PATTERN, CULTURE_QUIZZES_FILE

PUBLISHED_REPO = "tommyp111/culture-gpt"
DEFAULT_REVISION = "main"


@dataclass(frozen=True)
class Download:
    """Files of one repository at one commit.

    repo: owner/name; commit: the full sha; files: local path by the file's own name (gpt_000.pth, ...,
    c_quizzes.pth).
    """

    repo: str
    commit: str
    files: Mapping[str, Path]

    def facts(self) -> dict[str, str]:
        """What identifies the files, for manifests."""
        return {"hub_repo": self.repo, "hub_commit": self.commit}


def download_published(
    repo: str | None = None, *, endpoint: str | None = None, cache_dir: Path | str | None = None
) -> Download:
    """Fetch every gpt_NNN.pth, and c_quizzes.pth where there is one, of a model repository.

    repo: owner/name, or owner/name@revision (a branch, tag or commit); the study's models when None.
    endpoint, cache_dir: of huggingface_hub when None.
    Errors: CultureError when the Hub cannot be reached, there is no such repository, it holds no models, or a
    file arrives damaged.
    """
    name, _, revision = (repo or PUBLISHED_REPO).partition("@")
    with _one_line_errors(name):
        from huggingface_hub import HfApi

        api = HfApi(endpoint=endpoint)
        info = api.model_info(name, revision=revision or DEFAULT_REVISION, files_metadata=True)
    wanted = _wanted_files(info.siblings or [])
    if not any(CHECKPOINT_PATTERN.fullmatch(file) for file in wanted):
        raise CultureError(
            f"the repository {name} on the Hub holds no gpt_NNN.pth files: name another with --hub-repo"
        )
    return _fetch_all(api, name, info, wanted, cache_dir)


def download_folder(
    repo: str,
    folder: str,
    files: Sequence[str],
    *,
    endpoint: str | None = None,
    cache_dir: Path | str | None = None,
) -> Download:
    """Fetch files of one folder of a model repository; by their own names.

    repo, endpoint, cache_dir: as in download_published.
    Errors: CultureError when the Hub cannot be reached, a file is not there, or arrives damaged.
    """
    name, _, revision = repo.partition("@")
    with _one_line_errors(name):
        from huggingface_hub import HfApi

        api = HfApi(endpoint=endpoint)
        info = api.model_info(name, revision=revision or DEFAULT_REVISION, files_metadata=True)
    listed = {sibling.rfilename: sibling for sibling in info.siblings or []}
    paths = {file: str(PurePosixPath(folder) / file) for file in files}
    for path in paths.values():
        if path not in listed:
            raise CultureError(f"the repository {name} on the Hub holds no {path}")
    return _fetch_all(api, name, info, {file: listed[path] for file, path in paths.items()}, cache_dir)


def _fetch_all(
    api: Any, repo: str, info: Any, wanted: Mapping[str, Any], cache_dir: Path | str | None
) -> Download:
    """Fetch files of the listing, by the names they shall have."""
    with _one_line_errors(repo):
        commit = str(info.sha)
        files = {file: _fetch(api, repo, commit, sibling, cache_dir) for file, sibling in wanted.items()}
    return Download(repo, commit, files)


def _wanted_files(siblings: list[Any]) -> dict[str, Any]:
    """The listing's entries for models and quizzes, by file name: the models of one folder, the least deep,
    and of that folder or else the least deep the quizzes."""
    by_depth = sorted(siblings, key=lambda sibling: (sibling.rfilename.count("/"), sibling.rfilename))
    paths = [PurePosixPath(sibling.rfilename) for sibling in by_depth]
    home = next((path.parent for path in paths if CHECKPOINT_PATTERN.fullmatch(path.name)), None)
    wanted: dict[str, Any] = {}
    for path, sibling in zip(paths, by_depth, strict=True):
        if CHECKPOINT_PATTERN.fullmatch(path.name) and path.parent == home:
            wanted[path.name] = sibling
        if path.name == CULTURE_QUIZZES_FILE and (path.name not in wanted or path.parent == home):
            wanted[path.name] = sibling
    return wanted


def _fetch(api: Any, repo: str, commit: str, sibling: Any, cache_dir: Path | str | None) -> Path:
    """The local path of one file, fetched again when the cached one is not of the listed size."""
    for force in (False, True):
        local = api.hf_hub_download(
            repo, sibling.rfilename, revision=commit, cache_dir=cache_dir, force_download=force
        )
        size = Path(local).stat().st_size
        if sibling.size is None or size == sibling.size:
            return Path(local)
    raise CultureError(
        f"{sibling.rfilename} of {repo} has {size} bytes here but {sibling.size} on the Hub: try again later"
    )


@contextmanager
def _one_line_errors(repo: str) -> Iterator[None]:
    """Say in one line what huggingface_hub's errors mean for the user."""
    try:
        yield
    except CultureError:
        raise
    except ImportError:
        raise CultureError("the Hub needs huggingface_hub: pip install 'huggingface_hub>=1'") from None
    except Exception as error:
        raise CultureError(f"cannot get {repo} from the Hub: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    from huggingface_hub import errors

    if isinstance(error, errors.RepositoryNotFoundError | errors.HFValidationError):
        return "there is no such public repository; name another with --hub-repo"
    if isinstance(error, errors.RevisionNotFoundError):
        return "it has no such revision"
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return "a file that it lists is missing; try again later, or name another with --hub-repo"
    first_line = re.sub(r"\s+", " ", str(error)).strip()[:200] or type(error).__name__
    return f"{first_line}; check the connection, or give a folder of these files as the source"
