"""Questions about a day as a whole: for all its events, or for its messages.

"What do I have tomorrow?" has no other words than those of events, "what did I tell you on Monday?"
none but those of saying. The words of all languages are in one list, as none of them is a
subject in another.
"""

import re
from collections.abc import Collection

from litemem.core.text import scripts
from litemem.core.text.query_words import query_words
from litemem.core.text.words import words

_OF_EVENTS = frozenset(
    """agenda anything anywhere appointment appointments been beginning busy calendar come
    comes coming date dates day days diary done early end event events everything first
    free get go going got happen happened happening happens important last late later left
    list look make made must need next not now o on out plan planned planning plans
    schedule scheduled show something supposed thing things today up week weekend year
    month geplant los passiert steht termin termine muss müssen soll sollen erledigen tun
    prevu prévu passe passé pasa paso pasó tengo tenemos plan planes cita citas mache
    machen vor fais faire hago hacemos hacer faccio fare faço fazer doe doen robię robimy
    mam mamy mám máme plánu делаю делаем делать gör göra gì co có minulla meillä tapahtuu
    dois devo debo deber preciso moet ska muszę musím нужно надо план планы impegni
    programma planlandı έχω έχουμε دارم داریم برنامه قرار لدي عندي موعد مواعيد יש לי לנו
    일정 일정이 일정은 뭐 뭐야 뭐가 있어 있지 있나 ม อะไร 했지 했어 했나 뭐했지 할까 해야
    해 약속 약속이 계획 계획이 hab etwas gemacht getan unternommen verabredet rendez fait arrivé
    hice hicimos algo fatto successo qualcosa appuntamento appuntamenti fiz fizemos aconteceu
    compromisso compromissos gedaan staat afspraak afspraken skal laver lavede sker skete hva gjør
    gjorde skjer skjedde händer hände något делал делала делали встреча встречи встреч
    запланировано роблю робив робила плани які robiłem robiłam stało dzieje coś plany
    spotkania dělám dělal dělala jsem něco yapıyorum yapacağım yapıyoruz yaptım yaptık planım
    randevum randevu tôi làm lịch hẹn apa jadwal saya rencana ce fac făcut planuri tein jotain
    onko क्या है हैं der κάνω έκανα ραντεβού עושה עשיתי תוכניות کار کردم کنم سأفعل أفعل فعلت करना करूँगा
    करूंगा किया प्लान योजना होगा होगी""".split()
)
_OF_SAYING = frozenset(
    """answer answered ask asked chat chatted discuss discussed mention mentioned note noted
    said say saying speak spoke spoken talk talked talking tell telling told write writing
    wrote gesagt sagte sagten erzählt erzählte erwähnt erwähnte gesprochen sprachen
    geredet besprochen geschrieben gefragt worüber dit disais parlé parlions raconté
    mentionné discuté écrit demandé dije dijiste dicho hablamos hablé hablado conté
    contado mencioné mencionado comenté escribí detto parlato raccontato menzionato
    discusso scritto chiesto disse dito falei falamos falámos falado contei mencionei
    conversamos escrevi gezegd verteld gesproken gepraat genoemd besproken geschreven
    gevraagd sa sade sagt berättade berättat pratade pratat nämnde sagde fortalte talte
    snakket nevnte сказал сказала говорил говорила говорили рассказал рассказала
    рассказывал рассказывала упоминал упомянул упомянула обсуждали писал писала спрашивал
    спрашивала сказав говорив розповідав powiedziałem powiedziałam mówiłem mówiłam
    mówiliśmy rozmawialiśmy wspomniałem wspomniałam řekl řekla říkal říkala mluvili dedim
    söyledim konuştuk anlattım bahsettim قلت تحدثنا ذكرت أخبرتك گفتم אמרתי דיברנו סיפרתי
    कहा बताया είπα μιλήσαμε sanoin puhuimme kerroin mondtam beszéltünk nói kể bilang
    bicarakan spus vorbit zis 말했지 말했어 말했나 얘기 얘기했지 얘기했어 이야기
    이야기했지""".split()
)
# The same in scripts without spaces, with the particles and question words around them
_JOINED_OF_EVENTS = re.compile(
    "(?:有没有|有|需要|要|会|會|做|干|忙|空|安排|计划|計劃|打算|活动|活動|日程|行程|事情|事|发生|發生|过|過"
    "|什么|什麼|[我吗嗎]"
    "|约|約|あります|ありました|します|しました|教えて|ください|か"
    "|予定|用事|約束|計画|スケジュール|ある|あり|した|する|やる|やった|し|何|[がはをにのでもとか]"
    "|มี|นัด|ต้อง|ทำ|ทํา|แผน|ว่าง|บ้าง|กำหนดการ|จะ|ฉัน|อะไร)++"  # possessive: nothing is tried again
)
_JOINED_OF_SAYING = re.compile(
    "(?:说|說|聊|讲|講|谈|談|提到|告诉|告訴|言|話|พูด|บอก|คุย)(?:[过過了っしたてい]|อะไร){0,4}"
)
_MARKED = re.compile("[ऀ-෿]")  # scripts of India
_ABOUT_IT = re.compile(r"\b(?:about|regarding|concerning|for)\W*$", re.IGNORECASE)
_TALKS_ABOUT = re.compile(
    r"\b(?:talk|talked|talking|speak|spoke|chat|chatted) about\W*$", re.IGNORECASE
)


def words_beside_day(asked: Collection[str], rest: str) -> set[str]:
    """Return the words of a question that ask for more than what is on a day.

    `asked` are its words in lower case, `rest` is its text without days and names. A run of a
    script without spaces that asks for messages is the word "said".
    """
    spaced = {word for word in asked if not scripts.is_unspaced(word)}
    counted = query_words(rest)
    if _MARKED.search(rest):  # words of Hindi have marks, which part them for `words`
        spaced_in_rest = {word for word in counted if not scripts.is_unspaced(word)}
    else:
        spaced_in_rest = spaced.intersection(words(rest))
    found = spaced_in_rest - _OF_EVENTS
    for word in filter(scripts.is_unspaced, counted):
        if _JOINED_OF_SAYING.fullmatch(word):
            found.add("said")
        elif word not in _OF_EVENTS and not _JOINED_OF_EVENTS.fullmatch(word):
            found.add(word)
    return found


def asks_more(beside: Collection[str]) -> bool:
    """Return True if there are words that ask for something else than messages."""
    return not _OF_SAYING.issuperset(beside)


def asks_for_messages(beside: Collection[str], rest: str, *, has_begun: bool) -> bool:
    """Return True if the messages of a day are asked for, not those about it.

    "What did we talk about on 18 March?" is about that day's conversation, if it `has_begun`.
    """
    if _OF_SAYING.isdisjoint(beside):
        return False
    is_about_day = _ABOUT_IT.search(rest) and not (has_begun and _TALKS_ABOUT.search(rest))
    return not is_about_day
