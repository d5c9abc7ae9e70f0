"""Verbs that change inside are found by each of their forms, in eighteen languages."""

import apsw
import pytest

from litemem import Memory
from litemem.core.text.inflections import other_forms, other_verb_forms
from litemem.core.text.query_words import query_words
from litemem.core.text.words import PART, STOP_WORDS, any_of, holding, stems_of
from litemem.store.sqlite.candidates import stemmer

STEM = stemmer(apsw.Connection(":memory:"))
PAIRS = {
    "en": """
        keep=kept teach=taught buys=bought go=went going=gone write=written saw=see flew=flying
        spoke=speaks lies=lied felt=feeling fed=feed thought=thinking die=died
    """,
    "de": """
        fährt=gefahren fahren=fuhr isst=gegessen liest=gelesen spricht=sprachen sieht=gesehen
        trägt=trug hilft=geholfen nimmt=genommen schläft=schliefen trifft=getroffen
        trinken=getrunken weißt=wusste spielt=gespielt
    """,
    "nl": """
        koopt=kocht zoeken=zocht brengt=gebracht schrijft=geschreven gaat=ging komt=kwam
        geeft=gaf spreekt=gesproken rijdt=reed drinken=dronk verliest=verloor wonen=woont
    """,
    "fr": """
        viendra=venir boit=buvait vends=vendu écrit=écrivent sait=savoir tient=tenait
        reçoit=recevoir vivre=vécu peint=peignait vient=viennent veut=voulait
    """,
    "it": """
        va=andare legge=lesse scrive=scritto vive=vissuto beve=bevuto piace=piacque viene=venuta
        rompe=ruppe esce=uscire perde=perso tiene=tengo
    """,
    "es": """
        voy=ir fue=ir duerme=durmió juego=jugamos quiere=quiso hizo=hacer dijo=decir tuvo=tener
        pide=pidió supo=sabe vuelve=volvió
    """,
    "pt": """
        vou=ir foi=ir faz=fez diz=disse traz=trouxe quis=quer soube=sabe ouço=ouviu vem=veio
        peço=pediu dou=deu
    """,
    "sv": """
        dricka=drack går=gick skriver=skrev ljuga=ljög springer=sprang sjunger=sjöng
        säljer=sålde vet=visste äter=ätit flyger=flög finns=fanns bor=bodde
    """,
    "da": """
        drikker=drak går=gik skriver=skrev spørger=spurgte synger=sang sælger=solgte vide=vidste
        finder=fandt løj=lyver gav=giver følger=fulgte
    """,
    "nb": """
        drikker=drakk går=gikk skriver=skrev spør=spurte synger=sang selger=solgte vet=visste
        finner=fant løy=lyver gir=gitt følger=fulgte
    """,
    "pl": """
        iść=szedł idzie=szła jechać=jadę jem=jadł bierze=brał wziąć=wezmę pisać=pisze
        zaczął=zacznie śpi=spał niesie=niósł chce=chciał pomógł=pomoże mieszkać=mieszka
    """,
    "cs": """
        jít=šel jede=jela píše=psal čte=četl vezme=vzal říct=řekla chce=chtěl najde=našel
        začne=začal pomůže=pomohl sní=snědl
    """,
    "ru": """
        идти=шёл едет=ехала пишет=писал ест=ела берёт=брал взять=возьму ищет=искал скажет=сказал
        хочет=хотел живёт=жил поймёт=понял
    """,
    "uk": """
        іти=йшов їде=їхав пише=писав бере=брав взяти=візьме скаже=сказав хоче=хотів живе=жив
        знайде=знайшов почне=почав прийшов=прийде
    """,
    "fi": """
        tehdä=teen nähdä=näki menee=meni syö=söi juo=joi tietää=tiesi ottaa=otti antaa=annoin
        pitää=pidin lentää=lensi luen=lukea tuntee=tunsi
    """,
    "tr": """
        gitmek=gidiyor gider=gittim yemek=yiyor söylüyor=söyledi oynuyor=oynadı
        bekliyor=bekledim yaşıyor=yaşadı anlıyor=anladım dinliyor=dinledim istiyor=istedim
        başlıyor=başladı
    """,
    "hu": """
        megy=ment menni=megyek jön=jöttem eszik=evett iszik=ivott vesz=vett visz=vitt
        alszik=aludt hisz=hitt fekszik=feküdt dolgozik=dolgoztam
    """,
    "ro": """
        ia=luat bea=băut vede=văzut vrea=voia pun=pus crede=crezut joacă=jucat rămâne=rămas
        trimite=trimis deschide=deschis vine=venit
    """,
}


def found(query: str, *texts: str) -> list[dict[int, float]]:
    return holding(texts, stems_of(query_words(query), STEM), STEM)


@pytest.mark.parametrize(
    ("language", "word", "other"),
    [(code, *pair.split("=")) for code, pairs in PAIRS.items() for pair in pairs.split()],
)
def test_a_verb_is_found_by_another_form(language: str, word: str, other: str) -> None:
    texts = ["(1) one", f"(2) {other}!", f"(3) {word}?"]
    assert found(word, *texts) == [{1: 1.0, 2: 1.0}], language
    assert found(other, *texts) == [{1: 1.0, 2: 1.0}], language


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("Who keeps the key?", "The key is kept by Marta"),
        ("Where did Ana teach?", "Ana taught in Porto"),
        ("¿Adónde va Luis?", "Luis fue a Lima"),
        ("Wie ist Tim gefahren?", "Tim fährt einen roten Roller"),
        ("Куда ездил Иван?", "Иван ездит в Тверь"),
    ],
)
def test_a_search_counts_the_other_form_as_the_word(query: str, text: str) -> None:
    with Memory(":memory:", embedder="hash") as memory:
        memory.add(text, user_id="u", infer=False)
        memory.add("42", user_id="u", infer=False)
        (best, *_) = memory.search(query, user_id="u", explain=True)["results"]
    assert best["memory"] == text
    assert best["score_details"]["bm25_score"] == pytest.approx(1.0)


def test_large_scopes_look_for_the_forms_that_the_stem_does_not_find() -> None:
    assert any_of(stems_of(["keep"], STEM).values()) == '"keep" OR "kept"'


@pytest.mark.parametrize(
    ("word", "other"),
    [
        pair.split("=")
        for pair in """
    find=founded fall=felled leaf=left lie=lay rise=rose wind=wound grind=ground
    bear=born send=present sell=soldier come=cameras make=madeira think=thoughtful feed=feel
    ser=voy liegen=gelogen wissen=weiss lesen=lies gehen=gang går=far leggere=letto
    lire=lit jeść=jest есть=был syödä=syy gitmek=git ment=lesz
    """.split()
    ],
)
def test_words_of_two_verbs_are_not_found_as_one(word: str, other: str) -> None:
    held = {i for each in found(word, f"(1) {other}", "(2) one") for i in each}
    assert not held


def test_a_form_of_two_words_does_not_make_them_one() -> None:
    assert other_forms("leaves") == ["leaf"]
    assert "left" in other_verb_forms("leaves")
    assert not other_verb_forms("leaf")
    assert {"плачет", "платит"} <= set(other_verb_forms("плачу"))  # "cries" and "pays"
    assert "платит" not in other_verb_forms("плачет")


def test_a_form_of_a_verb_is_a_whole_word_but_one_of_a_noun_may_be_a_part() -> None:
    assert found("send", "the present") == [{}]
    assert found("haus", "die Hochhäuser") == [{0: PART}]


def test_no_form_of_a_verb_is_an_english_word_that_does_not_count() -> None:
    assert not [word for word in STOP_WORDS if other_verb_forms(word)]
