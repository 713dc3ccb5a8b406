"""The error of wrong settings."""

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

EXIT_MISCONFIGURED: Final = 78  # EX_CONFIG of sysexits.h: a restart does not help


class WrongSettingsError(Exception):
    """Settings are missing or wrong; `sentences` say which, without their values."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def sentences_of(error: ValidationError, prefix: str = "WAYBILL") -> Iterator[str]:
    """Say what pydantic found, by the names of the environment variables."""
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = "_".join((prefix, *map(str, each["loc"][:1]))).upper()
        if not each["loc"]:
            yield f"{each['msg'].removeprefix('Value error, ')}."
        elif each["type"] == "missing":
            yield f"{name} is not set; set this environment variable."
        else:
            yield f"{name} is wrong: {each['msg']}."
