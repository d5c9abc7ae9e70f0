"""Dates in other languages than English, in the words of each language's file."""

from datetime import date, timedelta

import pytest

from litemem.core.text import lexicon
from litemem.core.text.date_mentions import may_name_day
from litemem.core.text.dates import mentions, read_dates
from litemem.core.text.foreign_dates import HINTS, made_hints
from litemem.core.text.periods import days_of, written

WEDNESDAY = date(2026, 4, 15)
OTHERS = sorted(set(lexicon.DATED.values()) - {lexicon.ENGLISH})


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("gestern war ich beim Arzt", "2026-04-14"),
        ("I am in Paris from 3 mai", "2026-05-03"),
        ("I fly 5 maj to Oslo", "2026-05-05"),
        ("dentiste 3 juin", "2026-06-03"),
        ("ผู้ใช้มีนัดวันที่ 16 เมษายน 2569", "2026-04-16"),
        ("นัดหมอ 16 เม.ย. 2569", "2026-04-16"),
        ("๑๖ เมษายน ๒๕๖๙", "2026-04-16"),
        ("16 เมษายน 2026", "2026-04-16"),
        ("ฉันมีสอบมะรืนนี้", "2026-04-17"),
        ("เมื่อวานซืนไปหาหมอ", "2026-04-13"),
        ("เดือนที่แล้วฉันย้ายบ้าน", "2026-03"),
        ("อีก 3 วันมีประชุม", "2026-04-18"),
        ("วันศุกร์หน้ามีงาน", "2026-04-24"),
        ("ทุกวันจันทร์เล่นเทนนิส", "every Monday"),
        ("เกิดเมื่อ พ.ศ. 2533", "1990"),
        ("ab Mai arbeite ich", "2026-05"),
        ("letzten Montag", "2026-04-13"),
        ("hier j'étais malade", "2026-04-14"),
        ("à partir de mai", "2026-05"),
        ("mardi prochain", "2026-04-21"),
        ("todos los viernes", "every Friday"),
        ("tous les mardis", "every Tuesday"),
        ("hace dos semanas", "2026-03-29/2026-04-04"),
        ("domani vado dal medico", "2026-04-16"),
        ("la settimana prossima", "2026-04-20/2026-04-26"),
        ("due giorni fa", "2026-04-13"),
        ("ontem fui ao médico", "2026-04-14"),
        ("na próxima terça-feira", "2026-04-21"),
        ("há dois dias", "2026-04-13"),
        ("morgen ga ik naar de dokter", "2026-04-16"),
        ("twee dagen geleden", "2026-04-13"),
        ("igår var jag sjuk", "2026-04-14"),
        ("jutro idę do lekarza", "2026-04-16"),
        ("od maja", "2026-05"),
        ("Завтра я иду к врачу", "2026-04-16"),
        ("с мая", "2026-05"),
        ("в прошлую пятницу", "2026-04-10"),
        ("yarın doktora gidiyorum", "2026-04-16"),
        ("Mayıstan beri", "2026-05"),
        ("我明天去医院", "2026-04-16"),
        ("下周五", "2026-04-24"),
        ("五月五日", "2026-05-05"),
        ("2026年4月16日", "2026-04-16"),
        ("明日歯医者に行く", "2026-04-16"),
        ("来週の金曜日", "2026-04-24"),
        ("5月から", "2026-05"),
        ("내일 병원에 가요", "2026-04-16"),
        ("3일 후", "2026-04-18"),
        ("다음 주 금요일", "2026-04-24"),
        ("سأذهب غدا إلى الطبيب", "2026-04-16"),
        ("يوم الجمعة", "2026-04-17"),
        ("कल मैं बीमार था", "2026-04-14"),
        ("कल मैं डॉक्टर के पास जाऊंगा", "2026-04-16"),
        ("دیروز بیمار بودم", "2026-04-14"),
    ],
)
def test_a_day_is_read_in_the_language_of_its_text(text: str, day: str) -> None:
    assert may_name_day(text)
    assert [written(period) for period in mentions(text, WEDNESDAY)] == [day]


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin hier",
        "Guten Morgen, wie geht's?",
        "esta mañana",
        "mes amis",
        "Dom lives there",
        "User is an avid reader",
        "la mañana es fría",
        "先天",
        "I ate 3 mars bars",
        "We had 2 mai tais in Hawaii",
        "I own 3 Avril Lavigne albums",
        "the 2 mars rovers landed safely",
    ],
)
def test_a_word_that_is_no_date_is_none(text: str) -> None:
    assert mentions(text, WEDNESDAY) == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_its_months_and_weekdays(code: str) -> None:
    table = lexicon.section(code, "dates")
    assert (len(table["months"]), len(table["weekdays"])) == (12, 7)
    month = table["months"][8].split()[0]
    if "月" not in month and "월" not in month:
        dates = (f"3 {month}", f"3. {month}", f"3 de {month}", f"3 tháng {month}")
        assert any(mentions(f"{text} 2026", WEDNESDAY) for text in dates)


@pytest.mark.parametrize("code", OTHERS)
def test_a_pattern_repeats_nothing_without_a_bound(code: str) -> None:
    table = lexicon.section(code, "dates")
    for pattern in (table["past"], *(phrase for phrase, _ in table["phrases"])):
        assert not {"*", "+"} & set(pattern), pattern


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Ich habe am 3. Januar geheiratet", 2026),
        ("Am 10. Februar war ich in Rom", 2026),
        ("Ich habe am 3. Januar einen Termin beim Arzt", 2027),
        ("Das Treffen ist am 3. Januar geplant", 2027),
        ("J'ai déménagé le 3 janvier", 2026),
        ("J'ai rendez-vous le 3 janvier", 2027),
        ("El 3 de enero compré una casa", 2026),
        ("Iré a Roma el 3 de enero", 2027),
        ("Il 3 gennaio ho comprato una casa", 2026),
        ("Il 3 gennaio ho un esame", 2027),
        ("Comprei uma casa em 3 de janeiro", 2026),
        ("Vou a Roma em 3 de janeiro", 2027),
        ("Ik heb op 3 januari een huis gekocht", 2026),
        ("Ik heb op 3 januari een afspraak", 2027),
        ("Jag köpte ett hus den 3 januari", 2026),
        ("Jag har ett möte den 3 januari", 2027),
        ("Kupiłem dom 3 stycznia", 2026),
        ("Mam wizytę 3 stycznia", 2027),
        ("3 января я купил дом", 2026),
        ("3 января у меня встреча", 2027),
        ("3 Ocak'ta bir ev aldım", 2026),
        ("3 Ocak'ta randevum var", 2027),
        ("1月3日我结婚了", 2026),
        ("1月3日我要去面试", 2027),
        ("1月3日に家を買いました", 2026),
        ("1月3日に面接があります", 2027),
        ("1월 3일에 집을 샀다", 2026),
        ("1월 3일에 면접이 있다", 2027),
        ("في 3 يناير اشتريت بيتا", 2026),
        ("لدي موعد في 3 يناير", 2027),
        ("मैंने 3 जनवरी को घर खरीदा", 2026),
        ("3 जनवरी को मेरा इंटरव्यू है", 2027),
        ("من ۳ ژانویه خانه خریدم", 2026),
        ("3 มกราคม ฉันย้ายบ้านแล้ว", 2026),
        ("3 มกราคม ฉันมีนัด", 2027),
    ],
)
def test_the_tense_of_its_language_says_the_year_of_a_date(text: str, year: int) -> None:
    (found,) = mentions(text, WEDNESDAY)
    assert days_of(found)[0].year == year


NOVEMBER = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jeg skal til tandlægen i morgen", "2026-11-26"),
        ("Vi mødtes den 3. august 2025", "2025-08-03"),
        ("Mødet er på fredag", "2026-11-27"),
        ("næste uge har jeg fri", "2026-11-30/2026-12-06"),
        ("Jeg købte bil for 3 dage siden", "2026-11-22"),
        ("hvad skal jeg i overmorgen?", "2026-11-27"),
        ("Jeg skal til legen i morgen", "2026-11-26"),
        ("Vi dro i går", "2026-11-24"),
        ("neste mandag begynner jeg", "2026-11-30"),
        ("Menen huomenna lääkäriin", "2026-11-26"),
        ("Kävin eilen uimassa", "2026-11-24"),
        ("Tapaaminen on 3. elokuuta 2026", "2026-08-03"),
        ("ensi viikolla on loma", "2026-11-30/2026-12-06"),
        ("kolmen päivän kuluttua on koe", "2026-11-28"),
        ("viime kuussa muutin", "2026-10"),
        ("Завтра я йду до лікаря", "2026-11-26"),
        ("Ми бачилися позавчора", "2026-11-23"),
        ("Іспит 3 серпня 2026", "2026-08-03"),
        ("Три дні тому я купив авто", "2026-11-22"),
        ("наступного тижня відпустка", "2026-11-30/2026-12-06"),
        ("у п'ятницю зустріч", "2026-11-27"),
        ("Αύριο πάω στον γιατρό", "2026-11-26"),
        ("Χθες πήγα στην Πάτρα", "2026-11-24"),
        ("Η εξέταση είναι στις 3 Αυγούστου 2026", "2026-08-03"),
        ("πριν από 3 μέρες αγόρασα αμάξι", "2026-11-22"),
        ("την επόμενη εβδομάδα", "2026-11-30/2026-12-06"),
        ("מחר יש לי תור לרופא", "2026-11-26"),
        ("אתמול קניתי רכב", "2026-11-24"),
        ("המבחן ב-3 באוגוסט 2026", "2026-08-03"),
        ("בשבוע הבא אני בחופש", "2026-11-30/2026-12-06"),
        ("לפני 3 ימים עברתי דירה", "2026-11-22"),
        ("Zítra jdu k lékaři", "2026-11-26"),
        ("Předevčírem jsem byl v Brně", "2026-11-23"),
        ("Zkouška je 3. srpna 2026", "2026-08-03"),
        ("za 3 dny odjíždím", "2026-11-28"),
        ("příští týden mám volno", "2026-11-30/2026-12-06"),
        ("v pátek mám schůzku", "2026-11-27"),
        ("Ngày mai tôi đi khám răng", "2026-11-26"),
        ("Hôm qua tôi đã mua xe", "2026-11-24"),
        ("Kỳ thi vào ngày 3 tháng 8 năm 2026", "2026-08-03"),
        ("tuần sau tôi nghỉ", "2026-11-30/2026-12-06"),
        ("3 ngày trước tôi chuyển nhà", "2026-11-22"),
        ("Thứ sáu tôi có hẹn", "2026-11-27"),
        ("tháng trước tôi cưới", "2026-10"),
        ("Besok saya ke dokter gigi", "2026-11-26"),
        ("Kemarin saya membeli mobil", "2026-11-24"),
        ("Ujian tanggal 3 Agustus 2026", "2026-08-03"),
        ("minggu depan saya libur", "2026-11-30/2026-12-06"),
        ("3 hari yang lalu saya pindah", "2026-11-22"),
        ("bulan lalu saya menikah", "2026-10"),
        ("hari Jumat ada rapat", "2026-11-27"),
        ("Mâine merg la dentist", "2026-11-26"),
        ("Ieri am cumpărat o mașină", "2026-11-24"),
        ("Examenul este pe 3 august 2026", "2026-08-03"),
        ("săptămâna viitoare am concediu", "2026-11-30/2026-12-06"),
        ("acum 3 zile m-am mutat", "2026-11-22"),
        ("कल मेरी परीक्षा है", "2026-11-26"),
        ("कल मैं डॉक्टर के पास गया था", "2026-11-24"),
        ("कल बारिश हुई थी", "2026-11-24"),
        ("मैं कल दिल्ली जाऊँगा", "2026-11-26"),
        ("मेरा कल क्या प्लान है?", "2026-11-26"),
        ("मैंने कल क्या खाया?", "2026-11-24"),
        ("कल हमने पिज़्ज़ा खाया", "2026-11-24"),
        ("कल मीटिंग होगी", "2026-11-26"),
        ("कल मुझे जाना है", "2026-11-26"),
        ("परसों मैं मुंबई जा रहा हूँ", "2026-11-27"),
        ("परसों मैंने नई कार खरीदी", "2026-11-23"),
        ("कल सुबह मैं दौड़ूँगी", "2026-11-26"),
        ("कल मैं कहाँ गई थी?", "2026-11-24"),
        ("कल तक काम पूरा करना है", "2026-11-26"),
        ("मेरी बहन कल आई", "2026-11-24"),
        ("मेरी बहन कल आएगी", "2026-11-26"),
        ("कल मेरी बहन की शादी है", "2026-11-26"),
        ("कल मेरी बहन की शादी थी", "2026-11-24"),
        ("मैं कल बैंक जाने वाला हूँ", "2026-11-26"),
        ("कल उसने मुझे फ़ोन किया", "2026-11-24"),
        ("कल मुझे क्या करना है?", "2026-11-26"),
        ("राहुल कल कहाँ था?", "2026-11-24"),
        ("परसों छुट्टी होगी", "2026-11-27"),
        ("परसों हम फ़िल्म देखने गए", "2026-11-23"),
        ("आज मैं घर पर हूँ", "2026-11-25"),
        ("कल बहुत ठंड लगी", "2026-11-24"),
        ("Jeg spiste med Lars i går", "2026-11-24"),
        ("Nähdään ylihuomenna", "2026-11-27"),
        ("Позавчора ми ходили в кіно", "2026-11-23"),
        ("Σήμερα το πρωί έτρεξα", "2026-11-25"),
        ("נפגשנו ביום רביעי", "2026-11-25"),
        ("Včera večer pršelo", "2026-11-24"),
        ("Tuần trước tôi bị ốm", "2026-11-16/2026-11-22"),
        ("Lusa kami pindah rumah", "2026-11-27"),
    ],
)
def test_relative_days_are_read_in_every_language(text: str, day: str) -> None:
    assert [written(period) for period in mentions(text, NOVEMBER)] == [day]


@pytest.mark.parametrize("text", ["कल", "परसों की मीटिंग", "आजकल मैं व्यस्त हूँ", "मैं विकल हूँ"])
def test_a_hindi_day_that_no_verb_decides_is_not_read(text: str) -> None:
    assert mentions(text, NOVEMBER) == []


def test_the_listed_hints_are_those_of_the_languages() -> None:
    listed = HINTS.read_text(encoding="utf-8")
    assert listed == made_hints(), "run python -m litemem.core.text.foreign_dates"


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("Was habe ich in den nächsten zwei Wochen vor?", 0, 14),
        ("Was habe ich in den letzten drei Tagen gemacht?", -3, 0),
        ("Qu'est-ce que j'ai dans les trois prochains jours ?", 0, 3),
        ("Qu'ai-je fait les deux dernières semaines ?", -14, 0),
        ("¿Qué tengo en los próximos diez días?", 0, 10),
        ("¿Qué hice en las últimas dos semanas?", -14, 0),
        ("Cosa ho nei prossimi due giorni?", 0, 2),
        ("Cosa ho fatto negli ultimi tre giorni?", -3, 0),
        ("O que tenho nas próximas duas semanas?", 0, 14),
        ("O que fiz nos últimos dez dias?", -10, 0),
        ("Wat heb ik de komende twee weken?", 0, 14),
        ("Wat heb ik de afgelopen drie dagen gedaan?", -3, 0),
        ("Что у меня в ближайшие две недели?", 0, 14),
        ("Что я делал за последние три дня?", -3, 0),
        ("Що в мене в найближчі два тижні?", 0, 14),
        ("Co mam w ciągu najbliższych dwóch tygodni?", 0, 14),
        ("Co mám v příštích dvou týdnech?", 0, 14),
        ("Vad har jag de närmaste två veckorna?", 0, 14),
        ("Hvad skal jeg de næste 2 uger?", 0, 14),
        ("Hva skal jeg de neste to ukene?", 0, 14),
        ("Mitä minulla on seuraavan kahden viikon aikana?", 0, 14),
        ("Önümüzdeki iki hafta ne yapıyorum?", 0, 14),
        ("Son üç günde ne yaptım?", -3, 0),
        ("Τι έχω τις επόμενες δύο εβδομάδες;", 0, 14),
        ("Ce am în următoarele două săptămâni?", 0, 14),
        ("Tôi có gì trong 2 tuần tới?", 0, 14),
        ("Apa jadwal saya 2 minggu ke depan?", 0, 14),
        ("接下来两周有什么安排？", 0, 14),
        ("过去两周我做了什么？", -14, 0),
        ("这两周有什么安排？", 0, 14),
        ("这两周我做了什么？", -14, 0),
        ("今後2週間の予定は？", 0, 14),
        ("過去3日間に何をした？", -3, 0),
        ("この2週間何をした？", -14, 0),
        ("다음 2주 동안 일정은?", 0, 14),
        ("지난 3일 동안 뭐 했어?", -3, 0),
        ("ماذا لدي خلال الأسبوعين القادمين؟", 0, 14),
        ("ماذا لدي في الأيام الثلاثة القادمة؟", 0, 3),
        ("अगले दो हफ्तों में क्या है?", 0, 14),
        ("पिछले तीन दिनों में मैंने क्या किया?", -3, 0),
        ("دو هفته آینده چه برنامه‌ای دارم؟", 0, 14),
        ("מה יש לי בשבועיים הקרובים?", 0, 14),
        ("ฉันมีอะไรในอีก 2 สัปดาห์ข้างหน้า", 0, 14),
        ("ในช่วง 3 วันที่ผ่านมาฉันทำอะไร", -3, 0),
    ],
)
def test_a_span_of_days_from_today_is_read_in_a_query_only(
    query: str, first: int, last: int
) -> None:
    (found,) = read_dates(query, WEDNESDAY, latest=True).periods
    assert days_of(found) == (
        WEDNESDAY + timedelta(days=first),
        WEDNESDAY + timedelta(days=last),
    )
    spans = {days_of(period) for period in mentions(query, WEDNESDAY)}
    assert days_of(found) not in spans


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Was mache ich am Montag?", {"2026-04-13", "2026-04-20"}),
        ("Was steht am Montag an?", {"2026-04-13", "2026-04-20"}),
        ("Was war am Montag?", {"2026-04-13"}),
        ("Was habe ich am Montag gemacht?", {"2026-04-13"}),
        ("What did I do vendredi?", {"2026-04-10"}),
        ("Was habe ich übernächste Woche vor?", {"2026-04-27/2026-05-03"}),
        ("Was war vorletzte Woche?", {"2026-03-30/2026-04-05"}),
        ("再来週の予定は？", {"2026-04-27/2026-05-03"}),
        ("先々週何をした？", {"2026-03-30/2026-04-05"}),
        ("下下周有什么安排？", {"2026-04-27/2026-05-03"}),
        ("上上周我做了什么？", {"2026-03-30/2026-04-05"}),
        ("다다음 주 일정은?", {"2026-04-27/2026-05-03"}),
        ("지지난주에 뭐 했어?", {"2026-03-30/2026-04-05"}),
        ("Was mache ich heute in einer Woche?", {"2026-04-22"}),
        ("Qu'est-ce que j'ai dans quinze jours ?", {"2026-04-30"}),
        ("¿Qué hice hace quince días?", {"2026-03-31"}),
        ("Was habe ich am Wochenende gemacht?", {"2026-04-11/2026-04-12"}),
        ("Cosa ho questo fine settimana?", {"2026-04-18/2026-04-19"}),
        ("O que fiz no fim de semana?", {"2026-04-11/2026-04-12"}),
        ("Co robię w ten weekend?", {"2026-04-18/2026-04-19"}),
        ("Vad gör jag i helgen?", {"2026-04-11/2026-04-12", "2026-04-18/2026-04-19"}),
        ("Что у меня на выходных?", {"2026-04-11/2026-04-12", "2026-04-18/2026-04-19"}),
    ],
)
def test_a_question_of_another_language_asks_for_its_days(query: str, expected: set[str]) -> None:
    periods = read_dates(query, WEDNESDAY, latest=True).periods
    assert {written(period) for period in periods} == expected
