"""A search in each language finds the memory that holds the query's words, with both models."""

from collections.abc import Iterator

import pytest

from litemem import Memory
from litemem.store.sqlite.candidates import SMALL
from litemem.testing import HashEmbedder

MEMORIES = {
    "zh": "用户住在上海浦东|用户每天早上喝咖啡|用户在银行工作|用户对花生过敏|用户喜欢爬山"
    "|用户正在学习日语|用户不吃香菜|用户开一辆白色的比亚迪|用户的生日是五月三日"
    "|用户养了一只叫咪咪的猫|编号LH1374的航班",
    "ja": "東京に住んでいます|猫を二匹飼っています|毎朝コーヒーを飲みます"
    "|銀行で働いています|ピーナッツアレルギーがあります|趣味は登山です"
    "|誕生日は五月三日です",
    "ko": "서울에 산다|매일 아침 커피를 마신다|은행에서 일한다|땅콩 알레르기가 있다"
    "|고양이를 키운다",
    "th": "ฉันอยู่เชียงใหม่|ฉันดื่มกาแฟทุกเช้า|ฉันทำงานที่ธนาคาร|ฉันแพ้ถั่วลิสง|ฉันเลี้ยงแมวสองตัว",
    "lo": "ຂ້ອຍມັກກາເຟ|ຂ້ອຍຢູ່ວຽງຈັນ|ຂ້ອຍມີແມວ|ຂ້ອຍເຮັດວຽກທະນາຄານ",
    "km": "ខ្ញុំចូលចិត្តកាហ្វេ|ខ្ញុំរស់នៅភ្នំពេញ|ខ្ញុំមានឆ្មា|ខ្ញុំធ្វើការនៅធនាគារ",
    "my": "ကျွန်တော်ကော်ဖီကြိုက်တယ်|ရန်ကုန်မှာနေတယ်|ကြောင်ရှိတယ်|ဘဏ်မှာအလုပ်လုပ်တယ်",
    "ar": "أشرب القهوة كل صباح|أسكن في القاهرة|أعمل في بنك|عندي حساسية من الفول|لدي قطتان"
    "|المستخدم يدرس الطب|أخت المستخدم تلعب الشطرنج",
    "fa": "من قهوه می‌نوشم|در تهران زندگی می‌کنم|کتاب‌ها را دوست دارم|گربه دارم",
    "he": "אני שותה את הקפה בבוקר|אני גר בחיפה|יש לי שני חתולים|אני עובד בבנק",
    "hi": "मैं हर सुबह कॉफ़ी पीता हूँ|मैं हिंदी सीख रहा हूँ|मैं बैंक में काम करता हूँ|मुझे चाँद पसंद है",
    "ru": "Я пью кофе по утрам|Я живу в Казани|У меня две кошки|Купил новую ёлку",
    "el": "Πίνω καφέ κάθε πρωί|Μένω στην Αθήνα|Έχω δύο γάτες|Ο δρόμος είναι μακρύς",
    "de": "Ich backe am liebsten Apfelkuchen|Ich wohne in Köln|Ich arbeite im Krankenhaus"
    "|Die Straßenbahnhaltestelle ist am Markt|Ich habe zwei Katzen"
    "|Mein Bruder heißt Jörg|Anna ruft am Montag an|Um acht Tim abholen"
    "|Eine Maus war im Keller|Sie sammelt alte Bücher",
    "fr": "J'ai pris l'avion|Je bois un verre d'eau|Ma sœur habite à Lyon|Je mange du fromage"
    "|J'ai un cheval noir|Ses yeux sont verts",
    "tr": "Işık Lisesi'nde okuyorum|İstanbul'da oturuyorum|Kahveyi çok severim|Bir kedim var",
    "nordic": "Jeg bor i Århus|Han reiste til Tromsø|Moje miasto to Łódź|Sống ở Đà Nẵng"
    "|Asun kerrostalossa",
    "en": "User works in IT support|User lives in the US|It was raining when he left"
    "|Will is her brother|User likes a party|She told us about it"
    "|User paints art at home|A mouse was in the kitchen"
    "|User's child is called Ada|User saw a goose|User's teeth hurt",
}
QUESTIONS = """
zh: 咖啡=咖啡, 住在哪里=上海, 过敏=花生, 用户对什么过敏？=花生, 猫=咪咪
zh: 什么时候过生日=生日, ＬＨ１３７４=LH1374
zh: 學習日語=日语, 花生過敏=花生, 住在哪裡=上海, 銀行=银行, 養貓=猫, 編號=编号
ja: 猫=猫, コーヒー=コーヒー, ｺｰﾋｰ=コーヒー, どこに住んでいますか=東京
ja: 趣味は何ですか=登山, アレルギー=ピーナッツ
ko: 커피=커피, 커피가=커피, 알레르기=땅콩, 어디에서 일해요?=은행
ko: 고양이는 몇 마리예요?=고양이
th: กาแฟ=กาแฟ, ฉันทำงานที่ไหน=ธนาคาร, แมว=แมว, ฉันแพ้อะไร=ถั่วลิสง
lo: ກາເຟ=ກາເຟ, ແມວ=ແມວ
km: កាហ្វេ=កាហ្វេ, ឆ្មា=ឆ្មា
my: ကော်ဖီ=ကော်ဖီ, ကြောင်=ကြောင်
ar: قهوة=القهوة, قهوه=القهوة, قَهْوَة=القهوة, قـهوة=القهوة, القاهره=القاهرة
ar: والقهوة=القهوة, قطتي=قطتان, ماذا أدرس؟=يدرس, من يلعب الشطرنج=تلعب, نلعب=تلعب
fa: قهوة=قهوه, كتاب=کتاب, گربه=گربه
he: קפה=הקפה, חיפה=בחיפה, חתול=חתולים
hi: कॉफी=कॉफ़ी, हिन्दी=हिंदी, चांद=चाँद
ru: кофе=кофе, кошек=кошки, елка=ёлку
el: ΚΑΦΕΣ=καφέ, καφε=καφέ, γατες=γάτες, δρομος=δρόμος
de: Kuchen=Apfelkuchen, Koeln=Köln, Köln=Köln, Haus=Krankenhaus, strassenbahn=Straßenbahn
de: Joerg=Jörg, Wer will anrufen?=ruft, Wann hole ich Tim ab?=abholen
de: Mäuse=Maus, Buch=Bücher
fr: chevaux=cheval, œil=yeux, avion=avion, eau=eau, soeur=sœur, l'eau=eau
tr: ışık=Işık, ISIK=Işık, istanbul=İstanbul, ISTANBUL=İstanbul
nordic: Aarhus=Århus, Tromso=Tromsø, Tromsoe=Tromsø, Lodz=Łódź, Da Nang=Đà Nẵng
nordic: talo=kerrostalo
en: Do I have a job in IT?=IT support, When did I move to the US?=the US
en: mice=mouse, children=child, geese=goose, tooth=teeth
en: What did Will do?=Will is, art=art at
"""
ASKED = [
    (language, *pair.split("="))
    for language, pairs in (line.split(": ", 1) for line in QUESTIONS.strip().splitlines())
    for pair in pairs.split(", ")
]


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    with Memory(":memory:") as memory:
        for language, told in MEMORIES.items():
            messages = [{"role": "user", "content": text} for text in told.split("|")]
            memory.add(messages, user_id=language, infer=False)
        yield memory


@pytest.mark.parametrize(("language", "question", "expected"), ASKED)
def test_the_memory_that_holds_a_word_is_first(
    memory: Memory, language: str, question: str, expected: str
) -> None:
    first = memory.search(question, user_id=language)["results"][0]["memory"]
    assert expected in first


@pytest.fixture(scope="module")
def large() -> Iterator[Memory]:
    with Memory(":memory:", embedder=HashEmbedder(1_024)) as memory:
        said = [f"note {i} on gardens and tools" for i in range(SMALL)]
        said += (text for told in MEMORIES.values() for text in told.split("|"))
        messages = [{"role": "user", "content": text} for text in said]
        memory.add(messages, user_id="cam", infer=False)
        yield memory


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("咖啡", "咖啡"),
        ("커피가", "커피"),
        ("กาแฟ", "กาแฟ"),
        ("قهوة", "قهو"),
        ("हिन्दी", "हिंदी"),
        ("Koeln", "Köln"),
        ("Lodz", "Łódź"),
        ("strassenbahnhaltestelle", "Straßenbahn"),
        ("ΚΑΦΕ", "καφέ"),
        ("anrufen", "ruft"),
        ("mice", "mouse"),
        ("œil", "yeux"),
    ],
)
def test_a_word_is_found_in_a_large_scope(large: Memory, question: str, expected: str) -> None:
    results = large.search(question, user_id="cam")["results"]
    assert expected in results[0]["memory"]
