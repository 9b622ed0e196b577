"""Lesson 02, the transformer: positions, blocks, who sees whom, one more word, reading GPT-2's weights."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception
from t2i_lib.positions import speeds

# --- sinusoidal_positions ---


def sinusoidal_positions(length, dim):
    """(length, dim): row p, columns 2i and 2i + 1 hold sin and cos of p * speed of pair i."""
    places = torch.arange(length).float()[:, None]  # (length, 1)
    angles = places * speeds(dim)  # (length, dim / 2)
    table = torch.empty(length, dim)
    table[:, 0::2] = angles.sin()
    table[:, 1::2] = angles.cos()
    return table


def _waves(angles: Tensor) -> Tensor:
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def _places(length: int) -> Tensor:
    return torch.arange(length).float()[:, None]


def _in_two_halves(length, dim):
    angles = _places(length) * speeds(dim)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _cosine_first(length, dim):
    angles = _places(length) * speeds(dim)
    return torch.stack([angles.cos(), angles.sin()], dim=-1).flatten(1)


def _only_sines(length, dim):
    return (_places(length) * speeds(dim)).sin().repeat_interleave(2, dim=1)


def _divided_by_speed(length, dim):
    return _waves(_places(length) / speeds(dim))


def _from_place_one(length, dim):
    return _waves((_places(length) + 1) * speeds(dim))


SINUSOIDAL = Exercise(
    name="sinusoidal_positions",
    title="A table of waves",
    tier="core",
    difficulty=2,
    minutes=6,
    why="Positions that nobody has to train, defined for a place of any number.",
    answer=sinusoidal_positions,
    misconceptions=(
        Misconception(
            _in_two_halves,
            "All sines stand in the left half and all cosines in the right. Some libraries do that, but the task puts "
            "the sine and the cosine of one angle side by side, in columns 2i and 2i + 1. Look at row 0: it should "
            "read 0, 1, 0, 1, ...",
        ),
        Misconception(
            _cosine_first,
            "Sine and cosine have changed places: your row 0 begins with 1. Place 0 has the angle 0, so its sine, "
            "which belongs into the even columns, is 0.",
        ),
        Misconception(
            _only_sines,
            "Both columns of a pair hold the sine. The odd columns, 2i + 1, are for the cosine of the same angle: row "
            "0 should read 0, 1, 0, 1, ...",
        ),
        Misconception(
            _divided_by_speed,
            "You divided the places by the speeds, so your waves get faster from left to right; they should get "
            "slower. An angle is place times speed.",
        ),
        Misconception(
            _from_place_one,
            "The rows are shifted: your first row belongs to place 1. Places count from 0, like everything in Python.",
        ),
    ),
    hints=(
        "First make the angles, a table of (length, dim / 2); sine and cosine come last.",
        "Angles: the places as a column, torch.arange(length)[:, None], times the speeds as a row.",
        "table = torch.empty(length, dim); then table[:, 0::2] = angles.sin(), and the cosines go to table[:, 1::2].",
    ),
    reasons=(
        "Each pair of columns is the hand of a clock. The first goes once round in 6.28 places and tells neighbours "
        "apart; the last is so slow that it tells the start of a long text from its end. Sine and cosine together "
        "give the hand's direction without doubt, which a sine alone would not."
    ),
    praise="Place 0 reads 0, 1, 0, 1, and each pair turns at its own speed.",
    cases=((1, 2), (3, 4), (5, 6)),
)

# --- rotate_pair ---


def rotate_pair(pair, place, speed):
    """Turn the arrow (x, y) counter-clockwise by the angle place * speed: (2,) -> (2,)."""
    x, y = pair
    angle = torch.tensor(place * speed)
    return torch.stack([x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos()])


def _turn(pair: Tensor, angle: float) -> Tensor:
    sin, cos = math.sin(angle), math.cos(angle)
    return torch.stack([pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos])


def _no_minus(pair, place, speed):
    sin, cos = math.sin(place * speed), math.cos(place * speed)
    return torch.stack([pair[0] * cos + pair[1] * sin, pair[0] * sin + pair[1] * cos])


def _each_alone(pair, place, speed):
    return pair * torch.tensor([math.cos(place * speed), math.sin(place * speed)])


def _added(pair, place, speed):
    return pair + torch.tensor([math.sin(place * speed), math.cos(place * speed)])


ROTATE_PAIR = Exercise(
    name="rotate_pair",
    title="Turn a pair",
    tier="core",
    difficulty=1,
    minutes=4,
    why="All of rotary positions is this turn, done to every pair of columns of queries and keys.",
    answer=rotate_pair,
    misconceptions=(
        Misconception(
            lambda pair, place, speed: _turn(pair, -place * speed),
            "You turn clockwise. The arrow (1, 0), turned a little, should point up a little: y = sin of the angle, "
            "positive. The minus sign stands in the first line, before y sin.",
        ),
        Misconception(
            _no_minus,
            "One sign is missing, so this is no turn: the arrow changes its length. Measure it before and after; a "
            "turn keeps x² + y². The first line is x cos - y sin.",
        ),
        Misconception(
            lambda pair, place, speed: _turn(pair, speed),
            "Every place turns by the same angle: you left `place` out. Place 0 must stay as it is, and place 5 must "
            "turn five times as far as place 1.",
        ),
        Misconception(
            lambda pair, place, speed: _turn(pair, math.radians(place * speed)),
            "Your turn is about 57 times too small: the angle is in radians already, so nothing needs converting from "
            "degrees.",
        ),
        Misconception(
            _each_alone,
            "x and y are each multiplied alone, but a turn mixes them: (1, 0), turned by a quarter, becomes (0, 1), so "
            "x must be able to move into y.",
        ),
        Misconception(
            _added,
            "You add a wave to the pair; that is what sinusoidal positions do. Rotary positions multiply: they turn "
            "the arrow and keep its length.",
        ),
    ),
    hints=(
        "Draw the arrow (1, 0) and turn it by a quarter. Which number moved where?",
        "The angle is place * speed. New x: x cos - y sin. New y: the other two products.",
        "return torch.stack([x * cos - y * sin, x * sin + y * cos]), with cos and sin of place * speed.",
    ),
    reasons=(
        "A turn keeps the arrow's length, so a word stays as loud as it was. And if query and key are both turned, "
        "their dot product depends only on the difference of the two angles: attention feels distances, not places."
    ),
    praise="Lengths stay, place 0 stays, and each place turns a step further.",
    cases=(
        (torch.tensor([1.0, 0.0]), 1, 0.5),
        (torch.tensor([0.6, -2.0]), 3, 0.7),
        (torch.tensor([3.0, 4.0]), 0, 1.0),
    ),
)

# --- residual_gradient ---


def residual_gradient(slopes):
    """d output / d input of a chain of layers y = x + slope * x."""
    gradient = 1.0
    for slope in slopes:
        gradient *= 1.0 + slope  # the 1 comes from x itself, the slope from what the layer adds
    return gradient


RESIDUAL_GRADIENT = Exercise(
    name="residual_gradient",
    title="A gradient's way down",
    tier="core",
    difficulty=1,
    minutes=4,
    why="One plus sign decides whether a network of a hundred layers can be trained.",
    answer=residual_gradient,
    misconceptions=(
        Misconception(
            lambda slopes: math.prod(slopes),
            "That is the gradient of a chain without residuals, y = slope * x. Here x itself is added, so every layer "
            "contributes a 1 of its own: the derivative of x + slope * x is ...",
        ),
        Misconception(
            lambda slopes: 1.0 + math.prod(slopes),
            "You added 1 once, at the end. Every layer has its own shortcut, so the 1 belongs into every factor.",
        ),
        Misconception(
            lambda slopes: 1.0 + sum(slopes),
            "You added the slopes up. That is close while they are small, but layers stand one after the other, and "
            "the chain rule multiplies.",
        ),
        Misconception(
            lambda slopes: [1.0 + slope for slope in slopes],
            "These are the layers' single derivatives, all right. The chain rule makes one number of them: multiply.",
        ),
        Misconception(
            lambda slopes: math.prod(abs(1.0 + slope) for slope in slopes),
            "You took absolute values, so a layer that turns the sign goes unnoticed. A gradient has a sign: it says "
            "in which direction to step.",
        ),
    ),
    hints=(
        "What is the derivative of one layer, x + slope * x, with respect to x?",
        "Each layer's derivative is 1 + slope; the chain rule says what to do with one after the other.",
        "Start with gradient = 1.0 and multiply it by (1.0 + slope) for every slope.",
    ),
    reasons=(
        "Without the 1, twelve layers of slope 0.1 leave a gradient of 0.000000000001: the first layer learns nothing. "
        "With it they leave 3.1. Multiplied out, the product is 1 plus many small terms: there is always one way, "
        "straight through all the additions, on which nothing is lost."
    ),
    praise="The 1 in every factor is the straight way down.",
    cases=(([0.5, 0.5],), ([0.1] * 12,), ([-0.2, 0.3, 0.0],), ([-3.0, 0.5, 0.25],)),
    tolerance=1e-6,
)

# --- pre_norm_block ---


def pre_norm_block(features, attention_norm, attention, feed_forward_norm, feed_forward):
    """One transformer block that normalises before each part: (B, L, D) -> (B, L, D)."""
    features = features + attention(attention_norm(features))  # (B, L, D): tokens look at each other
    return features + feed_forward(feed_forward_norm(features))  # (B, L, D): each thinks for itself


def _post_norm(features, attention_norm, attention, feed_forward_norm, feed_forward):
    features = attention_norm(features + attention(features))
    return feed_forward_norm(features + feed_forward(features))


def _normed_highway(features, attention_norm, attention, feed_forward_norm, feed_forward):
    features = attention_norm(features)
    features = features + attention(features)
    features = feed_forward_norm(features)
    return features + feed_forward(features)


def _no_residual(features, attention_norm, attention, feed_forward_norm, feed_forward):
    return feed_forward(feed_forward_norm(attention(attention_norm(features))))


def _one_residual(features, attention_norm, attention, feed_forward_norm, feed_forward):
    features = features + attention(attention_norm(features))
    return feed_forward(feed_forward_norm(features))


def _parallel(features, attention_norm, attention, feed_forward_norm, feed_forward):
    return features + attention(attention_norm(features)) + feed_forward(feed_forward_norm(features))


def _one_norm_twice(features, attention_norm, attention, feed_forward_norm, feed_forward):
    features = features + attention(attention_norm(features))
    return features + feed_forward(attention_norm(features))


def _first_features_again(features, attention_norm, attention, feed_forward_norm, feed_forward):
    mixed = features + attention(attention_norm(features))
    return features + feed_forward(feed_forward_norm(mixed))


# Stand-ins that can be told apart, so that a mix-up cannot go unnoticed.
def _norm_one(features):
    return F.layer_norm(features, features.shape[-1:])


def _norm_two(features):
    return 0.5 * F.layer_norm(features, features.shape[-1:]) + 0.25


def _mean_of_tokens(features):
    return features.mean(dim=1, keepdim=True).expand_as(features) + 0.3 * features


def _bend(features):
    return 2.0 * features.relu() - 0.7


PRE_NORM_BLOCK = Exercise(
    name="pre_norm_block",
    title="The block",
    tier="core",
    difficulty=2,
    minutes=6,
    why="GPT-2, T5 and every transformer in this course are this function, stacked.",
    answer=pre_norm_block,
    misconceptions=(
        Misconception(
            _post_norm,
            "That is a good block, but the other one: it normalises after each sum, as BERT does. Here the norm comes "
            "before each part, and the sum itself stays as it is.",
        ),
        Misconception(
            _normed_highway,
            "You overwrite the features with their normalised form before you add. Then the norm stands on the "
            "straight way. Normalise only what goes into attention and feed-forward, and add to the raw features.",
        ),
        Misconception(
            _no_residual,
            "Nothing is added to what was: both shortcuts are missing. What attention does not pass on is lost.",
        ),
        Misconception(
            _one_residual,
            "The first sum is right; the second is missing. The feed-forward's result is added to the features, too.",
        ),
        Misconception(
            _parallel,
            "Attention and feed-forward both read the block's input. Some large models do that to save time, but here "
            "the feed-forward reads what attention has already added: work on the updated features.",
        ),
        Misconception(
            _one_norm_twice,
            "The same norm serves twice. Each part has a norm of its own; the second is feed_forward_norm.",
        ),
        Misconception(
            _first_features_again,
            "The second sum starts again from the block's input, so what attention added is lost on the way. "
            "Add to the updated features.",
        ),
    ),
    hints=(
        "Two steps of the same form: features = features + part(norm(features)).",
        "The first step uses attention and attention_norm. The second starts from the result of the first.",
        "features = features + attention(attention_norm(features)); the second line is the same with feed_forward.",
    ),
    reasons=(
        "The raw features run straight from the first block to the last and are only ever added to. Every part reads "
        "them through a norm, so it meets numbers of the same size however much has been added before it."
    ),
    praise="Two reads, two sums, and nothing on the straight way.",
    cases=(
        (
            torch.tensor([[[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 2.0], [2.0, 2.0, -3.0, 0.0]]]),
            _norm_one, _mean_of_tokens, _norm_two, _bend,
        ),
        (torch.tensor([[[0.3, -0.1, 5.0]], [[1.0, 2.0, -4.0]]]), _norm_two, _mean_of_tokens, _norm_one, _bend),
    ),
)  # fmt: skip

# --- changed_places ---


def changed_places(read, token_ids, place, other):
    """(L,) bool: True where the features differ once the token at `place` is `other`."""
    changed = token_ids.clone()
    changed[0, place] = other
    difference = (read(changed) - read(token_ids)).abs()  # (1, L, D)
    return (difference > 1e-6).any(dim=-1)[0]  # (L,)


def _differences(read, token_ids, place, other) -> Tensor:
    changed = token_ids.clone()
    changed[0, place] = other
    return read(changed) - read(token_ids)  # (1, L, D)


def _tokens_compared(read, token_ids, place, other):
    changed = token_ids.clone()
    changed[0, place] = other
    return (changed != token_ids)[0]


def _signals(token_ids: Tensor) -> Tensor:
    """(1, L) -> (1, L, 2), a stand-in for embeddings: every token another vector."""
    return torch.stack([token_ids + 1.0, (token_ids.float() - 2.0) ** 2], dim=-1)


def _read_everything(token_ids):
    signals = _signals(token_ids)
    return signals + signals.mean(dim=1, keepdim=True)


def _read_the_past(token_ids):
    return _signals(token_ids).cumsum(dim=1)


def _read_the_neighbour(token_ids):
    signals = _signals(token_ids)
    return torch.cat([signals[:, 1:], signals[:, -1:]], dim=1)


CHANGED_PLACES = Exercise(
    name="changed_places",
    title="Who can see whom",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="A leak from the future makes training look wonderful and writing useless; this test finds it in any model.",
    answer=changed_places,
    misconceptions=(
        Misconception(
            lambda *case: (_differences(*case).abs() > 1e-6).any(),
            "You ask whether anything changed anywhere, which is one answer. Ask it for each place: any over the "
            "features only, .any(dim=-1), leaves one answer a place.",
        ),
        Misconception(
            lambda *case: (_differences(*case).abs() > 1e-6).any(dim=1)[0],
            "You have one answer for each feature. The places lie on the middle axis of (1, L, D), so take any over "
            "the last one.",
        ),
        Misconception(
            lambda *case: (_differences(*case).abs() > 1e-6).any(dim=-1),
            "All answers are there, in a batch of one: (1, L). Take its only row, [0].",
        ),
        Misconception(
            lambda *case: (_differences(*case) > 1e-6).any(dim=-1)[0],
            "A feature that became smaller goes unnoticed. Take the absolute value of the difference first.",
        ),
        Misconception(
            lambda *case: (_differences(*case).abs() <= 1e-6).all(dim=-1)[0],
            "You mark the places that stay the same. True belongs where something changes.",
        ),
        Misconception(
            _tokens_compared,
            "You compare the tokens, and of course only one of them differs. Compare what the model makes of them: "
            "read(changed) with read(token_ids).",
        ),
    ),
    hints=(
        "An experiment in three steps: copy the tokens, change one, read both and compare.",
        "changed = token_ids.clone(); changed[0, place] = other. Then the absolute difference of the features.",
        "return ((read(changed) - read(token_ids)).abs() > 1e-6).any(dim=-1)[0]",
    ),
    reasons=(
        "The test asks the model's behaviour, not its code: it finds a forgotten mask, a norm over the wrong axis or a "
        "shifted label alike. In a causal model nothing before the changed place moves."
    ),
    praise="Your probe works on any model that reads tokens.",
    cases=(
        (_read_everything, torch.tensor([[3, 0, 4, 5]]), 2, 1),
        (_read_the_past, torch.tensor([[6, 5, 3, 4, 7]]), 1, 4),
        (_read_the_neighbour, torch.tensor([[6, 5, 3]]), 2, 0),
        (_signals, torch.tensor([[2, 4, 1, 6]]), 0, 5),
    ),
)

# --- add_word ---


def add_word(next_logits, token_ids, temperature, draw):
    """Append one token, drawn from what the model expects behind all tokens so far: (1, L) -> (1, L + 1)."""
    logits = next_logits(token_ids)[0, -1]  # (V,): what follows the last place
    probabilities = (logits / temperature).softmax(dim=-1)  # (V,)
    token = torch.tensor([[draw(probabilities)]])  # (1, 1)
    return torch.cat([token_ids, token], dim=1)


def _appended(token_ids, token) -> Tensor:
    return torch.cat([token_ids, torch.tensor([[token]])], dim=1)


def _times_temperature(next_logits, token_ids, temperature, draw):
    return _appended(token_ids, draw((next_logits(token_ids)[0, -1] * temperature).softmax(-1)))


def _chances_divided(next_logits, token_ids, temperature, draw):
    return _appended(token_ids, draw(next_logits(token_ids)[0, -1].softmax(-1) / temperature))


def _no_temperature(next_logits, token_ids, temperature, draw):
    return add_word(next_logits, token_ids, 1.0, draw)


def _first_place(next_logits, token_ids, temperature, draw):
    return _appended(token_ids, draw((next_logits(token_ids)[0, 0] / temperature).softmax(-1)))


def _newest_only(next_logits, token_ids, temperature, draw):
    return _appended(token_ids, draw((next_logits(token_ids[:, -1:])[0, -1] / temperature).softmax(-1)))


def _only_the_new(next_logits, token_ids, temperature, draw):
    return add_word(next_logits, token_ids, temperature, draw)[:, -1:]


def _always_the_likeliest(next_logits, token_ids, temperature, draw):
    return _appended(token_ids, int(next_logits(token_ids)[0, -1].argmax()))


def _toy_logits(token_ids):
    """(1, L) -> (1, L, 7): expects a token that depends on the sum of all tokens up to each place."""
    sums = token_ids.cumsum(dim=1)[..., None]  # (1, L, 1)
    return 1.5 * torch.cos(2.0 * math.pi * (torch.arange(7) - 3 * sums) / 7 + 0.4)


def _draw_low(probabilities):
    return int((probabilities.cumsum(-1) > 0.35).float().argmax())


def _draw_high(probabilities):
    return int((probabilities.cumsum(-1) > 0.8).float().argmax())


ADD_WORD = Exercise(
    name="add_word",
    title="One more word",
    tier="core",
    difficulty=2,
    minutes=6,
    why="Called again and again, this is how every GPT writes.",
    answer=add_word,
    misconceptions=(
        Misconception(
            _times_temperature,
            "You multiply by the temperature, so a hot model becomes careful and a cold one wild. Divide: a small "
            "temperature makes differences between logits larger.",
        ),
        Misconception(
            _chances_divided,
            "The temperature divides probabilities, which then no longer sum to 1. It must divide the logits, before "
            "the softmax.",
        ),
        Misconception(
            _no_temperature,
            "The temperature has no effect. Divide the logits by it before the softmax.",
        ),
        Misconception(
            _first_place,
            "You read the logits at the first place. They say what follows the first token; what follows the whole "
            "text stands at the last place, [0, -1].",
        ),
        Misconception(
            _newest_only,
            "The model sees only the newest token and has forgotten the rest. Give it all tokens so far.",
        ),
        Misconception(
            _only_the_new,
            "The new token is right, but the text before it is missing: return what was given and the token behind it.",
        ),
        Misconception(
            _always_the_likeliest,
            "You always take the likeliest token. Let draw(probabilities) choose: that is where variety comes from.",
        ),
    ),
    hints=(
        "Logits, divide, softmax, draw, append.",
        "next_logits gives (1, L, V). You need the last place, [0, -1], divided by the temperature, through a softmax.",
        "token = torch.tensor([[draw(probabilities)]]); return torch.cat([token_ids, token], dim=1)",
    ),
    reasons=(
        "Writing is slow because it is a loop: the next word needs the last one. Training has no loop, since the "
        "causal mask lets all places learn at once. The temperature scales the logits before the softmax; near 0 the "
        "likeliest token always wins, at 1 the model speaks as it learned, above it grows careless."
    ),
    praise="One token more, chosen by all before it.",
    cases=tuple(
        (_toy_logits, torch.tensor([tokens]), temperature, draw)
        for tokens in ([2], [1, 4, 2], [5, 6], [3, 3], [6, 1, 1, 2])
        for temperature, draw in ((0.3, _draw_high), (1.0, _draw_low), (3.0, _draw_low), (2.0, _draw_high))
    ),
)

# --- split_gpt2_weight ---


def split_gpt2_weight(fused):
    """GPT-2's c_attn.weight (D, 3 D) as three weights of nn.Linear, for query, key and value, each (D, D)."""
    query, key, value = fused.chunk(3, dim=1)  # side by side, each (D in, D out)
    return query.T, key.T, value.T  # nn.Linear wants (out, in)


def _interleaved(fused):
    return tuple(fused[:, start::3].T for start in range(3))


SPLIT_GPT2 = Exercise(
    name="split_gpt2_weight",
    title="Unpack GPT-2's attention",
    tier="project",
    difficulty=2,
    minutes=7,
    why="Every published model names and packs its weights in its own way; reading them is a craft of its own.",
    answer=split_gpt2_weight,
    misconceptions=(
        Misconception(
            lambda fused: fused.chunk(3, dim=1),
            "Cut rightly, but not turned. GPT-2 stores (in, out), nn.Linear wants (out, in), and because these are "
            "squares nothing complains: it would load and compute nonsense. Transpose each part.",
        ),
        Misconception(
            lambda fused: tuple(part.T for part in (fused.chunk(3, dim=1)[i] for i in (1, 0, 2))),
            "Query and key have changed places. The order in GPT-2's matrix is query, key, value.",
        ),
        Misconception(
            lambda fused: tuple(part.T for part in reversed(fused.chunk(3, dim=1))),
            "The order is turned round. From left to right GPT-2 packs query, key, value.",
        ),
        Misconception(
            _interleaved,
            "You took every third column. The three parts lie side by side as blocks: the first D columns are the "
            "query's.",
        ),
        Misconception(
            lambda fused: tuple(fused.reshape(3, len(fused), len(fused))),
            "reshape reads the matrix row by row, so a row of query, key and value numbers got scattered over all "
            "three. Cut between columns: chunk(3, dim=1).",
        ),
    ),
    hints=(
        "The matrix is (D, 3 D): D numbers come in, three times D go out. Along which axis do the three parts lie?",
        "fused.chunk(3, dim=1) gives three (D, D) parts, each (in, out). nn.Linear stores (out, in).",
        "query, key, value = fused.chunk(3, dim=1); then return the three, each with .T",
    ),
    reasons=(
        "One large product is faster than three small ones, so GPT-2 packs them. It also stores its maps as (in, out). "
        "A square matrix loads either way round without a murmur, so only a comparison of results shows a mistake."
    ),
    praise="Three maps, right way round.",
    cases=((torch.arange(12.0).reshape(2, 6),), (torch.arange(75.0).reshape(5, 15) % 11,)),
)

EXERCISES = [
    SINUSOIDAL,
    ROTATE_PAIR,
    RESIDUAL_GRADIENT,
    PRE_NORM_BLOCK,
    CHANGED_PLACES,
    ADD_WORD,
    SPLIT_GPT2,
]
