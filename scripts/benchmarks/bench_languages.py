"""Print how many questions of each language have the right memory among the first 3 results.

    bench_languages.py [--missed]

A scope holds memories of ten languages; each question is in the language of its memory, and shares
a word with it. Each set is asked with words alone, by an embedder to which all texts are equally
far, and with the default embedder. `--missed` prints the questions that found another memory.
"""

import argparse
from collections.abc import Mapping, Sequence

from litemem import Memory
from litemem.core.protocols import EmbedderIdentity, Vector

FIRST = 3  # results among which the right one has to be

MEMORIES = {
    "zh": "用户住在上海浦东|用户每天早上喝咖啡|用户在银行工作|用户对花生过敏|用户喜欢爬山"
    "|用户正在学习日语|用户不吃香菜|用户开一辆白色的比亚迪|用户的生日是五月三日"
    "|用户养了一只叫咪咪的猫|妻子是儿科医生|去年夏天去了云南旅行",
    "ja": "東京の目黒に住んでいます|猫を二匹飼っています|毎朝コーヒーを飲みます"
    "|銀行で働いています|ピーナッツアレルギーがあります|週末はよく山に登ります"
    "|中国語を勉強しています|誕生日は五月三日です|妻は歯医者です"
    "|白いトヨタに乗っています|パクチーが苦手です|昨年の夏に北海道を旅行しました",
    "ko": "서울 마포구에 산다|매일 아침 커피를 마신다|은행에서 일한다|땅콩 알레르기가 있다"
    "|주말마다 등산을 간다|고양이 두 마리를 키운다|생일은 5월 3일이다"
    "|아내는 치과 의사이다|일본어를 배우고 있다|현대 자동차를 운전한다"
    "|고수를 못 먹는다|작년 여름에 제주도를 여행했다",
    "th": "ฉันอาศัยอยู่ที่เชียงใหม่|ฉันดื่มกาแฟทุกเช้า|ฉันทำงานที่ธนาคาร|ฉันแพ้ถั่วลิสง"
    "|ฉันชอบปีนเขาในวันหยุด|ฉันเลี้ยงแมวสองตัว|วันเกิดของฉันคือวันที่สามพฤษภาคม"
    "|ภรรยาของฉันเป็นหมอฟัน|ฉันกำลังเรียนภาษาญี่ปุ่น|ฉันขับรถโตโยต้าสีขาว"
    "|ฉันไม่กินผักชี|ปีที่แล้วฉันไปเที่ยวภูเก็ต",
    "ar": "أسكن في حي المعادي بالقاهرة|أشرب القهوة كل صباح|أعمل في بنك كبير"
    "|عندي حساسية من الفول السوداني|أحب تسلق الجبال في العطلة|لدي قطتان صغيرتان"
    "|عيد ميلادي في الثالث من مايو|زوجتي طبيبة أسنان|أتعلم اللغة اليابانية"
    "|أقود سيارة بيضاء من تويوتا|لا آكل الكزبرة|سافرت الصيف الماضي إلى الإسكندرية",
    "hi": "मैं दिल्ली के करोल बाग में रहता हूँ|मैं हर सुबह कॉफ़ी पीता हूँ"
    "|मैं बैंक में काम करता हूँ|मुझे मूँगफली से एलर्जी है"
    "|मुझे पहाड़ों पर चढ़ना पसंद है|मेरे पास दो बिल्लियाँ हैं"
    "|मेरा जन्मदिन तीन मई को है|मेरी पत्नी दाँतों की डॉक्टर है"
    "|मैं जापानी भाषा सीख रहा हूँ|मैं सफ़ेद टोयोटा गाड़ी चलाता हूँ"
    "|मैं धनिया नहीं खाता|पिछली गर्मियों में मैं केरल घूमने गया था",
    "de": "Ich wohne in Köln-Ehrenfeld|Ich trinke jeden Morgen Kaffee"
    "|Ich arbeite im Krankenhaus|Ich habe eine Erdnussallergie"
    "|Am Wochenende gehe ich gern bergsteigen|Ich habe zwei Katzen"
    "|Mein Geburtstag ist am 3. Mai|Meine Frau ist Zahnärztin"
    "|Ich lerne gerade Japanisch|Ich fahre einen weißen Golf"
    "|Ich backe am liebsten Apfelkuchen|Letzten Sommer waren wir auf Rügen",
    "fr": "J'habite à Lyon près de la gare|Je bois du café chaque matin"
    "|Je travaille à l'hôpital|Je suis allergique aux arachides"
    "|J'aime l'escalade le week-end|J'ai deux chats gris"
    "|Mon anniversaire est le 3 mai|Ma femme est dentiste|J'apprends le japonais"
    "|Je conduis une Renault blanche|Je déteste la coriandre"
    "|L'été dernier nous sommes allés en Corse",
    "es": "Vivo en Sevilla cerca del río|Tomo café todas las mañanas|Trabajo en un banco"
    "|Soy alérgico a los cacahuetes|Los fines de semana hago escalada|Tengo dos gatos"
    "|Mi cumpleaños es el 3 de mayo|Mi esposa es dentista|Estoy aprendiendo japonés"
    "|Conduzco un Seat blanco|No soporto el cilantro"
    "|El verano pasado viajamos a Menorca",
    "ru": "Я живу в Казани возле реки|Каждое утро я пью кофе|Я работаю в банке"
    "|У меня аллергия на арахис|По выходным хожу в горы|У меня две кошки"
    "|Мой день рождения третьего мая|Моя жена зубной врач|Я учу японский язык"
    "|Я вожу белую Ладу|Я не ем кинзу|Прошлым летом мы ездили на Байкал",
}
SETS: Sequence[Mapping[str, str]] = (
    {
        "zh": "我住在哪里？=浦东|对什么过敏=花生|咖啡=咖啡|猫叫什么名字=咪咪",
        "ja": "どこに住んでいますか？=目黒|何のアレルギーがありますか=ピーナッツ"
        "|ｺｰﾋｰ=コーヒー|猫は何匹いますか=二匹",
        "ko": "커피=커피|무슨 알레르기가 있나요?=땅콩"
        "|어디에서 일하나요?=은행|고양이는 몇 마리예요?=고양이",
        "th": "กาแฟ=กาแฟ|ฉันแพ้อะไร=ถั่วลิสง|ฉันทำงานที่ไหน=ธนาคาร|แมวกี่ตัว=แมว",
        "ar": "أين أسكن؟=المعادي|قهوه=القهوة"
        "|ما نوع الحساسية عندي؟=السوداني|متى عيد الميلاد؟=ميلادي",
        "hi": "मैं कहाँ काम करता हूँ?=बैंक|कॉफी=कॉफ़ी|मुझे किससे एलर्जी है?=मूँगफली|मेरी बिल्ली=बिल्लियाँ",
        "de": "Welchen Kuchen backe ich gern?=Apfelkuchen|Wohne ich in Koeln?=Köln"
        "|Habe ich eine Allergie?=Erdnuss|Wie viele Katzen habe ich?=Katzen",
        "fr": "Dans quel hôpital est-ce que je travaille ?=l'hôpital"
        "|À quoi suis-je allergique ?=arachides"
        "|Est-ce que je fais de l'escalade ?=escalade|Quand est mon anniversaire ?=3 mai",
        "es": "¿Dónde trabajo?=banco|¿A qué soy alérgica?=cacahuetes|¿Cuántos gatos tengo?=gatos"
        "|¿Cuándo es mi cumpleaños?=3 de mayo",
        "ru": "Где я живу?=Казани|На что у меня аллергия?=арахис|Сколько у меня кошек?=кошки"
        "|Какой язык я учу?=японский",
    },
    {
        "zh": "我的生日是哪一天？=五月|妻子做什么工作？=儿科",
        "ja": "旅行はどこに行きましたか？=北海道|誕生日を教えて=五月三日",
        "ko": "언제 제주도에 여행 갔어?=제주도|아내의 직업은 뭐야?=치과",
        "th": "วันเกิดของฉันวันไหน=พฤษภาคม|ภรรยาทำงานอะไร=หมอฟัน",
        "ar": "ما لون سيارتي؟=تويوتا|ما هي مهنة زوجتي؟=طبيبة",
        "hi": "मेरा जन्मदिन कब है?=मई|मेरी पत्नी क्या करती है?=डॉक्टर",
        "de": "Welche Allergie hast du bei mir notiert?=Erdnuss|Wann habe ich Geburtstag?=3. Mai",
        "fr": "Quelle langue est-ce que j'apprends ?=japonais|Que conduit l'utilisateur ?=Renault",
        "es": "¿Qué idioma estoy aprendiendo?=japonés|¿A dónde viajé el verano pasado?=Menorca",
        "ru": "Когда у меня день рождения?=третьего мая|Кем работает жена?=зубной",
    },
)


class Blind:
    """An embedder to which no text is near another."""

    identity = EmbedderIdentity("blind", 2, "blind")

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        """Return one vector for all texts."""
        return [[1.0, 0.0] for _ in texts]

    def embed_query(self, text: str) -> Vector:  # noqa: ARG002 - as the protocol says
        """Return the vector that is at right angles to it."""
        return [0.0, 1.0]

    def close(self) -> None:
        """Do nothing."""


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("|")]


def remember(memory: Memory) -> None:
    said = [text for told in MEMORIES.values() for text in parts(told)]
    messages = [{"role": "user", "content": text} for text in said]
    memory.add(messages, user_id="cam", infer=False)


def missed(memory: Memory, asked: str) -> list[str]:
    """Return the questions that do not have the right memory among the first."""
    wrong = []
    for line in parts(asked):
        question, right = line.split("=")
        results = memory.search(question, user_id="cam", limit=FIRST)["results"]
        if not any(right in result["memory"] for result in results):
            wrong.append(f"{question} -> {results[0]['memory'] if results else None}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missed", action="store_true", help="print what was not found")
    show = parser.parse_args().missed
    with Memory(":memory:", embedder=Blind()) as words, Memory(":memory:") as default:
        for memory in (words, default):
            remember(memory)
        for number, questions in enumerate(SETS, 1):
            print(f"set {number}    words  default")
            totals = [0, 0, 0]
            for language, asked in questions.items():
                wrong = [missed(memory, asked) for memory in (words, default)]
                count = len(parts(asked))
                right = [count - len(found) for found in wrong]
                totals = [a + b for a, b in zip(totals, [count, *right], strict=True)]
                print(f"{language:8} {right[0]}/{count}    {right[1]}/{count}")
                if show:
                    for kind, found in zip(("words", "default"), wrong, strict=True):
                        print(*(f"  {kind}: {line}" for line in found), sep="\n" if found else "")
            count, *right = totals
            print(f"{'all':8}", *(f"{n}/{count} = {n / count:.2f}" for n in right), "\n")


if __name__ == "__main__":
    main()
