"""The words of a query that count: those that are not stop words of its own language.

The language is the one with most stop words in the query. A stop word of another language counts,
and so does one that is written as a name: "my job in IT", "what Will said". In scripts without
spaces, a run is cut at particles and question words; if that cuts a word in two, its parts are
looked for.
"""

import re
from collections.abc import Iterator
from functools import cache

from litemem.core.text import scripts
from litemem.core.text.split_verbs import whole_verb
from litemem.core.text.words import MAX_WORDS, STOP_WORDS, words

_WORD = re.compile(rf"[\w{scripts.MARKED}]+")
_LATIN = {
    "de": """ich du er sie es wir ihr mich mir dich dir ihm ihn uns euch der die das den dem des
    ein eine einen einem einer eines mein meine meinen meinem meiner dein deine sein seine unser
    und oder aber nicht kein keine ist bin bist sind seid war waren habe hast hat haben hatte wird
    werden in im an am auf zu zum zur von vom mit bei fur aus nach uber unter um als wie was wer
    wen wem wo wohin woher wann warum welche welcher welches welchen dass ob auch noch schon man
    sich so denn da""",
    "fr": """je tu il elle on nous vous ils elles me m te t se s le la les l un une des du de d au
    aux mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces et ou
    mais ne n pas est es suis sont etait ai as a ont avons avez que qu qui quoi quel quelle quels
    quelles quand comment pourquoi combien dans en pour par sur avec sans chez y j c si""",
    "es": """yo tu el ella nosotros ellos ellas me te se nos le les lo la los las un una unos unas
    mi mis su sus y o pero no es soy eres son era he has ha han hay esta estan estoy que quien
    quienes cual cuales donde adonde cuando como cuanto cuantos cuantas por para con sin de del al
    a en sobre si ya muy""",
    "it": """io tu lui lei noi voi loro mi ti si ci vi lo la li le gli il i l un uno una mio mia
    miei mie tuo tua suo sua suoi sue nostro e ed o ma non sono sei siamo era ho hai ha hanno che
    chi qual cosa cos quale quali dove dov quando come com perche quanto quanti di d del della dello
    dei delle dell a al alla allo ai alle all da dal dalla in nel nella nell con su sul sulla per
    tra""",
    "pt": """eu tu ele ela nos eles elas voce me te se lhe o a os as um uma uns umas meu minha
    meus minhas seu sua seus suas e ou mas nao sou es sao era tenho tem que quem qual quais onde
    aonde quando como quanto quantos por porque para pra com sem de do da dos das em no na nas ao
    aos pelo pela esta estou""",
    "nl": """ik jij je hij zij ze wij we jullie u mij me hem haar ons hen hun de het een mijn jouw
    zijn uw onze en of maar niet geen is ben bent was waren heb hebt heeft hebben had wordt word
    in op aan te van voor met bij uit naar over om als wat wie waar wanneer waarom hoe welke welk
    dat die dit deze er ook nog""",
    "sv": """jag du han hon den det vi ni de mig dig honom henne oss dem en ett min mitt mina din
    ditt dina sin sitt sina hans hennes och eller men inte ar var har hade i pa av till fran med
    for om at att som vad vem nar varfor hur vilken vilket vilka sig""",
    "da": """jeg du han hun den det vi de mig dig ham hende os dem en et min mit mine din dit dine
    sin sit sine og eller men ikke er var har havde i pa af til fra med for om at som hvad hvem
    hvor hvornar hvorfor hvordan hvilken hvilket hvilke sig""",
    "fi": """mina sina han me te he minun sinun hanen mun sun se ne on olen olet ovat oli ja tai
    mutta ei en et mika mita missa mista mihin milloin miksi miten kuka kenen kuinka joka etta
    kuin myos""",
    "pl": """ja ty on ona ono my wy oni mnie mi ciebie ci go jego jej ich moj moja moje mojego
    mojej twoj twoja swoj i a lub ale nie jest jestem sa byl byla mam masz ma w we na z ze do od
    dla po przy o za sie co czego kto kogo komu gdzie kiedy dlaczego jak jaki jaka jakie ktory
    ktora ktore ile czy to ten ta te""",
    "tr": """ben sen o biz siz onlar beni bana benim senin onun bizim bir bu su ve veya ama ile
    icin degil mi mu midir ne neyi nerede nereye nereden kim kimi kimin zaman neden nicin nasil
    hangi kac de da ki var yok cok""",
}
_OTHER = frozenset(  # of scripts of their own
    """я ты он она мы вы они меня мне тебя тебе его ему её ей нас нам вас вам их им мой моя моё мои
    моего моей моих твой твоя свой своя и или но не ни в во на с со к ко у о об от до по за из для
    при что чего чем кто кого кому где куда откуда когда почему как какой какая какое какие какую
    сколько ли это то этот эта быть есть был была было чей
    і та але не що хто де коли чому як який яка яке мене мені мій моя з у
    εγω εσυ με σε μου σου του της ο η το οι τα τον την των ενα μια και η δεν ειναι ειμαι εχω εχει
    που ποιος ποια ποιο τι ποτε γιατι πως ποσο σε στο στη στην για απο με να θα
    في من الى على عن مع هل ما ماذا من متى اين لماذا كيف كم اي هو هي انا انت نحن هم هذا هذه ذلك تلك
    الذي التي و او ثم لا لم لن ان كان كانت لي لك له لها عند عندي
    از به در با را که این ان من تو او ما شما است هست چه چی کی کجا چرا چگونه چند ایا برای و یا
    میں کا کی کے کو سے پر ہے ہیں کیا کہاں کب کون کیوں کیسے میرا میری نے
    אני אתה את הוא היא אנחנו הם של שלי שלך על עם אל מה מי איפה מתי למה איך כמה איזה לא כן זה זאת או
    मैं मुझे मेरा मेरी मेरे हम तुम आप वह वे यह ये उसका का की के को से में पर ने और या है हैं हूँ था
    थी थे हो क्या कौन कहाँ कब क्यों कैसे कितना कितने कितनी किस किसे किसका कौनसा नहीं ही भी तो""".split()
)
_CHINESE = re.compile(
    "为什么|為什麼|有没有|有沒有|是不是|什么|什麼|怎么样|怎么|怎麼|哪里|哪裡|哪儿|哪个|哪個|多少|"
    "我们|我們|你们|你們|他们|他們|她们|自己|这个|這個|那个|那個|请问|請問|告诉|"
    "[的吗嗎呢吧啊了是我你您他她它谁誰这這那哪在]"
)
_HIRAGANA = re.compile("[ぁ-ゖー]+")
_JAPANESE = re.compile("何|誰|私|僕|俺|彼女|彼")
_PARTICLE = re.compile("(?:に|で|と|から|まで|より)?[はがをにへともでのやか]|から|まで|より")
_ASKED = "どこ|なに|なん|だれ|いつ|どう|どの|どんな|なぜ|いくつ|いくら|どれ|どちら"
_SAID = (
    "[てで]?い?ます|[てで]?い?ました|[てで]?い?ません|[てで]いる|[てで]いた|です|でした|だ|だった|ください"
    "|する|した|して|あります|ある"
)
_FIRST_ENDING = re.compile(
    f"[はがをにへともでのや]?(?:{_ASKED})[はがをにへともでの]*(?:{_SAID})?か?\\Z"
    f"|(?:{_SAID})?[はがをにへともでのやか]?\\Z"
)
_ENDING = re.compile(f"(?:{_ASKED}|{_SAID}|こと|[はがをにへともでのやかねよな]){{1,6}}\\Z")
_KOREAN = frozenset(
    """나 나는 난 내 내가 나의 저 저는 제 제가 너 너는 네 네가 당신 우리 우리는 그 그는 그녀
    이 것 거 무엇 무엇을 무엇이 무엇인가요 뭐 뭘 뭐야 뭔가요 어디 어디에 어디에서 어디서
    어디에요 어디야 언제 언제야 누구 누구야 누가 왜 어떻게 어떤 무슨 몇 얼마 얼마나 있어
    있나요 있습니까 있어요 하나요 합니까 해요 인가요 입니까 그리고 또는 수 때""".split()
)
_KOREAN_ENDING = re.compile(
    "(?<=.)(?:이었나요|했습니까|합니까|습니까|입니까|하나요|했나요|하세요|했어요|인가요|가요|나요|까요|"
    "세요|어요|아요|해요|이에요|예요|이야)\\Z"
)
_KOREAN_PARTICLE = re.compile(
    "(?<=.)(?:에서는|에게서|으로는|에서|에게|한테|으로|까지|부터|에는|이랑|하고|처럼|보다|은|는|을|를|에)\\Z"
    "|(?<=..)(?:이|가|의|와|과|도|만|로|랑|나)\\Z"
)
_STACKED = re.compile(  # Thai, Lao, Khmer and Burmese
    "ที่ไหน|อะไร|ใคร|เมื่อไหร่|เมื่อไร|ทำไม|อย่างไร|ยังไง|"
    "เท่าไหร่|เท่าไร|หรือเปล่า|หรือไม่|ไหม|ครับ|ค่ะ|คะ|"
    "ของ|ฉัน|ผม|คุณ|เขา|เธอ|และ|เป็น|อยู่|คือ|ที่|"
    "ຂ້ອຍ|ເຈົ້າ|ແມ່ນ|ຫຍັງ|ຢູ່ໃສ|ໃສ|ບໍ່|ຂອງ|ຢູ່|ខ្ញុំ|របស់|អ្វី|ណា|តើ|ទេ|នៅ|គឺ|"
    "ကျွန်တော်|ကျွန်မ|ဘယ်မှာ|ဘာ|ဘယ်|သလဲ|လဲ|သလား|တယ်|သည်"
)
LONGEST_ENDING = 12  # letters
_HANGUL = re.compile(f"[{scripts.HANGUL}]")
_NO_NAMES = frozenset(("I", "s", "AND", "OR", "NOT"))
_SENTENCE_END = re.compile(r"[.!?:\n][\W_]{0,7}\Z")


def query_words(text: str) -> list[str]:
    """Return the first words of a query that count, each once, in order.

    They are in lower case, but for stop words that are written in capitals. A query of stop words
    alone returns those.
    """
    written = text if text.isascii() else scripts.composed(text)
    is_japanese = _HIRAGANA.search(written) is not None
    stop = stop_words(written)
    names = _names(written) if stop >= STOP_WORDS else {}
    counted: list[str] = []
    every: list[str] = []
    for match in _WORD.finditer(written):
        for part in scripts.runs(match[0]):
            word = part.casefold()
            every.append(word)
            if scripts.is_unspaced(part):
                counted += _cut(word, is_japanese=is_japanese)
            elif _folded(word) not in stop:
                counted.append(word)
            elif match.start() in names:
                counted.append(part if part.isupper() else word)
    if not stop >= STOP_WORDS:
        counted = whole_verb(written, counted)
    return list(dict.fromkeys(counted or every))[:MAX_WORDS]


def asked_words(text: str) -> set[str]:
    """Return all words of a query that may be names, in lower case."""
    stop = stop_words(text)
    found = {word for word in words(text) if _folded(word) not in stop}
    names = _names(text) if stop >= STOP_WORDS else {}
    return found | {name.casefold() for name in names.values()}


def stop_words(text: str) -> frozenset[str]:
    """Return the folded stop words of the language of a query, and those of scripts of their own.

    English if it has as many stop words of English as of another language.
    """
    found = [_folded(word) for word in _WORD.findall(text.casefold())]
    lists = _latin()
    counts = [sum(word in listed for word in found) for listed in lists]
    most = max(counts)
    if not most or counts[0] == most:
        return lists[0] | _others()
    best = [listed for listed, count in zip(lists, counts, strict=True) if count == most]
    return frozenset.intersection(*best) | _others()


def _names(text: str) -> dict[int, str]:
    """Return the English words that are written as names: "IT", "Will" inside a sentence.

    Keys are the places where they begin.
    """
    found = [match for match in _WORD.finditer(text) if match[0] not in _NO_NAMES]
    lower = sum(match[0][0].islower() for match in found)
    names = {}
    for match in found:
        word, start = match[0], match.start()
        if len(word) < 2 or not lower:
            continue
        before = text[max(0, start - 8) : start]
        is_inside = before.strip() and not _SENTENCE_END.search(before) and 2 * lower >= len(found)
        is_possessive = text[match.end() : match.end() + 2] in ("'s", "’s")
        is_owner = is_possessive and word in ("Will", "May", "Can")
        if word.isupper() or (word[0].isupper() and (is_inside or is_owner)):
            names[start] = word
    return names


def _cut(run: str, *, is_japanese: bool) -> Iterator[str]:
    """Yield the parts of a run of a script without spaces between stop words."""
    if _HANGUL.search(run):
        if run not in _KOREAN:
            bare = _KOREAN_PARTICLE.sub("", _KOREAN_ENDING.sub("", run))
            if bare not in _KOREAN:
                yield bare
    elif is_japanese:
        yield from _HIRAGANA.sub(_without_particles, _JAPANESE.sub(" ", run)).split()
    else:
        yield from (_STACKED if run[0] < "\u2000" else _CHINESE).sub(" ", run).split()


def _without_particles(run: re.Match[str]) -> str:
    """Return the hiragana of a query without the particles around it, with spaces for these.

    At the beginning of a run, where a noun may be, one particle is left out at most.
    """
    kana, left, ending = run[0], "", _ENDING
    if not run.start():
        ending = _FIRST_ENDING
    elif not ending.match(kana[:LONGEST_ENDING]) and (particle := _PARTICLE.match(kana)):
        kana, left = kana[particle.end() :], " "
    found = ending.search(kana, max(0, len(kana) - LONGEST_ENDING))
    return f"{left}{kana[: found.start()]} " if found else f"{left}{kana}"


def _folded(word: str) -> str:
    return word if word.isascii() else scripts.normal_forms(word)


@cache
def _latin() -> list[frozenset[str]]:
    return [STOP_WORDS, *(frozenset(listed.split()) for listed in _LATIN.values())]


@cache
def _others() -> frozenset[str]:
    return frozenset(map(_folded, _OTHER))
