import pytest
import torch
from torch import nn

from t2i_lib.ema import averaged_copy, decay_at, update_average
from t2i_lib.updates import NotFinite, Updater, learning_rate_factor, load_optimizer

CPU = torch.device("cpu")


def updater(**values: float) -> tuple[Updater, dict[str, nn.Parameter]]:
    """One optimizer (plain descent, learning rate 0.5) for each named number."""
    weights = {name: nn.Parameter(torch.tensor([value])) for name, value in values.items()}
    return Updater({name: torch.optim.SGD([weight], 0.5) for name, weight in weights.items()}, CPU), weights


def test_one_step_by_hand():
    update, weights = updater(a=3.0)
    norm = update("a", (weights["a"] ** 2).sum())  # gradient 6
    assert norm.item() == 6
    assert weights["a"].item() == 3 - 0.5 * 6


def test_clipping_by_hand():
    update, weights = updater(a=3.0)
    assert update("a", (weights["a"] ** 2).sum(), clip=2.0).item() == 6  # the length before clipping
    assert weights["a"].item() == pytest.approx(3 - 0.5 * 2)


def test_gradients_do_not_pile_up_and_do_not_leak():
    update, weights = updater(a=3.0, b=2.0)
    for _ in range(2):
        update("a", (weights["a"] * weights["b"]).sum())  # gradient of a: 2, of b: would be a
    assert weights["a"].item() == 3 - 2 * 0.5 * 2
    assert weights["b"].item() == 2 and weights["b"].grad is None


def test_one_forward_pass_serves_two_opponents():
    update, weights = updater(maker=3.0, critic=2.0)
    made = weights["maker"] * 1.0
    update.zero("critic")
    update.backward((made.detach() * weights["critic"]).sum(), "critic")
    update.step("critic")  # critic: 2 - 0.5 * 3
    assert weights["critic"].item() == 0.5
    update("maker", -(made * weights["critic"]).sum())  # through the same `made`, with the new critic
    assert weights["maker"].item() == 3 + 0.5 * 0.5
    assert weights["critic"].item() == 0.5


def test_a_task_may_compute_gradients_itself():
    update, weights = updater(a=3.0)
    update.zero("a")
    (weights["a"].grad,) = torch.autograd.grad((weights["a"] ** 2).sum(), weights["a"])
    update.step("a")
    assert weights["a"].item() == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_survive_a_loss_or_gradient_that_is_not_finite(bad):
    update, weights = updater(a=3.0)
    with pytest.raises(NotFinite, match="'a'"):
        update("a", (weights["a"] * bad).sum())
    with pytest.raises(NotFinite):  # a finite gradient does not excuse the loss
        update("a", weights["a"].sum() + bad)
    zero = torch.zeros(1)
    with pytest.raises(NotFinite):  # nor a finite loss the gradient: 0 * infinity
        update("a", (weights["a"] * zero).sqrt().sum())
    assert weights["a"].item() == 3


def test_a_late_guard_speaks_one_step_later():
    """As on a GPU, which would have to be waited for."""
    update, weights = updater(a=3.0)
    update.guards_late = True
    for step in range(2):
        update("a", (weights["a"] * (float("nan") if step == 0 else 1.0)).sum())
        if step == 0:
            update.finish()
        else:
            with pytest.raises(NotFinite, match="'a'"):
                update.finish()
    update("a", (weights["a"] * float("nan")).sum())
    with pytest.raises(NotFinite):  # before saving, all is looked at
        update.read_guard()
    update.read_guard()  # once is enough


def test_learning_rate_rises_and_falls():
    def factor(step, schedule="cosine"):
        return learning_rate_factor(step, 113, 13, schedule, 0.02)

    rise = [factor(step) for step in range(13)]
    assert rise[0] == pytest.approx(1 / 13) and rise == sorted(rise) and rise[-1] == 1
    fall = [factor(step) for step in range(13, 114)]
    assert fall == sorted(fall, reverse=True)
    assert factor(63) == pytest.approx(0.51) and factor(113) == pytest.approx(0.02)
    assert factor(5000) == pytest.approx(0.02)
    assert factor(112, "constant") == 1 and factor(0, "constant") == pytest.approx(1 / 13)
    assert learning_rate_factor(0, 7, 0, "cosine", 0.1) == 1


def test_the_schedule_scales_each_groups_own_learning_rate():
    slow, fast = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([{"params": [slow], "lr": 0.1}, {"params": [fast], "lr": 1.0}])
    update = Updater({"both": optimizer}, CPU)
    for _ in range(2):  # twice: the factor is not applied to what it has already scaled
        update.begin(progress=0.25, factor=0.5, seed=1)
        update("both", (slow + fast).sum())
    assert slow.item() == pytest.approx(-2 * 0.05) and fast.item() == pytest.approx(-2 * 0.5)
    assert update.progress == 0.25


def test_each_step_has_its_own_lots():
    update, _ = updater(a=0.0)
    lots = []
    for seed in (3, 5, 3):
        update.begin(0.0, 1.0, seed)
        lots.append(torch.rand(7, generator=update.rng).tolist())
    assert lots[0] == lots[2] != lots[1]


def test_autocast_only_where_the_task_enters_it():
    update = Updater({}, CPU, "bf16")
    square = torch.ones(3, 3)
    assert (square @ square).dtype == torch.float32
    with update.autocast():
        assert (square @ square).dtype == torch.bfloat16


def test_optimizer_state_keeps_its_settings_and_its_memory_format():
    net = nn.Conv2d(3, 5, 3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    net(torch.randn(2, 3, 7, 7)).sum().backward()
    optimizer.step()
    plain = {n: {k: v.clone().contiguous() for k, v in s.items()} for n, s in optimizer.state_dict()["state"].items()}
    other = torch.optim.Adam(net.parameters(), lr=0.3)
    load_optimizer(other, plain)
    assert other.param_groups[0]["lr"] == 0.3
    for parameter, values in optimizer.state.items():
        for name, value in values.items():
            assert torch.equal(other.state[parameter][name], value)
            assert other.state[parameter][name].stride() == value.stride()


def test_average_by_hand():
    net = nn.BatchNorm1d(1)
    average = averaged_copy(net)
    assert not average.training and not average.weight.requires_grad
    with torch.no_grad():
        net.weight.fill_(3.0)
        net.running_mean.fill_(7.0)
        net.num_batches_tracked.fill_(11)
    update_average(average, net, decay=0.75)
    assert average.weight.item() == 0.75 * 1 + 0.25 * 3
    assert average.running_mean.item() == 0.75 * 0 + 0.25 * 7 and average.num_batches_tracked.item() == 11
    assert net.weight.item() == 3 and net.weight.requires_grad


def test_the_average_forgets_the_start_quickly():
    decays = [decay_at(step, 0.999) for step in range(20_000)]
    assert decays[0] == 0.1 and decays == sorted(decays) and decays[-1] == 0.999
    share = 1.0  # of the random start, left in the average
    for decay in decays[:100]:
        share *= decay
    assert share < 1e-12  # a constant 0.999 would leave 90 %
