"""The bilingual caption grammar: true, grammatical, varied, fast; and the words that it does not know."""

import json
import re
import time
from functools import cache
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from t2i_lib.storybook import captions
from t2i_lib.storybook.captions import LANGUAGES, choose_stated, counterfactual, describe, known_words, unknown_words
from t2i_lib.storybook.grammar import Choice, Grammar, Phrase, Sequence, Shuffled, Text
from t2i_lib.storybook.scene import ATTRIBUTES, PEOPLE, sample_scene

PROMPTS = json.loads((Path(__file__).parents[1] / "data" / "prompts.json").read_text(encoding="utf-8"))

NOT_MANY = ("few", "some", "several", "handful of", "couple of", "no", "small", "little", "distant")

# What tells a value, as a regular expression: a caption that states the value has it, other values' phrases have not.
KEYWORDS = {
    "en": {
        "place": {
            "hill": r"\bhill",
            "seaside": r"\b(sea|seaside|beach|seashore|ocean|coast|waves)\b",
            "forest": r"\b(forest|woods|woodland)\b",
            "castle": r"\b(castle|fortress)\b",
            "street": r"\b(streets?|city|town|downtown|sidewalk)\b",
            "lake": r"\blake",
            "desert": r"\b(desert|dunes?)\b",
            "snowfield": r"\b(snowfield|snowy (field|plain|landscape|white|ground)|field of snow|snow-covered)",
        },
        "time": {
            "day": r"\b(day|daytime|daylit|daylight|noon|midday|morning|afternoon|sun high|sun is high)\b",
            "sunset": r"\b(sunset|dusk|evening|twilight|sundown|setting|sun (is )?(goes|going|sets|sinks|sinking))\b",
            "night": r"\b(night|night-time|dark|darkness|midnight|moon|moonlit|moonlight|stars|starry)\b",
        },
        "weather": {
            "clear": r"\b(clear|cloudless|clouds?|fine|weather is good|sunny|blue sky|sky is blue)\b",
            "rainbow": r"\brainbow",
            "mist": r"\b(mist|misty|fog|foggy)\b",
            "rain": r"\b(rain|rains|rainy|raining|raindrops|rainstorm|downpour|drizzle|drizzling|pouring)\b",
            "snow": r"\b(snowing|snows|falling snow|snow (falls|falling|in the air|shower|is)|the snow(?!-)|snowfall"
            r"|snowflakes|snowy (day|morning|afternoon|evening|night))\b",
            "sunbeams": r"\b(sunbeams|(beams|rays|shafts) of|rays|sunlight|sunshine)\b",
        },
        "subject": {
            "none": r"\b(nobody|no one|no people|no person|not a soul)\b",
            "girl": r"\b(girl|schoolgirl|lady|lass)\b",
            "boy": r"\b(boy|schoolboy|lad)\b",
            "knight": r"\b(knight|warrior)\b",
            "model": r"\b(model|supermodel)\b",
            "cat": r"\b(cat|kitty|kitten)\b",
            "dog": r"\b(dog|puppy|doggy|hound)\b",
            "spirit_tree": r"\btree\b",
        },
        "color": {
            "red": r"\b(red|scarlet|crimson)\b",
            "orange": r"\b(orange|tangerine)\b",
            "yellow": r"\byellow\b",
            "green": r"\b(green|emerald)\b",
            "blue": r"\b(blue|azure)\b",
            "purple": r"\b(purple|violet)\b",
            "pink": r"\bpink\b",
            "white": r"\bwhite\b",
            "black": r"\bblack\b",
        },
        "expression": {
            "smiling": r"\b(smil\w+|happy|happily|cheerful|joyful|joy|laughing|grinning)\b",
            "calm": r"\b(calm|serious|serene|thoughtful|peaceful|composed)\b",
        },
        "holding": {
            "none": r"\b(empty|nothing|free hands)\b",
            "umbrella": r"\b(umbrella|parasol)\b",
            "balloon": r"\bballoon\b",
            "flowers": r"\b(flowers|bouquet)\b",
            "sword": r"\b(sword|blade)\b",
        },
        "position": {"left": r"\bleft\b", "center": r"\b(middle|center|centre|centered)\b", "right": r"\bright\b"},
        "birds": {
            "none": r"\b(no birds?|not a (single )?bird|not one bird|not with a bird)\b",
            "few": r"\b(few|some|several|handful of|couple of) (\w+ )?birds\b",
            "many": "".join(rf"(?<!\b{word} )" for word in NOT_MANY) + r"\bbirds\b",
        },
    },
    "zh": {
        "place": {
            "hill": "(?<!落)山",
            "seaside": "海[边滩岸滨]|大海|沙滩",
            "forest": "森林|树林|林[间中]|密林|丛林",
            "castle": "城堡|古堡|城门",
            "street": "街|马路|城市",
            "lake": "湖",
            "desert": "沙漠|沙丘|大漠|荒漠",
            "snowfield": "雪地|雪原|积雪|冰天",
        },
        "time": {
            "day": "白天|中午|上午|下午|早晨|午后|正午|太阳高|日头|天还亮",
            "sunset": "夕阳|黄昏|傍晚|日落|落日|晚霞|落山|西沉",
            "night": "夜|晚上|月|天黑|已黑|黑暗|星",
        },
        "weather": {
            "clear": "晴|万里|没有一[片丝]云|天清|天气很好|明净|明媚",
            "rainbow": "彩虹",
            "mist": "雾",
            "rain": "雨(?!伞)",
            "snow": "下[着大小]*雪|飘着?雪|雪花|飞雪|大雪",
            "sunbeams": "阳光(?!明媚)|光[束线芒]",
        },
        "subject": {
            "none": "没有人|没有一个人|无人|没人|一个人也|人影|看不到人|空无一人",
            "girl": "女孩|姑娘|少女|女生",
            "boy": "男孩|少年|男生",
            "knight": "骑士|勇士|武士",
            "model": "模特|超模",
            "cat": "猫",
            "dog": "狗",
            "spirit_tree": "树精|精灵树|魔法树|的树(?!林)|大树|树木|一棵树",
        },
        "color": {
            "red": "(?<!粉)红",
            "orange": "橙|橘",
            "yellow": "黄(?!昏)",
            "green": "绿",
            "blue": "蓝",
            "purple": "紫",
            "pink": "粉",
            "white": "白(?!天)",
            "black": "黑",
        },
        "expression": {"smiling": "笑|开心|快乐|高兴", "calm": "平静|安静|沉静|严肃|从容|安详"},
        "holding": {
            "none": "空空|空着|没有东西|没拿",
            "umbrella": "伞",
            "balloon": "气球",
            "flowers": "(?<!雪)花",
            "sword": "剑",
        },
        "position": {"left": "左", "center": "中间|中央|正中|中心", "right": "右"},
        "birds": {
            "none": "没有飞?鸟|无鸟|不见飞?鸟|一只鸟[也都]|看不到鸟|没有一只鸟",
            "few": "几只|两三只",
            "many": "许多|很多|鸟群|群|鸟儿?[在]?歌唱|鸟儿在|鸟们|到处是|百鸟|满天都是鸟",
        },
    },
}
# Kinds of phrases that state their attribute by themselves ("verb", "pron" and the like only help a sentence).
SPOKEN_KINDS = {
    "en": {"np", "npt", "at", "att", "kw", "adv", "adj", "front", "clause", "tail", "n", "c", "part", "is"},
    "zh": {"np", "spot", "there", "kw", "is", "clause", "adj", "front", "n", "pre", "a", "s", "adv", "bare"},
}


@cache
def grammar(language: str) -> Grammar:
    return captions._grammar(language)


def phrases(part, values: dict[str, str]) -> list[str]:
    """Everything that a part of the grammar can say about these values, without lists and optional parts."""
    if isinstance(part, Text):
        return [part.text]
    if isinstance(part, Phrase):
        return phrases(part.choices[values[part.name]], values)
    if isinstance(part, Choice):
        return [said for option in part.options for said in phrases(option, values)]
    said = [""]
    for piece in part.parts:
        said = [start + end for start in said for end in phrases(piece, values)]
    return said


def value_phrases(language: str, name: str, value: str) -> list[str]:
    lexicon = captions._lexicon(language)["values"][name][value]
    kinds = [kind for kind in lexicon if kind in SPOKEN_KINDS[language]]
    values = {"time": "day", "color": "red", "subject": "girl", name: value}
    attribute = "nobody" if (name, value) == ("subject", "none") else name
    values["nobody"] = "none"
    return [said for kind in kinds for said in phrases(grammar(language).part(f"{attribute}.{kind}"), values)]


def endings(part, mask: int, values: dict[str, str], text: str, starts: set[int]) -> set[int]:
    """Where the part can end in the text when it starts at one of these places: a recogniser of the same grammar."""
    if isinstance(part, Text):
        return {start + len(part.text) for start in starts if text.startswith(part.text, start)}
    if isinstance(part, Phrase):
        return endings(part.choices[values[part.name]], mask, values, text, starts)
    if isinstance(part, Choice):
        usable = [o for o in part.usable(mask) if not o.condition or values.get(o.condition[0]) in o.condition[1]]
        return {end for option in usable for end in endings(option, mask, values, text, starts)}
    if isinstance(part, Sequence):
        if part.optional and not part.covers(mask):
            return starts
        for piece in part.parts:
            starts = endings(piece, mask, values, text, starts) if starts else starts
        return starts
    assert isinstance(part, Shuffled)
    found = set()
    for order in permutations([item for item in part.items if item.covers(mask)]):
        ends = endings(order[0], mask, values, text, starts)
        for place, item in enumerate(order[1:], 2):
            separator = part.last if place == len(order) and part.last else part.separator
            ends = endings(
                item, mask, values, text, {e + len(separator) for e in ends if text.startswith(separator, e)}
            )
        found |= ends
    return found


def can_say(language: str, stated: dict[str, str], prompt: str) -> bool:
    own, mask = grammar(language), sum(grammar(language).bits[name] for name in stated)
    return len(prompt) in endings(own.sentences, mask, stated, prompt, {0})


def draws(count: int, seed: int) -> list[dict[str, str]]:
    rng = Random(seed)
    return [choose_stated(sample_scene(rng, "unseen" if i % 7 == 0 else "train"), rng) for i in range(count)]


@pytest.mark.parametrize("example", PROMPTS, ids=[example["en"][:20] for example in PROMPTS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_grammar_can_say_the_prompts_of_the_article(example: dict, language: str):
    assert can_say(language, example["stated"], example[language])
    assert not can_say(language, {**example["stated"], "place": "desert"}, example[language])


def test_english_twin_with_participles_is_in_reach():
    stated = PROMPTS[0]["stated"]
    assert can_say("en", stated, "a beautiful hill, the sun setting in the west, a rainbow in the sky")


def test_prompts_file_states_possible_scenes_outside_the_unseen_combinations():
    assert len(PROMPTS) == 6
    for example in PROMPTS:
        scene = sample_scene(Random(3), "train", example["stated"])
        assert example["stated"].items() <= scene.as_dict().items()


@pytest.mark.parametrize("language", LANGUAGES)
def test_lexicon_holds_no_dead_phrases(language: str):
    """Every rule and every kind of phrase is used by some template."""
    lexicon = captions._lexicon(language)
    used = set(re.findall(r"\{([^}]*)\}", json.dumps(lexicon, ensure_ascii=False))) | {"caption"}
    assert used >= set(lexicon["rules"])
    for name, entries in lexicon["values"].items():
        assert list(entries) and set(entries) <= set(ATTRIBUTES[name])
        for value, kinds in entries.items():
            owner = "nobody" if (name, value) == ("subject", "none") else name
            assert {f"{owner}.{kind}" for kind in kinds} <= used, (name, value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_least_eight_patterns_and_ten_phrasings_a_concept(language: str):
    assert len(captions._lexicon(language)["rules"]["caption"]) >= 8
    for name, values in ATTRIBUTES.items():
        for value in values:
            assert len(set(value_phrases(language, name, value))) >= 10, (name, value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_says_its_value_and_no_other(language: str):
    for name, keywords in KEYWORDS[language].items():
        for value in ATTRIBUTES[name]:
            for said in value_phrases(language, name, value):
                if said == "snowy":
                    continue  # "a snowy evening": said with a time only
                found = {other for other, pattern in keywords.items() if re.search(pattern, said)}
                assert found == {value}, (name, value, said, found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_hold_what_they_state_and_nothing_else(language: str):
    rng = Random(17)
    for stated in draws(1500, 23):
        caption = describe(stated, rng, language)
        text = caption.prompt.lower()
        for name, keywords in KEYWORDS[language].items():
            found = {value for value, pattern in keywords.items() if re.search(pattern, text)}
            if name in stated:
                assert stated[name] in found, (name, stated, text)
            elif name != "color":  # a green hill is not a green dress
                assert not found, (name, found, stated, text)
        assert caption.stated == stated


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_are_tidy(language: str):
    rng = Random(5)
    for stated in draws(1000, 7):
        prompt = describe(stated, rng, language).prompt
        assert prompt == prompt.strip() and prompt[0].isalnum(), prompt
        assert not re.search(r"  |[{}<>\[\]|@]|[,，。.、：] ?[,，。.、：]| [,.，。]|[,，、：]$", prompt), prompt
        if language == "en":
            assert prompt.isascii() and not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]|\b(\w+) \1\b", prompt), prompt
        else:
            assert not re.search(r"[A-Za-z]|的的|着着|了了|在在", prompt), prompt


def test_articles_pronouns_and_capitals():
    rng = Random(3)
    stated = {"subject": "boy", "color": "orange", "holding": "umbrella"}
    prompts = [describe(stated, rng, "en").prompt for _ in range(800)]
    assert any("an orange" in prompt for prompt in prompts) and any("an umbrella" in prompt for prompt in prompts)
    assert any(re.search(r"[.] He ", prompt) for prompt in prompts)
    assert not any(re.search(r"\b(she|her|it has)\b", prompt, re.I) for prompt in prompts)
    assert not any(re.search(r"[.] [a-z]", prompt) for prompt in prompts)


def test_color_belongs_to_what_the_subject_wears():
    rng = Random(4)
    expected = {"girl": "裙|衣", "knight": "披风|斗篷", "cat": "猫", "spirit_tree": "叶"}
    for subject, pattern in expected.items():
        for _ in range(100):
            prompt = describe({"subject": subject, "color": "red"}, rng, "zh").prompt
            assert re.search(pattern, prompt), prompt


def test_same_seed_same_caption_and_varied_otherwise():
    stated = {"place": "lake", "subject": "cat", "color": "black"}
    assert describe(stated, Random(9)) == describe(stated, Random(9))
    for language in LANGUAGES:
        rng = Random(9)
        assert len({describe(stated, rng, language).prompt for _ in range(1000)}) > 900


def test_order_of_stated_does_not_matter():
    stated = {"birds": "few", "place": "hill", "time": "night"}
    caption = describe(stated, Random(2), "en")
    assert list(caption.stated) == ["place", "time", "birds"]
    assert caption == describe(dict(reversed(stated.items())), Random(2), "en")


def test_both_languages_by_lot():
    rng = Random(6)
    drawn = [describe({"place": "hill"}, rng).language for _ in range(400)]
    assert 150 < drawn.count("zh") < 250


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_single_value_can_be_said(language: str):
    for name, values in ATTRIBUTES.items():
        for value in values:
            subject = {} if name in ("place", "time", "weather", "subject", "birds") else {"subject": "girl"}
            if value == "sword":
                subject = {"subject": "knight"}
            for seed in range(30):
                assert describe({**subject, name: value}, Random(seed), language).prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_conditions_leave_a_way_out(language: str):
    """Whatever is stated, a choice of words must not wait for a condition that never holds."""
    seen = set()

    def check(part) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        for child in getattr(part, "parts", None) or getattr(part, "items", None) or []:
            check(child)
        for choice in part.choices.values() if isinstance(part, Phrase) else []:
            check(choice)
        if isinstance(part, Choice):
            for mask in {mask & part.total for mask in range(1 << len(grammar(language).bits))}:
                usable = part.usable(mask)
                assert not usable or any(option.condition is None for option in usable)
            for option in part.options:
                check(option)

    check(grammar(language).sentences)
    assert len(seen) > 100


def test_choose_stated_says_the_truth_and_only_a_part():
    rng, sizes, silent_none = Random(8), [], 0
    for _ in range(2000):
        scene = sample_scene(rng)
        stated = choose_stated(scene, rng)
        assert stated and stated.items() <= scene.as_dict().items()
        assert scene.subject == "none" or stated["subject"] == scene.subject
        assert stated.get("holding") != "none" or scene.subject in PEOPLE
        silent_none += scene.birds == "none" and "birds" not in stated
        sizes.append(len(stated))
    assert 0.6 < sum(2 <= size <= 5 for size in sizes) / 2000 < 0.9
    assert sizes.count(1) > 80 and sizes.count(9) > 5
    assert silent_none > 400


def test_counterfactual_changes_one_attribute_and_stays_possible():
    rng, changed_names = Random(12), set()
    for index, stated in enumerate(draws(2000, 31)):
        before = dict(stated)
        changed, name = counterfactual(stated, rng)
        assert stated == before and list(changed) == list(stated)
        assert [key for key in stated if changed[key] != stated[key]] == [name]
        sample_scene(rng, "unseen" if index % 7 == 0 and captions._holds_unseen(changed) else "train", changed)
        for language in LANGUAGES:
            assert describe(changed, rng, language).stated == changed
        changed_names.add(name)
    assert changed_names == set(ATTRIBUTES)


def test_counterfactual_makes_no_unseen_pair():
    rng = Random(13)
    drawn = {
        counterfactual({"subject": "girl", "color": "red"}, rng)[0].values().__iter__().__next__() for _ in range(300)
    }
    assert "dog" in drawn
    colors = {counterfactual({"subject": "girl", "color": "red"}, rng)[0]["color"] for _ in range(300)}
    assert "purple" not in colors and len(colors) == 8


def test_bad_statements_are_refused():
    with pytest.raises(ValueError, match="nothing is stated"):
        describe({}, Random(0))
    with pytest.raises(ValueError, match="unknown attribute 'mood'"):
        describe({"mood": "sad"}, Random(0))
    with pytest.raises(ValueError, match="place must be one of .* but is 'moon'"):
        describe({"place": "moon"}, Random(0))
    with pytest.raises(ValueError, match="need a subject"):
        describe({"color": "red"}, Random(0))
    with pytest.raises(ValueError, match="time must be one of"):
        describe({"weather": "rainbow", "time": "night"}, Random(0))
    with pytest.raises(ValueError, match="language must be one of en, zh"):
        describe({"place": "hill"}, Random(0), "fr")
    with pytest.raises(ValueError, match="nothing can be changed"):
        counterfactual({"subject": "knight", "holding": "sword"}, Random(0))


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("a red dragon by the sea", ["dragon"]),
        ("A RED Dress, the girls' umbrellas; the knight's castle!", []),
        ("恐龙在海边", ["恐龙"]),
        ("女孩在海边微笑，拿着一把伞。", []),
        ("红衣女孩拿伞站在湖边看雪", []),
        ("一个女孩骑着自行车在公园里", ["骑", "自行车", "公园"]),
        ("两只恐龙在太空里飞行", ["两", "恐龙", "太空", "飞行"]),
        ("two cats walking", ["two", "walking"]),
        ("a girl 骑着 bicycle 在海边", ["骑", "bicycle"]),
        ("3 cats and 🐉🐉 ☃", ["3", "🐉", "☃"]),
        ("кошка у моря", ["кошка", "у", "моря"]),
        ("猫と犬", ["と", "犬"]),
        ("a person by the sea", ["person"]),
        ("a tree with a soul, nobody around, no one in sight", []),
        ("There are NO PEOPLE on the hill", []),
        ("一个人站在海边", ["人"]),
        ("海边，四周空无一人", []),
        ("dragon Dragon dragon", ["dragon", "Dragon"]),
        ("", []),
        ("?!… ，。《》“”—", []),
        ("café", ["café"]),
        ("don't draw a well-lit spaceship", ["don't", "well", "lit", "spaceship"]),
    ],
)
def test_unknown_words(prompt: str, unknown: list[str]):
    assert unknown_words(prompt) == unknown


def test_captions_have_no_unknown_words():
    rng = Random(21)
    for stated in draws(1000, 41):
        prompt = describe(stated, rng).prompt
        assert unknown_words(prompt) == [], prompt


def test_vocabulary_is_rich_but_bounded():
    english, chinese = known_words("en"), known_words("zh")
    assert {"rainbow", "girl", "the"} <= english and {"彩虹", "女孩", "的"} <= chinese
    assert 400 < len(english) <= 700
    assert 350 < len(set("".join(chinese))) <= 900


def test_describe_is_fast(capsys):
    drawn = draws(1000, 3)
    for language in LANGUAGES:
        rng = Random(1)
        for stated in drawn:
            describe(stated, rng, language)  # once before, so that every template has been looked at
        start = time.process_time()
        for stated in drawn:
            describe(stated, rng, language)
        microseconds = (time.process_time() - start) / len(drawn) * 1e6
        with capsys.disabled():
            print(f" describe {language}: {microseconds:.0f} microseconds", end="")
        assert microseconds < 150  # about 30 on a free core: the limit leaves room for a busy machine
