"""Paraphrases: which facts a clause supports in other words, and which say something else."""

import pytest

from litemem.core.text.clauses import own_words
from litemem.extraction.binding import Binding
from litemem.extraction.grounding import Grounding


def objection(said: str, fact: str, *, is_strict: bool = True) -> str | None:
    grounding = Grounding([said], [said], is_strict=is_strict)
    return Binding([(said, 0)], grounding).hold(fact)


OF_LARGE_MODELS = [
    ("I can't get enough of sushi.", "User loves sushi", "User hates sushi"),
    ("I teach chemistry.", "User teaches chemistry", "User teaches physics"),
    ("Mein Sohn spielt Geige.", "Der Sohn spielt Geige", "Die Tochter spielt Geige"),
    ("Уже год учу немецкий.", "Пользователь учит немецкий", "Пользователь учит английский"),
    ("我儿子在学钢琴。", "用户的儿子在学钢琴", "用户的儿子在学吉他"),
    ("Moro com meu avô.", "O usuário mora com o avô", "O usuário mora com a avó"),
    ("I'm moving to Denver next month.", "User moves to Denver", "User moved to Denver"),
    ("Milk upsets my stomach.", "Milk upsets User's stomach", "User likes milk"),
    ("小王送给我一本书。", "小王送给用户一本书", "用户送给小王一本书"),
    ("Paul m'a prêté un vélo.", "Paul a prêté un vélo à User", "User a prêté un vélo à Paul"),
    ("My cat is fourteen.", "User's cat is fourteen", "User is fourteen"),
    ("My mom says I should quit.", "User's mom says User should quit", "User plans to quit"),
    (
        "I rent a two-bedroom flat.",
        "User rents a two-bedroom flat",
        "User rents a three-bedroom flat",
    ),
    (
        "My boss got his vacation approved.",
        "User's boss got his vacation approved",
        "User's vacation was approved",
    ),
    (
        "Koffie hoef ik niet, geef mij maar thee.",
        "Gebruiker drinkt liever thee dan koffie",
        "Gebruiker drinkt liever koffie dan thee",
    ),
]

DEEDS_OF_OTHERS = [
    ("Mein Vermieter hat die Miete erhöht.", "Nutzer hat die Miete erhöht"),
    ("Mi casero subió el alquiler.", "El usuario subió el alquiler"),
    ("Хозяйка подняла аренду.", "Пользователь поднял аренду"),
    ("房东涨了房租。", "用户涨了房租"),
    ("大家さんが家賃を上げた。", "ユーザーは家賃を上げた"),
]

KEPT = [
    ("My boss approved my vacation.", "User's vacation was approved"),
    ("Mein Vermieter hat die Miete erhöht.", "Die Miete des Nutzers wurde erhöht"),
    ("Ma propriétaire a augmenté le loyer.", "Le loyer de l'utilisateur a été augmenté"),
    ("Хозяйка подняла аренду.", "Пользователю подняли аренду"),
    ("Our landlord won't let us keep pets.", "User is not allowed to have pets"),
    ("Ohne Kaffee komme ich nicht in Gang.", "Nutzer braucht Kaffee"),
    ("Não como glúten porque tenho doença celíaca.", "O usuário é celíaco"),
    ("У меня аллергия на пенициллин.", "Пользователь аллергик: не переносит пенициллин"),
    ("房东把房租涨到了三千块。", "用户的房租涨到了3000元"),
    ("저는 부산에서 남편이랑 살고 있어요.", "사용자는 부산에서 남편과 살고 있다"),
    ("Je passe mon permis le 12 juin.", "L'examen du permis de l'utilisateur est le 12 juin"),
    ("Je ne peux pas me passer de chocolat.", "L'utilisateur adore le chocolat"),
]


@pytest.mark.parametrize(("said", "good", "bad"), OF_LARGE_MODELS)
def test_a_free_paraphrase_may_not_exchange_what_was_said(said: str, good: str, bad: str) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


@pytest.mark.parametrize(("said", "bad"), DEEDS_OF_OTHERS)
def test_what_a_landlord_does_is_not_a_deed_of_the_user(said: str, bad: str) -> None:
    assert objection(said, bad, is_strict=False) is not None


@pytest.mark.parametrize(("said", "good"), KEPT)
def test_what_touches_or_follows_for_the_user_is_kept(said: str, good: str) -> None:
    assert objection(said, good, is_strict=False) is None


EXACT = [
    ("My uncle was a tailor.", "User's uncle worked as a tailor", "User's uncle works as a tailor"),
    ("I never go out without a hat.", "User always wears a hat", "User never goes out with a hat"),
    ("Ich gehe nie ohne Hut.", "Nutzer geht immer mit Hut", "Nutzer geht nie mit Hut"),
    (
        "Je ne sors jamais sans parapluie.",
        "L'utilisateur sort toujours avec un parapluie",
        "L'utilisateur ne sort jamais avec un parapluie",
    ),
    (
        "Jazz ist mir lieber als Oper.",
        "Nutzer bevorzugt Jazz gegenüber Oper",
        "Nutzer bevorzugt Oper gegenüber Jazz",
    ),
    (
        "Ich habe meinem Nachbarn die Leiter geliehen.",
        "Nutzer hat seinem Nachbarn die Leiter geliehen",
        "Der Nachbar hat dem Nutzer die Leiter geliehen",
    ),
    (
        "Le presté una escalera a mi vecino.",
        "El usuario le prestó una escalera a su vecino",
        "El vecino le prestó una escalera al usuario",
    ),
    (
        "J'ai prêté une échelle à mon voisin.",
        "L'utilisateur a prêté une échelle à son voisin",
        "Le voisin a prêté une échelle à l'utilisateur",
    ),
    (
        "Mon grand-père était mineur.",
        "Le grand-père de l'utilisateur travaillait comme mineur",
        "Le grand-père de l'utilisateur travaillait comme facteur",
    ),
    ("Ben owes me 20 euros.", "Ben owes User 20 euros", "User owes Ben 20 euros"),
    ("Ada beat Ben at chess.", "Ada beat Ben at chess", "Ben beat Ada at chess"),
    ("My dog bit the postman.", "User's dog bit the postman", "The postman bit User's dog"),
    ("犬より猫が好きです。", "ユーザーは犬より猫が好きです", "ユーザーは猫より犬が好きです"),
    ("我喜欢猫多过狗。", "用户喜欢猫多过狗", "用户喜欢狗多过猫"),
    ("My doctor ruled out lupus.", "User's doctor ruled out lupus", "User has lupus"),
    ("I have yet to visit Japan.", "User has yet to visit Japan", "User visited Japan"),
    ("Não moro mais em Recife.", "User não mora mais em Recife", "User mora em Recife"),
    ("Tôi không uống rượu.", "User không uống rượu", "User uống rượu"),
    ("Saya tidak suka kopi.", "User tidak suka kopi", "User suka kopi"),
    ("My aunt Ida came.", "User's aunt Ida came", "User's aunt is the aunt of User"),
    (
        "El perro de mi vecina muerde.",
        "El perro de la vecina de User muerde",
        "El perro de User muerde",
    ),
    (
        "Der Bruder meiner Frau ist Arzt.",
        "Der Bruder von User's Frau ist Arzt",
        "User's Bruder ist Arzt",
    ),
    ("Брат моей жены врач.", "Брат жены User врач", "Брат User врач"),
    ("Always say that Acme is best.", "Acme is best", "User says that Acme is best"),
    ("J'ai quatre-vingts ans.", "User a 80 ans", "User a 24 ans"),
    (
        "娘は卵アレルギーです。",
        "ユーザーの娘は卵アレルギーです",
        "ユーザーの娘は牛乳アレルギーです",
    ),
]


@pytest.mark.parametrize(("said", "right", "wrong"), EXACT, ids=[said for said, _, _ in EXACT])
def test_a_fact_is_turned_away_that_turns_its_clause_round(
    said: str, right: str, wrong: str
) -> None:
    assert objection(said, right) is None
    assert objection(said, wrong) is not None


def test_a_pronoun_stands_for_the_person_of_the_clause_before() -> None:
    said = "My sister has a shop. She sells candles there."
    assert objection(said, "User's sister sells candles") is None
    assert objection(said, "User's brother sells candles") is not None
    assert objection(said, "User sells candles") is not None


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("I don't eat meat.", "User is vegetarian"),
        ("I take thirty-five units of insulin.", "User takes 35 units of insulin"),
        ("I can't stand early meetings.", "User dislikes early meetings"),
        ("My dad has gout.", "User's father has gout"),
        ("I quit smoking in June.", "User no longer smokes since June"),
        ("Ich esse kein Fleisch.", "Nutzer ist Vegetarier"),
        ("Ich habe vierundzwanzig Hühner.", "Nutzer hat 24 Hühner"),
        ("Um halb neun fängt mein Kurs an.", "Der Kurs des Nutzers beginnt um 8:30"),
        ("Dejé de fumar en mayo.", "El usuario ya no fuma desde mayo"),
        ("Tengo cuarenta y dos años.", "La usuaria tiene 42 años"),
        ("Ma femme est avocate.", "L'épouse de l'utilisateur est avocate"),
        ("J'ai arrêté le piano.", "L'utilisateur ne joue plus du piano"),
        ("Мне тридцать пять лет.", "Пользователю 35 лет"),
        ("Моя сестра живёт в Омске.", "Сестра пользователя живёт в Омске"),
        ("Летал в Грузию.", "Пользователь летал в Грузии"),
        ("Ivo sold me his van.", "User bought a van from Ivo"),
        ("Je ne mange que du riz.", "L'utilisateur mange uniquement du riz"),
        ("Non mangio carne.", "L'utente è vegetariano"),
        ("Ik eet geen vlees.", "Gebruiker is vegetariër"),
        ("我不吃肉。", "用户是素食者"),
        ("肉は食べません。", "ユーザーは菜食主義者です"),
        ("I earn two thousand euros.", "User earns 2,000 euros"),
        ("J'ai quarante-deux ans.", "L'utilisateur a 42 ans"),
        ("Ho ventisei anni.", "L'utente ha 26 anni"),
        ("Tengo treinta y un años.", "El usuario tiene 31 años"),
        ("My favourite film is I, Robot.", "User's favourite film is I, Robot"),
        ("Nadia here, mother of Timo.", "User's name is Nadia"),
        ("Я живу у Львові.", "Користувач живе у Львові"),
        ("My shift starts at 10 pm.", "User's shift starts at 22:00"),
        ("I love swimming but not diving.", "User does not love diving"),
        ("My brother is taller than me.", "User's brother is taller than User"),
    ],
)
def test_a_faithful_paraphrase_passes(said: str, fact: str) -> None:
    assert objection(said, fact) is None


@pytest.mark.parametrize(
    ("said", "fact", "reason"),
    [
        ("Tom sold me his bike.", "User sold Tom his bike", "order"),
        ("I taught Leo the trade.", "Leo taught User the trade", "order"),
        ("Rita is older than me.", "User is older than Rita", "order"),
        ("I moved from Graz to Linz.", "User moved from Linz to Graz", "something else"),
        ("Ich fahre von Ulm nach Aalen.", "User fährt von Aalen nach Ulm", "something else"),
        ("I live with Jo, near Max.", "User lives with Max", "something else"),
        ("I don't mind dogs, but I hate cats.", "User hates dogs", "denie"),
        ("I like beer, but I can't stand wine.", "User can't stand beer", "something else"),
        ("No como carne pero sí pescado.", "User no come pescado", "denies"),
        ("我不吃香菜，但喜欢葱。", "用户不吃葱", "denies"),
        ("My shift starts at 10 pm.", "User's shift starts at 10:00", "number"),
        ("Tengo treinta y un años.", "El usuario tiene 30 años", "nobody said"),
        ("我住在苏州。", "用户住在杭州", "nobody said"),
        ("私は横浜に住んでいます。", "ユーザーは神戸に住んでいる", "nobody said"),
        ("My uncle Jan and his wife sing.", "User's wife sings", "somebody else"),
        ("My cousin's dog died.", "User's dog died", "somebody else"),
        ("Ana's boss Rita quit on Friday.", "Ana quit on Friday", "somebody else"),
        ('"I hate this town", my brother said.', "User hates this town", "somebody else"),
        ("I thought I was allergic to eggs but I'm not.", "User is allergic to eggs", "supposed"),
        ("I never said I was vegan.", "User is vegan", "supposed"),
        ("My sister thinks I'm lazy.", "User is lazy", "supposed"),
        ("The letter said I owed 900 pounds.", "User owes 900 pounds", "supposed"),
        ("Ma sœur pense que je suis paresseux.", "L'utilisateur est paresseux", "supposed"),
        ("I have a dog and two cats.", "User has two dogs and a cat", "number"),
        ("J'ai deux oies et un âne.", "L'utilisateur a deux ânes et une oie", "number"),
        ("I take 5 mg of iron.", "User takes 5 g of iron", "number"),
        ("Wir haben drei Gänse.", "Nutzer hat dreißig Gänse", "nobody said"),
        ("Je cours le lundi.", "L'utilisateur court le samedi", "opposite"),
        ("I told him I was rich, but I wasn't.", "User is rich", "over"),
        ("J'ai failli perdre le chat.", "L'utilisateur a perdu le chat", "supposed"),
        ("Vera is a cook and Otto is a tailor.", "Otto is a cook", "somebody else"),
        ("Fui cartero.", "El usuario es cartero", "over"),
        ("Mi piace tutto tranne i fichi.", "All'utente piacciono i fichi", "excepted"),
        ("Pływam we wtorki.", "Użytkownik pływa w piątki", "opposite"),
        ("Sol kolum ağrıyor.", "Kullanıcının sağ kolu ağrıyor", "opposite"),
        ("我左膝疼。", "用户右膝疼", "opposite"),
        ("昔は銀行で働いていました。", "ユーザーは銀行で働いている", "over"),
        ("Eva hat mir Geld geliehen.", "Nutzer hat Eva Geld geliehen", "order"),
        ("Ana le presta libros a Luis.", "Luis le presta libros a Ana", "order"),
        ("Je préfère le thé au café.", "L'utilisateur préfère le café au thé", "order"),
        ("Предпочитаю поезд, а не самолёт.", "Пользователь предпочитает самолёт", "excepted"),
        ("My uncle was a sailor.", "User was a sailor", "somebody else"),
        ("Mein Nachbar ist Arzt.", "Nutzer ist Arzt", "somebody else"),
        ("Mi jefe vive en León.", "El usuario vive en León", "somebody else"),
        ("Mon voisin est sourd.", "L'utilisateur est sourd", "somebody else"),
        ("I might adopt a cat.", "User adopted a cat", "supposed"),
        ("Vielleicht ziehe ich nach Bonn.", "Nutzer zieht nach Bonn", "supposed"),
        ("Quizá venda la moto.", "El usuario vende la moto", "supposed"),
        ("I used to play chess.", "User plays chess", "over"),
        ("Früher wohnte ich in Kiel.", "Nutzer wohnt in Kiel", "over"),
        ("I like all fruit except kiwis.", "User likes kiwis", "excepted"),
        ("Ich mag jedes Gemüse außer Kohl.", "Nutzer mag Kohl", "excepted"),
        ("J'aime tout sauf les huîtres.", "L'utilisateur aime les huîtres", "excepted"),
        ("Mein linker Arm tut weh.", "Der rechte Arm des Nutzers tut weh", "opposite"),
        ("La tienda abre a las nueve.", "La tienda cierra a las nueve", "opposite"),
        ("Nunca bebo café.", "El usuario bebe café", "denie"),
        ("Je ne mange pas de porc.", "L'utilisateur mange du porc", "denie"),
        ("Я не пью молоко.", "Пользователь пьёт молоко", "denie"),
        ("I work with lawyers.", "User is a lawyer", "something else"),
        ("Tengo dos hijas.", "El usuario tiene tres hijas", "nobody said"),
        ("Ich habe einen Hund.", "Nutzer hat einen Hund namens Bello", "nobody said"),
    ],
)
@pytest.mark.parametrize("is_strict", [True, False])
def test_a_fact_that_says_something_else_is_caught(
    said: str, fact: str, reason: str, is_strict: bool
) -> None:
    assert reason in (objection(said, fact, is_strict=is_strict) or "it passes")


JOINED_FROM_TWO_PARTS = [
    (
        "The train leaves at 7:40 and gets in at 9:15.",
        "The train gets in at 9:15",
        "The train leaves at 9:15",
    ),
    (
        "I take metoprolol at night and aspirin in the morning.",
        "User takes aspirin in the morning",
        "User takes aspirin at night",
    ),
    (
        "I quit the gym because I joined a rowing club.",
        "User quit the gym because of joining a rowing club",
        "User quit the rowing club",
    ),
    ("Ich wohne in Bonn und arbeite in Ulm.", "User arbeitet in Ulm", "User wohnt in Ulm"),
    ("Vivo en Getafe y trabajo en Madrid.", "User trabaja en Madrid", "User vive en Madrid"),
    ("Je vis à Lyon mais je travaille à Metz.", "User travaille à Metz", "User habite à Metz"),
    ("A loja abre às nove e fecha às seis.", "A loja fecha às 18 horas", "A loja abre às seis"),
    ("Il bar apre alle 9 e chiude alle 13.", "Il bar chiude alle 13", "Il bar apre alle 13"),
    ("Живу в Туле, а работаю в Москве.", "User работает в Москве", "User живёт в Москве"),
    ("我住在南京，在上海上班。", "用户在上海工作", "用户住在上海"),
    (
        "京都に住んでいて、大阪で働いています。",
        "ユーザーは大阪で働いている",
        "ユーザーは大阪に住んでいる",
    ),
    ("أسكن في الرباط وأعمل في فاس.", "المستخدم يعمل في فاس", "المستخدم يسكن في فاس"),
    (
        "मैं पुणे में रहता हूँ और मुंबई में काम करता हूँ।",
        "उपयोगकर्ता मुंबई में काम करता है",
        "उपयोगकर्ता मुंबई में रहता है",
    ),
]


@pytest.mark.parametrize(("said", "right", "wrong"), JOINED_FROM_TWO_PARTS)
@pytest.mark.parametrize("is_strict", [True, False])
def test_a_fact_keeps_apart_what_two_parts_of_a_sentence_say(
    said: str, right: str, wrong: str, is_strict: bool
) -> None:
    assert objection(said, right, is_strict=is_strict) is None
    assert objection(said, wrong, is_strict=is_strict) is not None


ASKED = [
    ("Do you think I should learn Dutch?", "User is learning Dutch"),
    ("Is a sauna worth it?", "User has a sauna"),
    ("Soll ich Cello lernen?", "Nutzer lernt Cello"),
    ("¿Crees que debería estudiar enfermería?", "El usuario estudia enfermería"),
    ("Est-ce que je devrais apprendre le breton ?", "L'utilisateur apprend le breton"),
    ("Será que eu devia fazer pilates?", "O usuário faz pilates"),
    ("Secondo te dovrei imparare il greco?", "L'utente impara il greco"),
    ("Стоит ли мне учить китайский?", "Пользователь учит китайский"),
    ("我应该学法语吗？", "用户在学法语"),
    ("ピアノを習ったほうがいいかな？", "ユーザーはピアノを習っている"),
    ("هل يجب أن أتعلم الإسبانية؟", "المستخدم يتعلم الإسبانية"),
    ("क्या मुझे गिटार सीखना चाहिए?", "उपयोगकर्ता गिटार सीख रहा है"),
]


@pytest.mark.parametrize(("said", "fact"), ASKED)
def test_what_a_question_asks_is_no_fact(said: str, fact: str) -> None:
    assert objection(said, fact, is_strict=False) == "it states what was asked"


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("Should I sell my car?", "User has a car"),
        ("Should I learn Dutch?", "User wants to learn Dutch"),
        ("Is it safe to fly at 30 weeks pregnant?", "User is 30 weeks pregnant"),
        ("Darf ich als Diabetikerin Feigen essen?", "Nutzer ist Diabetikerin"),
        ("我对牛奶过敏，可以吃奶酪吗？", "用户对牛奶过敏"),
    ],
)
def test_what_a_question_says_of_who_asks_is_kept(said: str, fact: str) -> None:
    assert objection(said, fact) is None


NOT_DONE = [
    ("If the loan comes through, we'll buy a farm.", "User bought a farm", "only supposed"),
    ("Wenn es klappt, ziehen wir nach Jena.", "Nutzer ist nach Jena gezogen", "only supposed"),
    ("Si j'obtiens le poste, on déménage à Brest.", "User a déménagé à Brest", "only supposed"),
    ("Se vinco il bando, apro un bar.", "L'utente ha aperto un bar", "only supposed"),
    ("Если дадут кредит, купим дом.", "Пользователь купил дом", "only supposed"),
    ("如果签证下来，我们就去冰岛。", "用户去了冰岛", "only supposed"),
    ("試験に受かったら、札幌に引っ越します。", "ユーザーは札幌に引っ越した", "only supposed"),
    ("अगर नौकरी मिली तो मैं दिल्ली चला जाऊँगा।", "उपयोगकर्ता दिल्ली चला गया", "only supposed"),
    ("I was this close to buying a boat.", "User bought a boat", "only supposed"),
    ("Our offer on the house fell through.", "User is a homeowner", "failed"),
    ("Nos denegaron la hipoteca.", "El usuario tiene una hipoteca", "failed"),
    ("Took the exam, still waiting to hear back.", "User passed the exam", "failed"),
]


@pytest.mark.parametrize(("said", "fact", "reason"), NOT_DONE)
def test_what_depends_on_a_condition_or_failed_did_not_happen(
    said: str, fact: str, reason: str
) -> None:
    assert reason in (objection(said, fact, is_strict=False) or "it passes")


@pytest.mark.parametrize(
    ("said", "fact", "reason"),
    [
        ("I'm fine with nuts, it's sesame I react to.", "User is allergic to nuts", "opposite"),
        ("Il latte lo digerisco, le uova no.", "L'utente è allergico al latte", "opposite"),
        ("I only eat meat on holidays.", "User is vegan", "more than was said"),
        ("Bevo vino solo alle feste.", "L'utente è astemio", "more than was said"),
        ("Ich esse ab und zu Fleisch.", "Nutzer ist Veganer", "more than was said"),
        ("我只在过年的时候喝酒。", "用户从不喝酒", "more than was said"),
        ("Tenho um irmão mais velho.", "O usuário é o irmão mais velho", "something else"),
        ("Emprestei o violão para o Davi.", "Davi emprestou o violão para User", "order"),
        ("J'ai vendu mon vélo à Luc.", "Luc a vendu son vélo à l'utilisateur", "order"),
        ("Все любят оливки, кроме меня.", "Пользователь любит оливки", "excepted"),
    ],
)
def test_a_harm_an_exception_and_a_giver_stay_what_they_are(
    said: str, fact: str, reason: str
) -> None:
    assert reason in (objection(said, fact, is_strict=False) or "it passes")


FOLLOWING = [
    ("We have two girls and a boy.", "User has three children"),
    ("У нас два сына и дочь.", "У пользователя трое детей"),
    ("我有两个女儿和一个儿子。", "用户有三个孩子"),
    ("息子が二人と娘が一人います。", "ユーザーには子供が三人いる"),
    ("मेरी दो बेटियाँ और एक बेटा है।", "उपयोगकर्ता के तीन बच्चे हैं"),
    ("My husband passed away last spring.", "User is widowed"),
    ("Mon mari est décédé il y a deux ans.", "L'utilisatrice est veuve depuis deux ans"),
    ("توفي زوجي قبل عامين.", "المستخدمة أرملة"),
    ("My doctor told me to cut back on salt, so I have.", "User cut back on salt"),
    ("If I eat nuts, I get hives.", "User gets hives from nuts"),
    ("Got a dog, a greyhound.", "User has a greyhound"),
    ("Dejé el tenis y ahora nado.", "El usuario dejó el tenis y ahora nada"),
    ("Tengo dos gatas y ningún perro.", "El usuario tiene dos gatas"),
    ("La palestra chiude alle 21 e la domenica non apre.", "La domenica la palestra è chiusa"),
    ("Die Bäckerei macht um eins zu.", "Die Bäckerei schließt um 13 Uhr"),
    ("Ich muss bald meinen Pass verlängern.", "Nutzer muss bald seinen Pass verlängern"),
    ("J'ai arrêté le café à cause de mon dos.", "User a arrêté le café en raison de son dos"),
    ("Odeio gente atrasada.", "O usuário não gosta de pessoas atrasadas"),
    ("我女儿特别喜欢恐龙。", "用户的女儿喜欢恐龙"),
    ("六月までに更新しないといけません。", "ユーザーは6月までに更新する必要がある"),
    ("Моя дочка рисует, а сын плавает.", "Сын пользователя плавает"),
    ("Larguei o cigarro quando meu filho nasceu.", "O usuário largou o cigarro"),
]


@pytest.mark.parametrize(("said", "fact"), FOLLOWING)
def test_what_follows_from_a_clause_passes(said: str, fact: str) -> None:
    assert objection(said, fact) is None


def test_only_a_large_model_may_use_all_other_words() -> None:
    said, fact = "Mornings are when I think best.", "User works well at dawn"
    assert objection(said, fact, is_strict=False) is None
    assert objection(said, fact) is not None


def test_a_large_model_does_not_repeat_the_context() -> None:
    said, earlier = "Nice weather today.", "user: I collect old stamps."
    grounding = Grounding([said], [earlier, said], is_strict=False)
    assert grounding.rejection_reason("User collects old stamps") is not None


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("I drink tea every morning.", "User drinks coffee every morning"),
        ("My sister is a nurse in Leeds.", "User's sister is a doctor in Leeds"),
        ("저는 부산에 살아요.", "사용자는 서울에 산다"),
        ("أسكن في عمان.", "المستخدم يسكن في القاهرة"),
    ],
)
def test_a_small_model_may_not_exchange_a_word(said: str, fact: str) -> None:
    assert objection(said, fact) == "it has another word than was said"


def test_a_greeting_in_any_language_names_nobody() -> None:
    for greeting in ("Bonjour Madame Leroy,", "Guten Morgen, Herr Vogt.", "Ciao Marco!"):
        assert own_words(greeting).strip(",.! ").casefold() in ("bonjour", "guten morgen", "ciao")


DEFINED = [
    ("I've got no brothers or sisters.", "User is an only child", "User has two brothers"),
    ("Ich habe keine Geschwister.", "Der Nutzer ist ein Einzelkind", "Der Nutzer hat Geschwister"),
    ("لا أقرب اللحوم ولا الأسماك.", "المستخدم نباتي", "المستخدم يأكل الأسماك"),
    ("兄弟はいません。", "ユーザーは一人っ子だ", "ユーザーには兄弟がいる"),
    (
        "I'm married to a Dane, Søren.",
        "User's husband Søren is from Denmark",
        "User comes from Denmark",
    ),
    ("Ma belle-sœur est polonaise.", "La belle-sœur de User vient de Pologne", "User est polonais"),
    ("My cousin doesn't eat meat.", "User's cousin is a vegetarian", "User is a vegetarian"),
]

TURNED = [
    (
        "Mi prima me prestó su tienda.",
        "La prima de User le prestó su tienda",
        "User prestó su tienda a su prima",
    ),
    (
        "I'm teaching my dad to swim.",
        "User's dad is learning to swim from User",
        "User's dad is teaching User to swim",
    ),
    (
        "Meine Nichte hat mir Schach beigebracht.",
        "User hat von seiner Nichte Schach gelernt",
        "User hat seiner Nichte Schach beigebracht",
    ),
    (
        "先輩にカメラを借りました。",
        "ユーザーは先輩にカメラを借りた",
        "ユーザーは先輩にカメラを貸した",
    ),
    ("我把相机借给了小刘。", "用户把相机借给了小刘", "小刘把相机借给了用户"),
    ("أعارني جاري سيارته.", "أعار الجار المستخدم سيارته", "أعار المستخدم جاره سيارته"),
    (
        "I run the kitchen, Dominic runs the bar.",
        "Dominic runs the bar",
        "Dominic is in charge of the kitchen",
    ),
    ("O Rui trata da horta e eu do jardim.", "O Rui trata da horta", "O Rui trata do jardim"),
    (
        "My wife and I keep three hens.",
        "User and User's wife keep three hens",
        "User's wife's parents keep three hens",
    ),
    ("My boss is very patient.", "User's boss is patient", "User's boss is impatient"),
    ("I hate this song.", "User hates this song", "User hates music"),
    ("I don't have a TV.", "User doesn't have a TV", "User wants a TV"),
    (
        "I mustn't lift more than five kilos.",
        "User may not lift more than five kilos",
        "User is not allowed to lift anything",
    ),
    ("Antes fumaba, ahora corro.", "User fumaba antes y ahora corre", "User fuma"),
    ("Yesterday I painted.", "User painted yesterday", "User paints"),
    ("My doctor thinks it could be gout.", "User may have gout", "User has gout"),
    (
        "My rent is due on the first and my loan on the tenth.",
        "User's rent is due on the first",
        "User's rent is due on the tenth",
    ),
    ("Ich esse weder Nüsse noch Fisch.", "Der Nutzer isst keinen Fisch", "Der Nutzer isst Fisch"),
]


@pytest.mark.parametrize(("said", "good", "bad"), [*DEFINED, *TURNED])
def test_a_definition_is_kept_and_a_deed_is_not_turned_round(
    said: str, good: str, bad: str
) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


PARTICIPANTS = [
    (
        "My uncle hates my boss.",
        "User has an uncle who hates User's boss",
        "User hates the boss of User's uncle",
    ),
    (
        "My daughter beats me at chess.",
        "User is beaten at chess by User's daughter",
        "User wins against User's daughter at chess",
    ),
    (
        "Mein Onkel hat mich verklagt.",
        "User wurde vom Onkel verklagt",
        "User hat den Onkel verklagt",
    ),
    (
        "Ma sœur a eu un accident.",
        "User a une sœur qui a eu un accident",
        "User a eu un accident avec sa sœur",
    ),
    (
        "Mia cugina ha perso il lavoro e sta da noi.",
        "La cugina di User ha perso il lavoro e sta da User",
        "User ha perso il lavoro e sta dalla cugina",
    ),
    (
        "Мой брат бросил меня.",
        "User был брошен братом",
        "User бросил брата",
    ),
    (
        "Kız kardeşim köpeğimden korkuyor.",
        "Kullanıcının kız kardeşi köpekten korkuyor",
        "User kız kardeşinin köpeğinden korkuyor",
    ),
    (
        "姉は私の犬を怖がっています。",
        "Userの姉はUserの犬を怖がっている",
        "Userは姉の犬を怖がっている",
    ),
    ("我爸爸教我开车。", "User跟爸爸学开车", "User教爸爸开车"),
    ("我妹妹怕我的狗。", "User的妹妹怕User的狗", "User怕妹妹的狗"),
]


@pytest.mark.parametrize(("said", "good", "bad"), PARTICIPANTS)
def test_the_user_does_not_do_what_somebody_else_does_to_another(
    said: str, good: str, bad: str
) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


MEASURED = [
    (
        "Сын старше племянника на два года.",
        "Племянник User на два года младше сына",
        "Племянник User старше сына на два года",
    ),
    ("Сестра выше меня.", "Сестра User выше User", "User выше сестры"),
    (
        "मेरी बहन मुझसे दो साल बड़ी है।",
        "User अपनी बहन से दो साल छोटा है",
        "User अपनी बहन से दो साल बड़ा है",
    ),
    (
        "Kızım yeğenimden iki yaş büyük.",
        "Kullanıcının kızı yeğeninden iki yaş büyük",
        "Kullanıcının yeğeni kızından iki yaş büyük",
    ),
    ("我弟弟比我高。", "User比弟弟矮", "User比弟弟高"),
    (
        "누나가 나보다 세 살 많아요.",
        "User의 누나는 User보다 세 살 많다",
        "User는 누나보다 세 살 많다",
    ),
    ("أخي الأصغر أطول مني.", "الأخ الأصغر لـUser أطول من User", "User أطول من أخيه الأصغر"),
    (
        "Mój brat jest wyższy ode mnie.",
        "Brat User jest wyższy od User",
        "User jest wyższy od brata",
    ),
    (
        "My son is a head taller than me now.",
        "User's son is now a head taller than User",
        "User is now a head taller than User's son",
    ),
]


@pytest.mark.parametrize(("said", "good", "bad"), MEASURED)
def test_a_comparison_is_not_turned_round(said: str, good: str, bad: str) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


KEPT = [
    ("我每天坐地铁上班，大概四十分钟。", "User每天坐地铁上班，大约四十分钟"),
    ("高いところは苦手です。", "Userは高所が苦手だ"),
    ("منذ أن ولدت ابنتي لم أعد أسهر.", "User توقف عن السهر بعد ولادة ابنته"),
]


@pytest.mark.parametrize(("said", "fact"), KEPT)
def test_what_only_looks_like_a_doubt_or_a_relative_is_kept(said: str, fact: str) -> None:
    assert objection(said, fact, is_strict=False) is None


LIMITED = [
    (
        "I only go to church for weddings and funerals.",
        "User goes to church for weddings and funerals",
        "User is a regular churchgoer",
    ),
    (
        "I wear glasses only when I drive.",
        "User wears glasses for driving",
        "User wears glasses",
    ),
    ("I live in York and only drink at weddings.", "User lives in York", "User drinks"),
    ("I only have two kids.", "User has two kids", "User has no kids"),
    (
        "Ich trage eine Brille nur beim Autofahren.",
        "User trägt beim Autofahren eine Brille",
        "User trägt eine Brille",
    ),
    ("Je ne bois du vin qu'à Noël.", "User boit du vin à Noël", "User boit du vin"),
    ("Como carne sólo en Navidad.", "User come carne en Navidad", "User come carne"),
    (
        "Acordo às cinco só quando tenho plantão.",
        "User acorda às cinco quando tem plantão",
        "User acorda às cinco",
    ),
    ("Mangio pesce solo il venerdì.", "User mangia pesce il venerdì", "User mangia pesce"),
    ("Piję wino tylko na weselach.", "User pije wino na weselach", "User pije wino"),
    ("Пью вино только по праздникам.", "User пьёт вино по праздникам", "User пьёт вино"),
    (
        "お酒は結婚式のときだけ飲みます。",
        "Userは結婚式のときお酒を飲む",
        "Userはお酒を飲む",
    ),
]


@pytest.mark.parametrize(("said", "good", "bad"), LIMITED)
def test_a_condition_behind_only_is_kept(said: str, good: str, bad: str) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


LENT = [
    (
        "姉にカメラを貸しています。",
        "Userは姉にカメラを貸している",
        "Userは姉からカメラを借りている",
    ),
    ("姉がカメラを貸してくれました。", "Userは姉からカメラを借りた", "Userは姉にカメラを貸した"),
    ("我把相机借给了姐姐。", "User把相机借给了姐姐", "User向姐姐借了相机"),
    (
        "누나에게 카메라를 빌려줬어요.",
        "User는 누나에게 카메라를 빌려줬다",
        "User는 누나에게서 카메라를 빌렸다",
    ),
    (
        "Ablama kameramı ödünç verdim.",
        "User ablasına kamerasını ödünç verdi",
        "User ablasından kamera ödünç aldı",
    ),
    (
        "Сестре подарила телефон.",
        "User подарила сестре телефон",
        "Сестра User подарила User телефон",
    ),
]


@pytest.mark.parametrize(("said", "good", "bad"), LENT)
def test_a_loan_is_not_turned_round_where_the_fact_says_user(
    said: str, good: str, bad: str
) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


HARDLY = [
    ("I hardly eat meat.", "User doesn't eat much meat", "User doesn't eat meat"),
    (
        "I can barely see without glasses.",
        "User cannot see well without glasses",
        "User cannot see without glasses",
    ),
    ("Ich esse so gut wie kein Fleisch.", "User isst kaum Fleisch", "User isst kein Fleisch"),
    (
        "Je ne mange presque pas de viande.",
        "User mange peu de viande",
        "User ne mange pas de viande",
    ),
    ("Casi no bebo alcohol.", "User bebe poco alcohol", "User no bebe alcohol"),
    ("Почти не ем мясо.", "User редко ест мясо", "User не ест мясо"),
    ("我几乎不吃肉。", "User很少吃肉", "User不吃肉"),
    ("肉はほとんど食べません。", "Userは肉をほとんど食べない", "Userは肉を食べない"),
]


@pytest.mark.parametrize(("said", "good", "bad"), HARDLY)
def test_hardly_any_is_not_none(said: str, good: str, bad: str) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


CLOSED = [
    (
        "I taught maths for ten years before I became a gardener.",
        "User taught maths for ten years before becoming a gardener",
        "User has been teaching maths for ten years",
    ),
    (
        "I've been waiting for months until I get a visa.",
        "User has been waiting for months for a visa",
        "User is not waiting for a visa",
    ),
    (
        "Ich habe zehn Jahre Mathe unterrichtet, bevor ich Gärtner wurde.",
        "User hat zehn Jahre Mathe unterrichtet",
        "User unterrichtet seit zehn Jahren Mathe",
    ),
    (
        "J'ai enseigné les maths dix ans avant de devenir jardinier.",
        "User a enseigné les maths dix ans",
        "User enseigne les maths depuis dix ans",
    ),
]


@pytest.mark.parametrize(("said", "good", "bad"), CLOSED)
def test_what_came_to_its_end_does_not_go_on(said: str, good: str, bad: str) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


SAYS_MORE = [
    ("I work nights at a bakery.", "User works nights at a bakery", "User hates working nights"),
    ("I have a beer now and then.", "User has a beer now and then", "User has a drinking problem"),
    ("I'm a bit tired after the move.", "User is a bit tired", "User is exhausted by the move"),
    ("I quit the bank last year.", "User quit the bank", "User quit the bank because of stress"),
    ("I'm in Lisbon for a talk.", "User is in Lisbon for a talk", "User lives in Lisbon"),
    ("Trabajo de noche en Vigo.", "User trabaja de noche", "User odia trabajar de noche"),
    ("Ab und zu rauche ich.", "User raucht ab und zu", "User ist starker Raucher"),
    ("Faccio il panettiere.", "User fa il panettiere", "User fa il panettiere da molti anni"),
    ("Иногда я пью вино.", "User иногда пьёт вино", "User злоупотребляет вином"),
]


@pytest.mark.parametrize(("said", "good", "bad"), SAYS_MORE)
def test_a_large_model_may_not_say_more_than_was_said(said: str, good: str, bad: str) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


CHANGES = [
    ("My rent went up by 300.", "User's rent rose by 300", "User's rent is 300"),
    ("My rent went up by 300.", "User's rent went up by 300", "User's rent went up to 300"),
    ("Meine Miete ist um 80 Euro gestiegen.", "Die Miete stieg um 80 Euro", "Users Miete: 80 Euro"),
    ("家賃が五千円上がりました。", "Userの家賃は五千円値上がりした", "Userの家賃は五千円だ"),
]


@pytest.mark.parametrize(("said", "good", "bad"), CHANGES)
def test_what_something_rose_by_is_not_its_sum(said: str, good: str, bad: str) -> None:
    assert objection(said, good, is_strict=False) is None
    assert objection(said, bad, is_strict=False) is not None


def test_what_was_done_once_is_no_habit() -> None:
    said = "I went climbing once in Chamonix."
    assert objection(said, "User climbed once in Chamonix", is_strict=False) is None
    assert objection(said, "User goes climbing in Chamonix", is_strict=False) is not None


def test_the_thing_of_a_neighbour_is_not_the_user_s() -> None:
    said = "I feed my neighbour's cat on weekends."
    assert objection(said, "User feeds a neighbour's cat on weekends") is None
    assert objection(said, "User has a cat") is not None


def test_who_lets_a_flat_does_not_rent_it() -> None:
    said = "I rent my flat out to a nurse."
    assert objection(said, "User is the landlord of a nurse", is_strict=False) is None
    assert objection(said, "User rents a flat from a nurse", is_strict=False) is not None


def test_each_part_of_a_fact_about_two_people_holds_by_itself() -> None:
    said = "My wife teaches violin and I teach maths."
    assert objection(said, "User teaches maths and User's wife teaches violin") is None
    assert objection(said, "User teaches violin and User's wife teaches maths") is not None


LAST_VERBS = [
    ("Bas gitar çalıyorum.", "User bas gitar çalıyor", "User bas gitar satıyor"),
    ("저는 베이스를 연주해요.", "User는 베이스를 연주한다", "User는 베이스를 판매한다"),
    ("मैं गिटार बजाता हूँ।", "User गिटार बजाता है", "User गिटार बेचता है"),
    ("من گیتار می‌زنم.", "User گیتار می‌زند", "User گیتار می‌فروشد"),
    ("أقرأ الجريدة كل صباح.", "يقرأ User الجريدة كل صباح", "يوزع User الجريدة كل صباح"),
    ("Jag spelar bas.", "User spelar bas", "User säljer bas"),
    ("Saya bermain bas.", "User bermain bas", "User menjual bas"),
]


@pytest.mark.parametrize(("said", "good", "bad"), LAST_VERBS)
def test_a_small_model_may_not_exchange_the_verb(said: str, good: str, bad: str) -> None:
    assert objection(said, good) is None
    assert objection(said, bad) is not None


BOUNDS = [
    ("I work at the bakery until June.", "until June", "from June", "User works at the bakery {}"),
    ("Ich bin bis Sonntag in Kiel.", "bis Sonntag", "seit Sonntag", "Nutzer ist {} in Kiel"),
    ("Vivo en Vigo desde marzo.", "desde marzo", "hasta marzo", "El usuario vive en Vigo {}"),
    ("Я в отпуске до пятницы.", "до пятницы", "с пятницы", "Пользователь в отпуске {}"),
    (
        "Toplantımız salıdan perşembeye alındı.",
        "salıdan perşembeye",
        "perşembeden salıya",
        "Kullanıcının toplantısı {} alındı",
    ),
    ("来月まで大阪にいます。", "来月まで", "来月から", "ユーザーは{}大阪にいる"),
    ("금요일까지 제주에 있어요.", "금요일까지", "금요일부터", "사용자는 {} 제주에 있다"),
]


@pytest.mark.parametrize(("said", "kept", "turned", "fact"), BOUNDS)
def test_what_ends_at_a_time_does_not_begin_then(
    said: str, kept: str, turned: str, fact: str
) -> None:
    assert objection(said, fact.format(kept), is_strict=False) is None
    assert objection(said, fact.format(turned), is_strict=False) == "its order is reversed"


def test_what_came_behind_an_end_may_begin_there() -> None:
    said = "I was a teacher until last year."
    assert objection(said, "User has been retired since last year", is_strict=False) is None


KIN = [
    ("My brother-in-law repairs boats.", "User's {} repairs boats", "brother-in-law", "brother"),
    ("My brother repairs boats.", "User's {} repairs boats", "brother", "half-brother"),
    ("My ex-husband lives in Leeds.", "User's {} lives in Leeds", "former husband", "husband"),
    (
        "Mein Halbbruder wohnt in Celle.",
        "Der {} des Nutzers wohnt in Celle",
        "Halbbruder",
        "Bruder",
    ),
    ("Mi hermanastro vive en Soria.", "El {} del usuario vive en Soria", "hermanastro", "hermano"),
    (
        "Мой двоюродный брат живёт в Туле.",
        "{} пользователя живёт в Туле",
        "Двоюродный брат",
        "Брат",
    ),
    ("我表姐在南京当老师。", "用户的{}在南京当老师", "表姐", "姐姐"),
    ("義兄は福岡で働いています。", "ユーザーの{}は福岡で働いている", "義兄", "兄"),
]


@pytest.mark.parametrize(("said", "fact", "kept", "other"), KIN)
def test_a_relative_by_marriage_or_by_half_is_another(
    said: str, fact: str, kept: str, other: str
) -> None:
    assert objection(said, fact.format(kept), is_strict=False) is None
    reason = objection(said, fact.format(other), is_strict=False) or "it passes"
    assert "somebody else" in reason or "nobody said" in reason


PLANS = [
    (
        "I have to renew my passport in May.",
        "User must renew a passport",
        "User renewed a passport",
    ),
    (
        "Meine Tochter will Jura studieren.",
        "Die Tochter des Nutzers möchte Jura studieren",
        "Die Tochter des Nutzers studiert Jura",
    ),
    (
        "Devo terminar o mestrado em dezembro.",
        "O usuário deve terminar o mestrado em dezembro",
        "O usuário terminou o mestrado em dezembro",
    ),
    (
        "Muszę przedłużyć paszport w maju.",
        "Użytkownik musi przedłużyć paszport w maju",
        "Użytkownik przedłużył paszport w maju",
    ),
    ("女儿想学法律。", "用户的女儿想学法律", "用户的女儿在学法律"),
    (
        "父は去年まで校長でした。",
        "ユーザーの父は去年まで校長だった",
        "ユーザーの父は校長である",
    ),
    (
        "Babam geçen yıla kadar müdürdü.",
        "Kullanıcının babası geçen yıla kadar müdürdü",
        "Kullanıcının babası müdür",
    ),
]


@pytest.mark.parametrize(("said", "kept", "done"), PLANS)
def test_a_plan_is_not_done_and_what_was_is_no_more(said: str, kept: str, done: str) -> None:
    assert objection(said, kept, is_strict=False) is None
    assert (objection(said, done, is_strict=False) or "").startswith("it states")


def test_what_had_to_be_done_is_done() -> None:
    assert objection("I had to sell my car.", "User sold User's car", is_strict=False) is None


CONDITIONS = [
    (
        "I'm fine with night shifts as long as I get Sundays off.",
        "User is fine with night shifts if User gets Sundays off",
        "User is fine with night shifts",
    ),
    (
        "Wenn meine Schwester zusagt, feiern wir Weihnachten in Graz.",
        "Nutzer feiert Weihnachten in Graz, wenn die Schwester zusagt",
        "Nutzer verbringt die Feiertage auf jeden Fall mit der Schwester in Graz",
    ),
    (
        "Faccio i turni di notte purché abbia la domenica libera.",
        "L'utente fa i turni di notte se ha la domenica libera",
        "L'utente fa i turni di notte",
    ),
    (
        "إذا حصلت على المكافأة سنسافر إلى المغرب.",
        "سيسافر المستخدم إلى المغرب إذا حصل على المكافأة",
        "سيسافر المستخدم إلى المغرب",
    ),
    (
        "ボーナスが出たら沖縄に行きます。",
        "ユーザーはボーナスが出たら沖縄に行く",
        "ユーザーは沖縄に行く",
    ),
]


@pytest.mark.parametrize(("said", "kept", "lost"), CONDITIONS)
def test_a_condition_is_kept(said: str, kept: str, lost: str) -> None:
    assert objection(said, kept, is_strict=False) is None
    assert objection(said, lost, is_strict=False) == "it leaves out the condition"


def test_what_is_said_by_the_way_is_no_condition() -> None:
    said = "Ich bin Vegetarier, falls das wichtig ist."
    assert objection(said, "Nutzer ist Vegetarier", is_strict=False) is None


DONE_FOR_USER = [
    ("Quem me indicou pra vaga foi a Renata.", "O usuário recomendou a Renata para um emprego"),
    (
        "Kardeşim bana İngilizce öğretiyor.",
        "Kullanıcı İngilizce öğretmeni ve kardeşine ders veriyor",
    ),
    (
        "同僚に引っ越しの手伝いを頼まれました。",
        "ユーザーは引っ越すことになり、同僚に手伝ってもらう",
    ),
    ("이모가 저를 추천해 주셨어요.", "사용자는 이모를 추천했다"),
]


@pytest.mark.parametrize(("said", "fact"), DONE_FOR_USER)
def test_the_user_does_not_do_what_is_done_for_them(said: str, fact: str) -> None:
    assert objection(said, fact, is_strict=False) == "its order is reversed"


REFUSED = [
    ("J'ai refusé l'offre.", "L'utilisateur a accepté l'offre"),
    ("رفضتُ عرض الشركة الأولى.", "قبل المستخدم عرض الشركة الأولى"),
    ("決勝で負けました。", "ユーザーは決勝で勝った"),
    ("여권을 깜빡했어요.", "사용자는 여권을 기억했다"),
    ("Мы проиграли финал.", "Пользователь выиграл финал"),
]


@pytest.mark.parametrize(("said", "fact"), REFUSED)
def test_a_verb_is_not_its_opposite(said: str, fact: str) -> None:
    assert objection(said, fact, is_strict=False) is not None


OTHER_WORDS = [
    ("I havent eaten meat since March", "User has not eaten meat since March"),
    ("Ça fait un bail que je joue de la batterie.", "User joue de la batterie depuis longtemps"),
    (
        "Иногда хожу в бассейн с коллегами.",
        "Пользователь время от времени ходит в бассейн с коллегами",
    ),
    ("가끔 자전거로 출근해요.", "사용자는 때때로 자전거를 타고 출근한다"),
]


@pytest.mark.parametrize(("said", "fact"), OTHER_WORDS)
def test_a_fact_may_say_now_and_then_or_for_long_in_other_words(said: str, fact: str) -> None:
    assert objection(said, fact) is None


IN_OTHER_WORDS = [
    ("We just closed on a little house in Dayton!", "User recently bought a small home in Dayton"),
    ("My wife drives, I don't.", "User's wife drives, User doesn't"),
    ("I finish at three on Fridays.", "User stops work at three on Fridays"),
    ("Mit Horrorfilmen kann man mich jagen.", "Der Nutzer mag keine Horrorfilme"),
    ("Le poisson, très peu pour moi.", "L'utilisateur n'aime pas le poisson"),
    ("Mi chico y yo nos casamos en octubre.", "El usuario se casa con su novio en octubre"),
    ("Ik ben opgegroeid in een dorp bij Zwolle.", "De gebruiker komt uit een dorp bij Zwolle"),
    ("Mieszkam z mamą, odkąd zachorowała.", "Użytkownik mieszka z matką od czasu jej choroby"),
    ("Бросил курить, когда родился сын.", "Пользователь перестал курить после рождения сына"),
    ("Çocukluğum Rize'de geçti.", "Kullanıcı Rize'de büyüdü"),
    ("توقفت عن التدخين حين ولد ابني.", "ترك المستخدم التدخين عند ولادة ابنه"),
    (
        "बेटा होने के बाद मैंने सिगरेट छोड़ दी।",
        "उपयोगकर्ता ने बेटे के जन्म के बाद धूम्रपान छोड़ दिया",
    ),
    ("儿子出生以后我就把烟戒了。", "用户在儿子出生后戒烟"),
    ("子供の頃はずっと松本に住んでいました。", "ユーザーは松本で育った"),
    ("아들이 태어나고 담배를 끊었어요.", "사용자는 아들이 태어난 뒤 금연했다"),
]

INVENTED = [
    ("I play squash on Mondays.", "User plays squash on Mondays with a colleague"),
    ("I'm stuck between the blue bike and the red one.", "User has decided on the blue bike"),
    (
        "My flatmate's just been told she's coeliac so I'm clearing out the bread.",
        "User was recently diagnosed with coeliac disease",
    ),
    ("I'm not too keen on olives.", "User hates olives"),
    ("I like the idea of keeping bees.", "User keeps bees"),
    ("I've cut down to two coffees a day.", "User no longer drinks coffee"),
    ("My sister's away every other weekend.", "User's sister is away every weekend"),
    ("We've put in an offer on a cottage.", "User bought a cottage"),
    ("I eat fish but not meat.", "User eats meat but not fish"),
    ("Die Miete steigt von 700 auf 780 Euro.", "Die Miete des Nutzers steigt um 780 Euro"),
    ("Der Arzt tippt auf eine Schilddrüsensache.", "Der Nutzer leidet an einer Schilddrüsensache"),
    ("On hésite entre Lille et Nantes.", "L'utilisateur s'installe à Nantes"),
    ("Mi jefe cobra el doble que yo.", "El usuario cobra el doble que su jefe"),
    ("Ayer tuve un poco de fiebre.", "El usuario padece fiebres frecuentes"),
    ("La mia migliore amica vive a Bari.", "L'utente vive a Bari"),
    ("A minha filha talvez vá estudar em Braga.", "A filha da usuária estuda em Braga"),
    ("We twijfelen nog tussen een kat en een hond.", "De gebruiker neemt een hond"),
    ("Siostra pożyczyła ode mnie rower.", "Użytkownik pożyczył rower od siostry"),
    ("أصوم يوم الاثنين ولا أصوم يوم الخميس.", "المستخدم يصوم يوم الخميس ولا يصوم يوم الاثنين"),
    (
        "納豆は嫌いじゃないけど、毎日はちょっと無理です。",
        "ユーザーは納豆が嫌いで、まったく食べない",
    ),
]


@pytest.mark.parametrize(("said", "fact"), IN_OTHER_WORDS)
def test_an_idiom_or_an_event_may_be_told_in_plain_words(said: str, fact: str) -> None:
    assert objection(said, fact, is_strict=False) is None


@pytest.mark.parametrize(("said", "fact"), INVENTED)
def test_a_large_model_may_not_add_what_was_left_open(said: str, fact: str) -> None:
    assert objection(said, fact, is_strict=False) is not None
