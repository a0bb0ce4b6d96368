"""Hook points by depth, in short words, and which follow which."""

from culture_core.saes.hook_order import adjacent, by_depth, in_stream, main_hook, short_words

POST = "blocks.{}.hook_resid_post"
MLP = "blocks.2.hook_mlp_out"
FIVE = [POST.format(3), MLP, *map(POST.format, (2, 0, 1))]


def test_hook_points_are_in_the_order_of_a_forward_pass():
    ordered = [POST.format(0), POST.format(1), MLP, POST.format(2), POST.format(3)]
    assert by_depth(FIVE) == ordered
    assert by_depth([POST.format(10), POST.format(9), "ln_final.hook_scale"])[0] == POST.format(9)
    points = ["hook_resid_pre", "attn.hook_z", "hook_attn_out", "hook_resid_mid", "mlp.hook_post"]
    blocks = [f"blocks.1.{point}" for point in points]
    assert by_depth(reversed([*blocks, "blocks.1.hook_mlp_out"])) == [*blocks, "blocks.1.hook_mlp_out"]


def test_hook_points_have_short_names():
    assert [short_words(hook) for hook in by_depth(FIVE)] == [
        "block 0",
        "block 1",
        "MLP 2",
        "block 2",
        "block 3",
    ]
    assert short_words("blocks.1.attn.hook_q") == "blocks.1.attn.hook_q"


def test_a_block_follows_the_one_before_it_also_past_what_is_added_between_them():
    names = [(short_words(first), short_words(second)) for first, second in adjacent(FIVE)]
    assert names == [
        ("block 0", "block 1"),
        ("block 1", "MLP 2"),
        ("block 1", "block 2"),
        ("MLP 2", "block 2"),
        ("block 2", "block 3"),
    ]
    assert adjacent(FIVE[:1]) == []


def test_only_the_stream_and_what_is_added_to_it_share_a_space():
    assert in_stream(MLP) and in_stream(POST.format(1)) and in_stream("blocks.0.hook_attn_out")
    assert not in_stream("blocks.0.mlp.hook_post") and not in_stream("blocks.0.attn.hook_z")


def test_the_main_hook_is_the_one_at_two_thirds_depth_if_it_is_there():
    assert main_hook([POST.format(0), POST.format(2)], 3) == POST.format(2)
    assert main_hook([MLP, POST.format(0)], 4) == MLP
