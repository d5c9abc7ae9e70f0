"""Rules for English beyond the words of `languages/en.toml`.

`facts` judges the wording of a fact, `statements` writes a clause as a fact about the user, `runs`
reads the output of an agent's tools, `day_names` says which words for days are names, and `tense`
when what a sentence speaks of happens.
"""

from litemem.core.text.english.facts import (
    GENDERED,
    NAMES_USER,
    Heard,
    contractions,
    fact_words,
    flaw,
    guesses_age,
    guesses_place,
    implied_by,
    is_impersonal,
    is_own_name,
    is_written_in,
    misnames_user,
    users,
    with_plain_name,
    without_guessed_relatives,
)
from litemem.core.text.english.runs import decides, leaves_open, reports_failure, reports_success
from litemem.core.text.english.statements import (
    answered,
    is_nameless,
    is_note,
    is_praise,
    is_reaction,
    is_shared,
    is_turned,
    is_vague,
    quoted_answer,
    speaks_of_self,
    third_person,
    wish,
    with_user,
)

__all__ = [
    "GENDERED",
    "NAMES_USER",
    "Heard",
    "answered",
    "contractions",
    "decides",
    "fact_words",
    "flaw",
    "guesses_age",
    "guesses_place",
    "implied_by",
    "is_impersonal",
    "is_nameless",
    "is_note",
    "is_own_name",
    "is_praise",
    "is_reaction",
    "is_shared",
    "is_turned",
    "is_vague",
    "is_written_in",
    "leaves_open",
    "misnames_user",
    "quoted_answer",
    "reports_failure",
    "reports_success",
    "speaks_of_self",
    "third_person",
    "users",
    "wish",
    "with_plain_name",
    "with_user",
    "without_guessed_relatives",
]
