"""A new statement ends what it replaces: a holder, a dose, a length, a value, a pregnancy."""

import pytest

from litemem import Memory
from litemem.ingestion.compare import compare_facts
from litemem.testing import HashEmbedder, ScriptedLLM

NEAR = 0.6  # of the vectors of two facts about one thing

ENDED = """
Priya runs the standup | Tomek took over the standup from Priya
Priya runs the standup | the standup is now run by Tomek
Priya runs the standup | Priya handed the standup to Tomek
Priya leitet das Standup | Tomek übernimmt das Standup
Priya leitet das Standup | User: “Tomek hat das Standup von Priya übernommen.”
Priya anime le stand-up | Tomek a repris le stand-up de Priya
Priya anime la réunion du lundi | C'est Tomek qui anime maintenant la réunion du lundi
Priya dirige la reunión diaria | Tomek se ha hecho cargo de la reunión diaria
Priya lleva el club de lectura | Priya le pasó el club de lectura a Tomek
Priya guida la riunione | Tomek ha preso in mano la riunione
Priya lidera a reunião diária | Tomek assumiu a reunião diária
Priya leidt de stand-up | Tomek heeft de stand-up overgenomen van Priya
Priya håller i morgonmötet | Tomek tog över morgonmötet
Priya prowadzi standup | Tomek przejął standup od Priyi
Прия ведёт стендап | Стендап теперь ведёт Томек
Прия ведёт стендап | Прия передала стендап Томеку
Priya toplantıyı yönetiyor | Tomek toplantıyı Priya'dan devraldı
Priya负责站会 | Tomek接手了站会
Priyaは朝会を担当している | Tomekが朝会を引き継いだ
프리야가 스탠드업을 진행한다 | 토멕이 스탠드업을 넘겨받았다
Priya memimpin rapat harian | Tomek mengambil alih rapat harian
Priya vede poradu | Tomek převzal poradu po Priye
User runs the book club | User handed the book club to Nina
User tiene un Seat Ibiza gris | User: “He vendido el Seat, ahora voy en una Vespa.”
User fährt einen Golf | User: “Den Golf hab ich verkauft, jetzt fahr ich Rad.”
User has a grey Seat Ibiza | User sold the Seat and now rides a Vespa
User drives a Ford Focus | User: “Totalled the Focus last night, we're all fine.”
User a une Peugeot 208 bleue | User: “J'ai vendu la Peugeot, je prends le bus maintenant.”
User ha una Fiat Panda rossa | User: “Ho venduto la Panda, adesso vado in bici.”
User tem um Fiat Uno | User: “Vendi o Uno ontem, agora ando de ônibus.”
User heeft een Volvo V70 | User: “De Volvo is verkocht, ik fiets nu.”
User kör en Volvo | User: “Jag har sålt Volvon, cyklar nu.”
User jeździ Skodą | User: “Sprzedałem Skodę, teraz jeżdżę rowerem.”
User ездит на Ладе | User: “Продал Ладу, теперь хожу пешком.”
User用一台相机 | User把相机卖了
Userはピアノを持っている | User: “ピアノを売りました。”
User에게는 피아노가 있다 | User는 피아노를 팔았다
User has a cat named Miso | User: “Miso died on Sunday.”
User takes 50 micrograms of levothyroxine every morning | User: “endo put my levothyroxine up to 75 from this week”
User takes 50 micrograms of levothyroxine every morning | User's levothyroxine was put up to 75
User takes 20 mg of escitalopram | User: “the doctor halved my dose to 10 mg”
User earns 45k | User: “HR bumped me to 52k”
User nimmt 50 Mikrogramm L-Thyroxin | User: “Der Arzt hat mein L-Thyroxin auf 75 erhöht.”
User prend 50 microgrammes de lévothyroxine | User: “Le médecin a augmenté ma lévothyroxine à 75.”
User toma 20 mg de enalapril | User: “El médico me subió el enalapril a 40 mg.”
User prende 10 mg di ramipril | User: “Il medico ha dimezzato la dose a 5 mg.”
User slikt 20 mg citalopram | User: “De huisarts heeft mijn citalopram verhoogd naar 30 mg.”
User bierze 50 mg sertraliny | User: “Lekarz zwiększył mi dawkę do 100 mg.”
User принимает 50 мг сертралина | User: “Врач повысил мне дозу до 100 мг.”
User服用20毫克的洛沙坦 | User: “医生把洛沙坦加到了40毫克”
Unsere Sprints dauern zwei Wochen | User: “Ab jetzt machen wir dreiwöchige Sprints.”
User's sprints are two weeks long | User's team does three-week sprints
User's therapy sessions are 50 minutes long | User: “From March we do 90-minute therapy sessions.”
Les sprints de User durent deux semaines | User: “À partir de maintenant on fait des sprints de trois semaines.”
Los sprints de User duran dos semanas | User: “Desde ahora hacemos sprints de tres semanas.”
Gli sprint di User durano due settimane | User: “D'ora in poi facciamo sprint di tre settimane.”
De sprints van User duren twee weken | User: “Vanaf nu doen we sprints van drie weken.”
Sprinty User trwają dwa tygodnie | User: “Odtąd robimy trzytygodniowe sprinty.”
Спринты User длятся две недели | User: “Теперь у нас трёхнедельные спринты.”
User的冲刺是两周 | User: “从现在起冲刺是三周”
User's daughter Ines studies in Leuven | User: “Wrong city, Ines studies in Liège.”
User's daughter Ines studies in Leuven | Ines studies in Liège
User's daughter Ines studies in Leuven | User: “not Leuven, Liège”
User's daughter Ines studies in Leuven | User: “Typo: Ines studies in Liège.”
Users Tochter Ines studiert in Löwen | User: “Falsche Stadt, Ines studiert in Lüttich.”
La fille de User, Ines, étudie à Louvain | User: “Erreur, Ines étudie à Liège.”
User对芒果过敏 | 用户说错了，过敏的不是芒果，是菠萝
User is allergic to mango | User: “it's not mango I'm allergic to, it's pineapple”
La reunión es el martes | User: “no era el martes sino el jueves”
User ist gegen Mango allergisch | User: “Nicht Mango, sondern Ananas.”
User est allergique à la mangue | User: “Ce n'est pas la mangue, c'est l'ananas.”
User é alérgico a manga | User: “não é manga, é abacaxi”
Userはマンゴーアレルギーだ | User: “マンゴーじゃなくてパイナップルです。”
User는 망고 알레르기가 있다 | User: “망고가 아니라 파인애플이에요.”
У User аллергия на манго | User: “не манго, а ананас”
User'ın mangoya alerjisi var | User: “mango değil ananas”
User ma alergię na mango | User: “Nie mango, tylko ananas.”
User is allergisch voor mango | User: “Niet mango maar ananas.”
User is pregnant with their first, due in January | Otis, 3.4 kg, born at 4am, everyone well
User is pregnant | User: “he's here!! Otis, 3.4 kg, born at 4am, everyone well”
User is pregnant | User: “our daughter arrived last night”
User ist schwanger | User: “Die Kleine ist da!”
User est enceinte | User: “Notre fille est née cette nuit.”
User está embarazada | User: “¡Ya nació! Se llama Lucas.”
User è incinta | User: “È nata stanotte, si chiama Emma.”
User está grávida | User: “A bebê nasceu ontem à noite.”
User is zwanger | User: “Onze dochter is vannacht geboren.”
User jest w ciąży | User: “Urodziła się dziś o 4 rano!”
User беременна | User: “Наша дочь родилась сегодня ночью!”
User怀孕了 | User: “宝宝昨晚出生了！”
Userは妊娠している | User: “今朝、娘が生まれました。”
"""

KEPT = """
Priya runs the standup | Tomek took over the retro from Lena
Priya runs the standup | Tomek will take over the standup
Priya runs the standup | Priya took over the standup from Tomek
Priya runs the standup | User: “Could Tomek take over the standup?”
Priya runs the standup | Priya took over the retro
Priya runs the standup | Tomek took over Priya's mortgage
Priya runs the standup | Tomek runs the retro now
Priya leitet das Standup | Tomek würde gern das Standup übernehmen
Priya leitet das Standup | Tomek übernimmt das Retro
Priya dirige la reunión diaria | Tomek asumió la reunión semanal de ventas
Priya anime le stand-up | Tomek va reprendre le stand-up
Прия ведёт стендап | Прия переняла стендап у Томека
Прия ведёт стендап | Томек ведёт ретро теперь
Priya负责站会 | Tomek接手了周报
Priyaは朝会を担当している | Tomekが会計を引き継いだ
Priya prowadzi standup | Tomek przejął retro od Priyi
User has a grey Seat Ibiza | User's brother sold his Seat
User has a grey Seat Ibiza | User sold tickets for the concert
User has a grey Seat Ibiza | User wants to sell the Seat
User has a grey Seat Ibiza | User lost the keys of the Seat
User fährt einen Golf | User: “Mein Bruder hat seinen Golf verkauft.”
User fährt einen Golf | User: “Soll ich den Golf verkaufen?”
User tiene un Seat Ibiza gris | User: “He vendido las entradas, ahora voy al cine.”
User tiene un Seat Ibiza gris | User: “Mi hermana ha vendido su Seat.”
User a une Peugeot 208 | User: “J'ai vendu le canapé, la Peugeot reste.”
User kör en Volvo | User: “Jag funderar på att sälja Volvon.”
User jeździ Skodą | User: “Chcę sprzedać Skodę.”
User用一台相机 | User卖了车
User takes 50 micrograms of levothyroxine every morning | User: “put up a shelf 75 cm wide”
User takes 50 micrograms of levothyroxine every morning | User's mother's levothyroxine was put up to 75
User takes 50 micrograms of levothyroxine every morning | User: “endo put my metformin up to 750”
User takes 50 micrograms of levothyroxine every morning | User: “the endo may put my levothyroxine up to 75”
User takes 50 micrograms of levothyroxine every morning | User: “endo raised my levothyroxine by 25”
User earns 45k | User: “the boss bumped the marketing budget to 52k”
User nimmt 50 Mikrogramm L-Thyroxin | User: “Der Arzt hat das L-Thyroxin meiner Mutter auf 75 erhöht.”
User toma 20 mg de enalapril | User: “El médico me subió la metformina a 850 mg.”
User принимает 50 мг сертралина | User: “Врач повысил маме дозу до 100 мг.”
Unsere Sprints dauern zwei Wochen | User: “Das Team von Jan macht dreiwöchige Sprints.”
Unsere Sprints dauern zwei Wochen | User: “Ab jetzt machen wir dreiwöchige Pausen.”
User's sprints are two weeks long | User wants three-week sprints
User's sprints are two weeks long | The platform team does three-week sprints
User's sprints are two weeks long | User has a three-week holiday
User has a three-year-old daughter | User has a five-year-old daughter
Los sprints de User duran dos semanas | User: “¿Y si hacemos sprints de tres semanas?”
User's daughter Ines studies in Leuven | User's daughter Marie studies in Liège
User's daughter Ines studies in Leuven | Ines studies law
User's daughter Ines studies in Leuven | User: “Ines wants to study in Liège.”
User's daughter Ines studies in Leuven | User: “No, it's raining”
User is allergic to mango | User: “it's not only mango but also pineapple”
User is allergic to mango | User: “My brother is not allergic to mango but to pineapple”
User is allergic to mango | User: “I bought not mango but pineapple for Ana”
User对芒果过敏 | User: “我弟弟过敏的不是芒果，是菠萝”
La reunión es el martes | User: “el dentista no era el martes sino el jueves”
User ist gegen Mango allergisch | User: “Mein Bruder verträgt nicht Mango, sondern Ananas nicht.”
User is pregnant | User: “My sister's baby was born last night.”
User is pregnant | User's son Otis was born in 1990
User is pregnant | User: “Ana's twins arrived yesterday”
User is pregnant | User: “The puppies were born this morning”
User is pregnant | User was born on 4 May
User's sister is pregnant | User: “our daughter arrived last night”
User ist schwanger | User: “Das Baby meiner Schwester ist da!”
User est enceinte | User: “Le bébé de ma sœur est né hier.”
User está embarazada | User: “Nació el bebé de mi prima.”
User беременна | User: “У моей сестры родилась дочь.”
User怀孕了 | User: “我姐姐的宝宝出生了”
Userは妊娠している | User: “姉の赤ちゃんが生まれました。”
"""


def rows(text: str) -> list[tuple[str, str]]:
    pairs = (line.split(" | ") for line in text.strip().splitlines())
    return [(known, new) for known, new in pairs]


@pytest.mark.parametrize(("known", "new"), rows(ENDED))
def test_a_statement_ends_what_it_replaces(known: str, new: str) -> None:
    assert compare_facts(known, new, NEAR) == "contradicts"


@pytest.mark.parametrize(("known", "new"), rows(KEPT))
def test_a_statement_about_something_else_ends_nothing(known: str, new: str) -> None:
    assert compare_facts(known, new, NEAR) not in ("contradicts", "same", "richer")


def told(*said: tuple[str, list[str]]) -> list[str]:
    """Return the memories after messages, each with the facts that the model finds in it."""
    llm = ScriptedLLM([facts for _, facts in said] + [[]] * 4)
    with Memory(":memory:", llm=llm, embedder=HashEmbedder(64)) as memory:
        for text, _ in said:
            memory.add(text, user_id="u")
        return sorted(each["memory"] for each in memory.get_all(user_id="u")["results"])


def test_a_pronoun_stands_for_what_the_message_before_names() -> None:
    memories = told(
        ("Priya runs the standup.", ["Priya runs the standup"]),
        ("Lena runs the book club.", ["Lena runs the book club"]),
        ("Lena has run the book club for years.", []),
        ("Not any more, Tomek took it over.", ["Tomek took it over"]),
    )
    assert "Priya runs the standup" in memories
    assert "Lena runs the book club" not in memories


def test_a_value_alone_corrects_what_the_message_before_says() -> None:
    memories = told(
        ("The dentist is on Tuesday.", ["User's dentist appointment is on Tuesday"]),
        ("The concert is on Tuesday.", ["The concert is on Tuesday"]),
        ("Sorry, not Tuesday but Thursday.", ["User: “Sorry, not Tuesday but Thursday.”"]),
    )
    assert [memory for memory in memories if "dentist" in memory]
    assert not [memory for memory in memories if "concert" in memory]
