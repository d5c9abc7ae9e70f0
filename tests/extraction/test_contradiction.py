"""A fact that turns its clause round is rejected, and one that says the same is kept."""

import pytest

from litemem.core.text.clauses import clauses_of
from litemem.extraction.contradiction import contradiction


def reason(said: str, fact: str) -> str | None:
    """Return why a fact of the user is not what the last clause of a text says."""
    return contradiction(fact, clauses_of(said)[-1], is_user=True)


COMPARED = [  # what was said; the other way round; the same
    (
        "저는 커피보다 차를 좋아해요.",
        "사용자는 차보다 커피를 좋아한다",
        "사용자는 커피보다 차를 좋아한다",
    ),
    ("산보다 바다가 좋아요.", "사용자는 바다보다 산을 좋아한다", "사용자는 산보다 바다를 좋아한다"),
    (
        "私はコーヒーより紅茶が好きです。",
        "ユーザーは紅茶よりコーヒーが好きだ",
        "ユーザーはコーヒーより紅茶が好きだ",
    ),
    ("比起咖啡我更喜欢茶。", "用户比起茶更喜欢咖啡", "用户比起咖啡更喜欢茶"),
    ("我喜欢茶胜过咖啡。", "用户喜欢咖啡胜过茶", "用户喜欢茶胜过咖啡"),
    (
        "Kahveden çok çayı severim.",
        "Kullanıcı çaydan çok kahveyi sever",
        "Kullanıcı kahveden çok çayı sever",
    ),
    (
        "मुझे कॉफ़ी से ज़्यादा चाय पसंद है।",
        "उपयोगकर्ता को चाय से ज़्यादा कॉफ़ी पसंद है",
        "उपयोगकर्ता को कॉफ़ी से ज़्यादा चाय पसंद है",
    ),
    (
        "من چای را به قهوه ترجیح می\u200cدهم.",
        "کاربر قهوه را به چای ترجیح می\u200cدهد",
        "کاربر چای را به قهوه ترجیح می\u200cدهد",
    ),
    ("أفضل الشاي على القهوة.", "المستخدم يفضل القهوة على الشاي", "المستخدم يفضل الشاي على القهوة"),
    (
        "Ich mag Tee lieber als Kaffee.",
        "Nutzer mag Kaffee lieber als Tee",
        "Nutzer mag Tee lieber als Kaffee",
    ),
    (
        "Prefiero el té al café.",
        "El usuario prefiere el café al té",
        "El usuario prefiere el té al café",
    ),
    (
        "Je préfère le thé au café.",
        "L'utilisateur préfère le café au thé",
        "L'utilisateur préfère le thé au café",
    ),
    (
        "Preferisco il tè al caffè.",
        "L'utente preferisce il caffè al tè",
        "L'utente preferisce il tè al caffè",
    ),
    ("Prefiro chá a café.", "O usuário prefere café a chá", "O usuário prefere chá a café"),
    (
        "Ik drink liever thee dan koffie.",
        "Gebruiker drinkt liever koffie dan thee",
        "Gebruiker drinkt liever thee dan koffie",
    ),
    ("Wolę herbatę od kawy.", "Użytkownik woli kawę od herbaty", "Użytkownik woli herbatę od kawy"),
    (
        "Wolę herbatę niż kawę.",
        "Użytkownik woli kawę niż herbatę",
        "Użytkownik woli herbatę niż kawę",
    ),
    (
        "Я люблю чай больше, чем кофе.",
        "Пользователь любит кофе больше, чем чай",
        "Пользователь любит чай больше, чем кофе",
    ),
    (
        "Jag gillar te mer än kaffe.",
        "Användaren gillar kaffe mer än te",
        "Användaren gillar te mer än kaffe",
    ),
    ("Tôi thích trà hơn cà phê.", "User thích cà phê hơn trà", "User thích trà hơn cà phê"),
    (
        "Saya lebih suka teh daripada kopi.",
        "User lebih suka kopi daripada teh",
        "User lebih suka teh daripada kopi",
    ),
    (
        "I like tea more than coffee.",
        "User likes coffee more than tea",
        "User likes tea more than coffee",
    ),
]
DENIED = [  # what was said; without its denial; the same
    ("Jeg spiser ikke kød.", "User spiser kød", "User spiser ikke kød"),
    ("Jeg spiser ikke kjøtt.", "User spiser kjøtt", "User spiser ikke kjøtt"),
    ("Nu mănânc carne.", "User mănâncă carne", "User nu mănâncă carne"),
    ("En syö lihaa.", "User syö lihaa", "User ei syö lihaa"),
    ("En juo kahvia.", "User juo kahvia", "User ei juo kahvia"),
    ("Jeg har aldrig røget.", "User har røget", "User har aldrig røget"),
    ("Δεν τρώω κρέας.", "User τρώει κρέας", "User δεν τρώει κρέας"),
    ("אני לא אוכל בשר.", "User אוכל בשר", "User לא אוכל בשר"),
    ("ฉันไม่กินเนื้อ", "User กินเนื้อ", "User ไม่กินเนื้อ"),
    ("Tôi không ăn thịt.", "User ăn thịt", "User không ăn thịt"),
    ("Saya tidak makan daging.", "User makan daging", "User tidak makan daging"),
    ("Ich esse kein Fleisch.", "Nutzer isst Fleisch", "Nutzer isst kein Fleisch"),
    ("Jag äter inte kött.", "Användaren äter kött", "Användaren äter inte kött"),
]
OTHERS = [  # what was said; what it does not say of the user
    ("plumber friday 7am", "User is a plumber"),
    ("Klempner Freitag 7 Uhr", "Nutzer ist Klempner"),
    ("loodgieter vrijdag 7 uur", "Gebruiker is loodgieter"),
    ("idraulico venerdì alle 7", "L'utente è idraulico"),
    ("encanador sexta às 7", "O usuário é encanador"),
    ("hydraulik piątek 7", "Użytkownik jest hydraulikiem"),
    ("Mit „Lead“ meinen wir einen Kunden, der eine Demo wollte.", "Nutzer ist ein Kunde"),
    ('Por "lead" entendemos un cliente que pidió una demo.', "El usuario es un cliente"),
    (
        "Par « lead » nous entendons un client qui a demandé une démo.",
        "L'utilisateur est un client",
    ),
    ('Met "lead" bedoelen we een klant die een demo wilde.', "Gebruiker is een klant"),
    ('Med "lead" menar vi en kund som ville ha en demo.', "Användaren är en kund"),
    ('Per "lead" intendiamo un cliente che ha chiesto una demo.', "L'utente è un cliente"),
]
RELATIVES = [  # what was said of a relative; what it does not say of the user
    ("Mi prima Luz y su marido crían ovejas.", "El marido del usuario cría ovejas"),
    ("Ma cousine Lise et son mari élèvent des lamas.", "Le mari de l'utilisateur élève des lamas"),
    ("Mia cugina Lea e suo marito allevano capre.", "Il marito dell'utente alleva capre"),
    ("Minha prima Bia e seu marido criam cabras.", "O marido do usuário cria cabras"),
    ("Meine Cousine Eva und ihr Mann züchten Lamas.", "Der Mann des Nutzers züchtet Lamas"),
    ("Mijn nicht Fien en haar man fokken lama's.", "De man van de gebruiker fokt lama's"),
    ("Моя кузина Аня и её муж разводят коз.", "Муж пользователя разводит коз"),
    ("Moja kuzynka Ola i jej mąż hodują kozy.", "Mąż użytkownika hoduje kozy"),
    ("Mẹ tôi ăn chay.", "User ăn chay"),
    ("Adik saya vegan.", "User vegan"),
    ("Chị gái tôi sống ở Huế.", "User sống ở Huế"),
]
TURNS = [  # to a relative, whose work is not the user's
    ("Tôi nuôi tôm ở Cà Mau, còn vợ tôi dạy toán.", "User dạy toán"),
    ("ผมเลี้ยงกุ้งที่ตราด แต่ภรรยาผมสอนคณิตศาสตร์", "User สอนคณิตศาสตร์"),
    ("Saya beternak udang di Lampung, tapi istri saya mengajar seni.", "User mengajar seni"),
    ("Nag-aalaga ako ng hipon, pero ang asawa ko ay nagtuturo.", "User ay nagtuturo"),
    ("Mimi nafuga kamba Tanga, lakini mke wangu anafundisha.", "User anafundisha"),
    ("Я розводжу креветок, а моя дружина викладає хімію.", "User викладає хімію"),
    ("من میگو پرورش می‌دهم، اما همسرم ریاضی درس می‌دهد.", "User ریاضی درس می‌دهد"),
    ("मैं झींगा पालता हूँ, लेकिन मेरी पत्नी गणित पढ़ाती है।", "User गणित पढ़ाता है"),
    ("আমি চিংড়ি চাষ করি, কিন্তু আমার স্ত্রী গণিত পড়ায়।", "User গণিত পড়ায়"),
    ("Εκτρέφω γαρίδες, αλλά η κόρη μου διδάσκει χημεία.", "Ο χρήστης διδάσκει χημεία"),
    ("Rákot tenyésztek, a feleségem pedig kémiát tanít.", "A felhasználó kémiát tanít"),
    ("Kasvatan rapuja, mutta äitini opettaa kemiaa.", "User opettaa kemiaa"),
    ("Chovám raky v Brně, ale můj syn učí chemii.", "Uživatel učí chemii"),
    ("Cresc creveți, dar soția mea predă chimia.", "User predă chimia"),
    ("Jeg opdrætter rejer, men min kone underviser i kemi.", "User underviser i kemi"),
    ("Jeg driver med reker, men mannen min underviser i kjemi.", "User underviser i kjemi"),
    ("Karides yetiştiriyorum ama eşim kimya öğretiyor.", "User kimya öğretiyor"),
    ("אני מגדל שרימפס באילת, אבל אשתי מלמדת כימיה.", "User מלמד כימיה"),
    ("저는 새우를 키우지만 아내는 화학을 가르쳐요.", "User는 화학을 가르친다"),
    ("エビを養殖していますが、妻は化学を教えています。", "Userは化学を教えている"),
]
WITH_RELATIVES = [  # what a relative and the user do
    ("Η γυναίκα μου κι εγώ μένουμε στον Βόλο.", "Ο χρήστης μένει στον Βόλο"),
    ("Vaimoni ja minä asumme Turussa.", "User asuu Turussa"),
    ("Saya tinggal di Solo dengan istri saya.", "User tinggal di Solo"),
    ("ผมอยู่กับภรรยาที่เชียงใหม่", "User อยู่กับภรรยาที่เชียงใหม่"),
    ("Eşim ve ben Mersin'de yaşıyoruz.", "User Mersin'de yaşıyor"),
    ("妻は化学を教えています。", "Userの妻は化学を教えている"),
    ("Eşim öğretmen.", "User'ın eşi öğretmen"),
]
OWN = [  # what was said; what it says of the user
    ("I'm a plumber since 3 May", "User is a plumber"),
    ("nurse", "User is a nurse"),
    ("I work as a nurse, back on Friday", "User is a nurse"),
    ("vegan since 2019", "User is a vegan"),
    ("Bin Klempner", "Nutzer ist Klempner"),
    ("I am 30, a baker", "User is a baker"),
]


@pytest.mark.parametrize(("said", "turned", "same"), COMPARED)
def test_a_comparison_keeps_its_order(said: str, turned: str, same: str) -> None:
    assert reason(said, turned) is not None
    assert reason(said, same) is None


@pytest.mark.parametrize(("said", "affirmed", "denied"), DENIED)
def test_a_denial_stays_a_denial(said: str, affirmed: str, denied: str) -> None:
    assert reason(said, affirmed) is not None
    assert reason(said, denied) is None


@pytest.mark.parametrize(("said", "fact"), OTHERS)
def test_who_comes_or_what_a_word_means_is_not_the_user(said: str, fact: str) -> None:
    assert reason(said, fact) is not None


@pytest.mark.parametrize(("said", "fact"), OWN)
def test_what_the_user_is_stays(said: str, fact: str) -> None:
    assert reason(said, fact) is None


@pytest.mark.parametrize(("said", "fact"), RELATIVES)
def test_what_is_said_of_a_relative_is_not_said_of_the_user(said: str, fact: str) -> None:
    clause = clauses_of(said)[-1]
    assert contradiction(fact, clause, is_user=fact.startswith("User")) is not None


@pytest.mark.parametrize(("said", "fact"), TURNS)
def test_a_sentence_that_turns_to_a_relative_is_cut_there(said: str, fact: str) -> None:
    _, theirs = clauses_of(said)
    assert contradiction(fact, theirs, is_user=fact.startswith("User")) is not None


@pytest.mark.parametrize(("said", "fact"), WITH_RELATIVES)
def test_what_the_user_does_with_a_relative_stays(said: str, fact: str) -> None:
    assert len(clauses_of(said)) == 1
    assert reason(said, fact) is None
