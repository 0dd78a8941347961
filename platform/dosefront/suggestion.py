"""What the user may have meant."""

import difflib
from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str]) -> str:
    """A question that names the nearest known word, or else the known words.

    >>> suggestion("stepz", ["seeds", "steps"])
    'Did you mean "steps"?'
    >>> suggestion("colour", ["seeds", "steps"])
    'Choose one of seeds, steps.'
    """
    spelled = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(word.casefold(), spelled, n=1)
    if close:
        return f'Did you mean "{spelled[close[0]]}"?'
    listed = difflib.get_close_matches(word.casefold(), spelled, n=16, cutoff=0.0)
    return f"Choose one of {', '.join(sorted(spelled[each] for each in listed))}."
