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
        ("I don't mind dogs, but I hate cats.", "User hates dogs", "something else"),
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
