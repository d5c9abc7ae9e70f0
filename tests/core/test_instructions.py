"""Lasting instructions for an assistant are kept as facts; what is wanted once is not."""

import pytest

from litemem.core.text.english import wish

LASTING = """
Not a big fan of long answers btw, just give me the gist
just give me the gist from now on
Skip the preamble please
No emojis in your replies please
don't sugarcoat things for me
explain things to me like I'm five
Always use bullet points
Use metric units, I don't get Fahrenheit
call me Lizzie, nobody calls me Elizabeth
please answer in German unless I write in English
I'd like you to be blunt with me
stop apologising all the time
never use the word 'delve'
Prices in euros please, always
Keep it short, I'm usually on my phone
You can be informal with me, I prefer first names
remember to always check the weather for Bergen, not Oslo
Don't ever recommend seafood places
less waffle next time
Cite your sources when you tell me facts
Going forward, dates as day/month please
24h clock please, am/pm confuses me
assume I know Python
you don't need to explain basics to me, I'm a senior dev
No disclaimers, no fluff
be concise please
Write in British English, never American
Use kilometres, not miles
ask me before you send anything, always
never book anything without asking me
speak to me like a friend
fewer emojis please
You don't have to be so polite with me
treat me like an expert
Temperatures in Celsius please
no calls before 10am please
Don't remind me about my weight
"""
ONCE = """
Give me a summary of quantum physics
Write code for a binary search
Write an email to my boss
Use code from the repo
Send the message to Ana
Explain the answer in simple words
Explain the difference between English and German grammar
Give me a list of sources on the French Revolution
Format the table as markdown
Don't know the language
No meetings today
No details yet
never been to Spain
Never learned German
always spoke French at home
Stop the meeting
Be home at six, text me
talk in German class went badly
no code in the fridge
Keep the links in the footer
Show the dates in a table
Translate the sentences to Spanish
Ask me three questions about French history
List five words for happy
Use the code 4711 at the door
Check the prices of flights to Rome
Always late for meetings
Stop words are removed in step two
Include the sources in the bibliography of my thesis
Answer the phone for me
Call me back later
Write it in French
Make it shorter
no emojis in this post
"""


@pytest.mark.parametrize("said", LASTING.strip().split("\n"))
def test_a_lasting_instruction_is_a_fact(said: str) -> None:
    assert (wish(said) or "").startswith("User asks: ")


@pytest.mark.parametrize("said", ONCE.strip().split("\n"))
def test_what_is_wanted_once_is_no_instruction(said: str) -> None:
    assert wish(said) is None
