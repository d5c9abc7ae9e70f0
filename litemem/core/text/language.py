"""Guess the language of a text, by its script or by the commonest short words of Latin script.

A small model has to be named the language to answer in; English, the language of the prompts, is
not named.
"""

import json
import re
import unicodedata
from functools import cache
from importlib import resources

from litemem.core.text.scripts import fold
from litemem.core.text.words import STOP_WORDS, words

MIN_COMMON = 2  # common words of a language, more than of any other, that decide for it
SHORT = 12  # words of a text that is judged by more signs
CLOSE = 4  # words by which English has to lead: other languages have many of its short words
MAX_SHORT = 300  # characters of it
MARK = 1.5  # words that letters of one language count for
ALIKE = frozenset(["Spanish", "Portuguese", "Italian"])  # one of them is better than none
_NORDIC = frozenset(["Danish", "Norwegian"])  # the same
MIN_TOLD = 0.4  # words that decide for a language
DEFAULT = 0.3  # words that stand for English in a text without any
NEAR = 0.1  # words by which another language may be the right one as well
VOCABULARY = resources.files("litemem.core.text") / "vocabulary.json"  # made by lexicon.py
_ACCENTED = ("Vietnamese",)  # languages in which a word with another accent is another word
_OF_ALL = frozenset(["user"])  # what facts call the speaker, in any language

_SCRIPTS = {
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CJK": "Chinese",
    "CYRILLIC": "Russian",
    "GREEK": "Greek",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "THAI": "Thai",
    "DEVANAGARI": "Hindi",
}
_COMMON = {
    "English": "the a is am are was my i and to of in for with have it that you we she he not me "
    "be as at by or if but which what how can will this from our they his her who",
    "German": "ich der die das ist bin und ein eine mein meine nicht mit in zu auf für wir sie er "
    "den im wohne habe heiße mich seit aus",
    "French": "je le la les est suis et un une mon ma mes pas dans de du des pour avec nous elle "
    "il en à j l d ai",
    "Spanish": "yo el la los las es soy y un una mi mis no en de del para con que me tengo vivo "
    "trabajo su",
    "Italian": "io il la lo gli le è sono e un una mio mia non in di del della per con che mi ho "
    "vivo lavoro",
    "Portuguese": "eu o a os as é sou e um uma meu minha não em de do da para com que me tenho "
    "moro",
    "Dutch": "ik de het een is ben en mijn niet met in op van voor wij zij hij heb woon te",
    "Swedish": "jag det den en ett är och min mitt inte med i på av för vi hon han har bor",
    "Polish": "ja jest jestem i w na nie z do się mój moja mam to że dla mieszkam",
    "Turkish": "ben bir ve bu için ile değil benim çok var da de oturuyorum",
}
# Words that hardly another of these languages has: first persons, pronouns, negations
_TELLTALE = {
    "English": "i i'm i've i'd i'll don't doesn't isn't can't my the this these what where "
    "how do does your our us me is are am as a an and to with of from work live can may under "
    "has have had who which when why if by at but should will would could been for he she "
    "they it his her their its than then that's it's he's she's 's not yes was were over "
    "after before teach chat maths van euro euros owe owes owed lend lent borrowed learned "
    "white error vegetarian vegan trains beat park warn",
    "German": "ich bin habe heiße wohne arbeite mag esse trinke nehme spiele bitte nicht "
    "kein keine keinen mein meine meinen meiner unser unsere wir wurde werde früher jetzt "
    "jeden ab um nein ja hallo guten morgen herr frau danke schön kostet uhr immer nie bei "
    "vom zum zur sind hat ist und auch gegen nur lieber gern mir tut weh wie als wegen",
    "French": "je j'ai suis mon ma mes notre nos pas ne n' c'est chez ans jamais toujours "
    "plus tutoie oui non bonjour monsieur madame parle coûte avons travaille habite prends "
    "mange bois joue préfère m'appelle est avec et dans du au aux une des qui que tous "
    "répondez réponds svp merci maintenant avant elle sont le les",
    "Spanish": "soy tengo vivo trabajo me mi mis no nunca siempre años tomo como bebo juego "
    "prefiero tenemos cuesta tiene hijos hija se llama el los las una un del al y es con muy "
    "pero ahora antes cada dos tres por favor gusta duele estudio fumo nado corro hablo "
    "duermo viajo conduzco cocino necesito quiero puedo voy estoy hago salgo veo odio mucho "
    "poco todos todas",
    "Italian": "sono ho non vivo lavoro prendo mangio bevo suono gioco preferisco mi mio "
    "mia miei nostro è il lo gli di della del alle al dei anni chiama niente mai sempre prima "
    "adesso due tre e per che ogni dopo dammi abbiamo costa ciao fa vado sto faccio abito "
    "fumo odio nuoto corro leggo parlo dormo viaggio guido cucino voglio posso esco vedo "
    "cerco molto poco tutti tutte anch'io secondo terzo braccio",
    "Portuguese": "obrigado obrigada bom boa sou tenho moro trabalho não meu minha meus "
    "minhas nosso eu tomo como bebo toco jogo prefiro gosto filhos filha chama o os um uma do "
    "da no na ao às anos nunca sempre antes agora e é em dói por favor todo toda depois das "
    "estudo fumo nado corro leio falo durmo viajo dirijo cozinho preciso quero posso vou "
    "estou faço saio vejo odeio muito pouco todos todas temos custa tem torci quebrei comigo "
    "responda use acordo moramos casou mudou solteiro braço",
    "Dutch": "ik ben heb woon werk niet geen mijn m'n onze ons drink eet neem speel liever "
    "nooit altijd jaar heet het een de van voor bij om uur naar nu vroeger graag alsjeblieft "
    "maar doet elke na en is zijn hou nee geef hangt achter deur sleutel wij hij zij ze kost "
    "kosten",
    "Swedish": "jag är har heter bor jobbar arbetar äter dricker tar spelar inte ingen min "
    "mitt mina vår vårt aldrig alltid år och på för med en ett kl till nu förut hellre gärna "
    "snälla ont efter varje vi i tack så mycket vad bra idé nej svara kort använd inga gillar "
    "mer",
    "Polish": "jestem mam nie mój moja moje mieszkam pracuję jem piję biorę gram wolę lubię "
    "nigdy kosztuje zł odpowiadaj tak nasz nasza mamy zawsze lat ma się na w z o do po co "
    "teraz kiedyś proszę boli mnie mi jest dla od i są nazywa",
    "Turkish": "ben bir ve var yok değil adım benim bana için ile her hiç sonra önce şimdi "
    "yaşında günde çok ama mı mi kadar lütfen evet hayır memurum sevmem içmem eşim kiram lira",
    "Romanian": "sunt nu eu mea meu mele locuiesc lucrez și pentru îmi place mănânc beau niciodată "
    "este ani soția soțul fiica fiul din mă nostru noastră port fumez joc vorbesc dorm conduc "
    "alerg înot citesc iubesc urăsc câine câini pisică pisici copii",
    "Czech": "jsem nejsem jsi jsou bydlím nebydlím pracuji nepracuji jmenuji nemám nejím nepiju "
    "piju hraju nehraju kouřím nekouřím můj moje mého manželka dcera vždy ještě protože také",
    "Finnish": "minä olen asun ei en syö juo juon työskentelen minun nimeni ja että mutta myös "
    "pidän vaimoni mieheni koira kissa vuotta nyt koskaan",
    "Vietnamese": "tôi là của và không với những được đang đã sống tên ở có bị tuổi rất",
    "Indonesian": "saya yang tidak dengan untuk dari adalah punya tinggal suka bukan kami "
    "kita istri suami anak umur tahun sudah belum bekerja nama lagi",
    "Danish": "jeg mig ikke hedder nej også af efter mine vores uge år arbejder spiser drikker "
    "kører kender børn hvad hvor meget tak nogle siden hver blev gør købt",
    "Norwegian": "jeg meg ikke nei også av etter mine våre uke jobber spiser drikker kjører "
    "barn hva hvor mye takk noen siden hver ble gjør kjøpt samboeren heter liker bor",
    "Hungarian": "vagyok nem egy és van hogy az én nekem lakom dolgozom szeretem eszem iszom "
    "a le meg ki azt ezt kell jó mit hol "
    "gyerekem lányom fiam férjem feleségem kutyám macskám éves már még csak nincs mindig soha "
    "vannak kérlek köszönöm",
}
TELLTALE = {language: frozenset(listed.split()) for language, listed in _TELLTALE.items()}
_LETTERS = {  # letters and endings that hardly another of these languages has
    "German": re.compile(r"[ßü]|\b\w{1,40}st du\b|[äö]\w{0,20}(?:en|er|te|e)\b", re.IGNORECASE),
    "French": re.compile(
        r"[œêîûëï]|\b[cdjlmnqst]['’](?=[aeiouyéêèàh])|\bà\b|ée?s?\b", re.IGNORECASE
    ),
    "Spanish": re.compile(
        r"[ñ¿¡]|ción\b|[áéíóú]n?\b|\b\w{1,40}(?:[eiu]dad|mente)\b", re.IGNORECASE
    ),
    "Italian": re.compile(
        r"[ìò]\b|ù\b|\b(?:all|dell|nell|un|l)['’]|\b\w{1,40}(?:zione|ggio|gli[oae])\b",
        re.IGNORECASE,
    ),
    "Portuguese": re.compile(r"[ãõ]|ç[ãõ]|ões\b|inh[oa]\b|\b\w{1,40}lh[oa]\b", re.IGNORECASE),
    "Dutch": re.compile(r"ij|\b\w{1,40}(?:tje|lijk|heid)\b", re.IGNORECASE),
    "Swedish": re.compile(r"å|\b\w{1,40}(?:arna|erna|orna)\b", re.IGNORECASE),
    "Polish": re.compile(
        r"[łąężźśćń]|\b\w{1,40}(?:uję|owie|ego|ych)\b|(?:cz|sz|rz)\w{0,20}[aeyi]\b", re.IGNORECASE
    ),
    "Romanian": re.compile(r"[ășț]", re.IGNORECASE),
    "Czech": re.compile(r"[ěřů]|\b(?:ne)?(?:js(?:em|me|ou|i)|pij[ui])\b", re.IGNORECASE),
    "Finnish": re.compile(r"ää|yö|(?:aa|ssä|llä|stä)\b", re.IGNORECASE),
    "Danish": re.compile(r"[æø]|aa(?=[rlbg])", re.IGNORECASE),
    "Norwegian": re.compile(r"[æø]", re.IGNORECASE),
    "Hungarian": re.compile(
        r"[őű]|\b\w{2,30}(?:nak|nek|unk|ünk|tól|ból|hoz|hez|ság|ség|ást|ést|tsd)\b", re.IGNORECASE
    ),
    "Vietnamese": re.compile(r"[ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE),
    "Turkish": re.compile(
        r"[ğıİş]|\b\w{1,40}(?:yorum|larım|lerim|ların|lerin|sınız|siniz)\b",
    ),
}
# Common words of languages that are like another one, with those that both have
_ALSO_COMMON = {
    "Danish": "jeg det den en et er og min mit mine ikke med i på af til for vi hun han har bor "
    "der som at de kan fra om var vores også når mig hvad",
    "Norwegian": "jeg det den en et er og min mitt mine ikke med i på av til for vi hun han har "
    "bor der som å de kan fra om var vår også når meg hva",
    "Hungarian": "a az és nem hogy egy van vagyok én is de már még csak mert meg volt nekem ez "
    "ha nincs akkor mi",
    "Czech": "a je v na se že s z do to jsem mám ale nebo o pro mě můj moje si jak když taky jsme "
    "po už by u máme",
    "Romanian": "și în de la cu un o pe nu este sunt am mea meu să că din pentru care mă îmi dar "
    "are mai când noi avem",
    "Finnish": "ja on ei olen minä se että en mutta kun myös hän minun meillä minulla sitten ole "
    "niin joka tai jos vain kanssa",
    "Vietnamese": "tôi là của và không với có ở cho được này mình em anh đã một nhà các những",
    "Indonesian": "saya aku yang di dan ke dari ini itu tidak untuk dengan ada kami sudah jadi "
    "nggak kalau pakai juga",
}
COMMON_WORDS = {language: frozenset(listed.split()) for language, listed in _COMMON.items()}
FUNCTION_WORDS = frozenset().union(*COMMON_WORDS.values())
_LETTER = re.compile(r"[^\W\d_]")
_UKRAINIAN = re.compile(  # letters and words of Ukrainian that Russian does not have
    r"[іїєґ]|\b(?:дякую|ласка|гарн\w+|що|ще|вже|але|також|зроби|дуже|треба|якщо)\b", re.IGNORECASE
)
_RUSSIAN = re.compile("[ыэёъЫЭЁЪ]")
_OF_CODE = re.compile(r"[<>{}=|\[\]\\]|\w\(\)|::|\w_\w|\w[/\\]\w|^\w+: \w+:", re.MULTILINE)
# words of English that no other language writes so
_ONLY_ENGLISH = frozenset(
    "the my and our your with this that these they from she his what where would could should "
    "been have because which into about their".split()
)
MAX_ENGLISH = 0.25  # of the words of a text that is not English
MIN_FOREIGN = 4  # words of a text without accents that may be in a language without a file

_PERSIAN = re.compile("[پچژگکی]")  # letters of Persian that Arabic does not have


def language(text: str) -> str | None:
    """Return the English name of a text's language, or None if it is English or uncertain."""
    script = _by_script(text)
    if script is not None:
        return script
    found = words(text)
    counts = {
        language: sum(word in common for word in found) for language, common in _counted().items()
    }
    best = max(counts, key=lambda language: counts[language])
    second = max(count for language, count in counts.items() if language != best)
    is_close = best == "English" and counts[best] - second < CLOSE  # "we", "in" and "was" are Dutch
    if len(found) <= SHORT or counts[best] < MIN_COMMON or is_close:
        return _of_short_text(text, found)
    is_clear = counts[best] >= MIN_COMMON and counts[best] > second
    return best if is_clear and best != "English" else None


def is_foreign(text: str) -> bool:
    """Return True if a text of some words has hardly one of English: it is in another language.

    A text in plain letters has to be longer, as it may be a list of names. Other languages have
    words that are written like English ones: "i" and "a" above all.
    """
    found = [word for word in words(text) if word.isalpha() or not word.isascii()]
    least = MIN_FOREIGN if text.isascii() else MIN_FOREIGN - 1
    if len(found) < least and not _is_of_other_script(text):
        return False
    if not _ONLY_ENGLISH.isdisjoint(found) or _OF_CODE.search(text[:MAX_SHORT]):
        return False
    english = COMMON_WORDS["English"] | TELLTALE["English"] | STOP_WORDS
    known = _languages_by_word()
    count = sum(word in english or "English" in known.get(word, ()) for word in found)
    return bool(found) and count < MAX_ENGLISH * len(found)


def _is_of_other_script(text: str) -> bool:
    """Return True if most letters of a text are not Latin ones."""
    letters = _LETTER.findall(text[:MAX_SHORT])
    others = sum("LATIN" not in unicodedata.name(letter, "LATIN") for letter in letters)
    return others > len(letters) / 2


@cache
def _counted() -> dict[str, frozenset[str]]:
    """Return the words by which the language of a longer text is known."""
    also = {language: frozenset(listed.split()) for language, listed in _ALSO_COMMON.items()}
    return {**COMMON_WORDS, **also}


def _of_short_text(text: str, found: list[str]) -> str | None:
    """Return the language of a few words, by words and letters that hardly another one has.

    A word of several languages counts for each by its share. "Tomo té" is Spanish or Portuguese.
    """
    scores = dict.fromkeys(TELLTALE, 0.0) | {"English": DEFAULT}
    known = _languages_by_word()
    for word in found:
        names = known.get(fold(word), frozenset()) | known.get(word, frozenset())
        for name in names:
            scores[name] += 1 / len(names)
    plain = text[:MAX_SHORT]
    for name, letters in _LETTERS.items():
        scores[name] += MARK * (letters.search(plain) is not None)
    best = max(scores, key=lambda name: scores[name])
    tied = {name for name, score in scores.items() if score >= scores[best] - NEAR}
    if (
        "English" in tied
        or scores[best] < MIN_TOLD
        or (len(tied) > 1 and not tied <= ALIKE and not tied <= _NORDIC)
    ):
        return None
    return best


def languages_of(word: str) -> frozenset[str]:
    """Return the languages that have a word in lower case, of those with plain words to tell."""
    known = _languages_by_word()
    return known.get(word, frozenset()) | known.get(fold(word), frozenset())


@cache
def _languages_by_word() -> dict[str, frozenset[str]]:
    """Return the languages of each word, folded but for accents that make another; 10 ms."""
    listed = json.loads(VOCABULARY.read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for name in TELLTALE:
        others = listed.get(name, "").split()
        for word in {*TELLTALE[name], *COMMON_WORDS.get(name, ()), *others} - _OF_ALL:
            found.setdefault(word if name in _ACCENTED else fold(word), set()).add(name)
    return {word: frozenset(names) for word, names in found.items()}


def _by_script(text: str) -> str | None:
    """Return the language of the script that most letters have, even if mixed with Latin ones."""
    counts: dict[str, int] = {}
    letters = _LETTER.findall(text)
    for letter in letters:
        script = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
        found = _SCRIPTS.get(script)
        if found:
            counts[found] = counts.get(found, 0) + 1
    if not counts or sum(counts.values()) < len(letters) / 2:
        return None
    if "Arabic" in counts and _PERSIAN.search(text):
        return "Persian"
    if "Japanese" in counts:  # Japanese mixes Chinese characters with kana
        return "Japanese"
    if "Russian" in counts and _UKRAINIAN.search(text) and not _RUSSIAN.search(text):
        return "Ukrainian"
    return max(counts, key=lambda language: counts[language])
