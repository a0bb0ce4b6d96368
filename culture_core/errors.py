"""The one error a user is meant to read."""


class CultureError(Exception):
    """Bad input or a missing artifact: one line that says what is wrong and what to do.

    The CLI prints it without a traceback and exits with 2; the dashboard shows it as a page.
    """
