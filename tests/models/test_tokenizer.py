import torch
from transformers import AutoTokenizer

from culture_core import create_tokenizer, load_quizzes, prep_quiz


def test_every_token_has_the_studys_name():
    names = create_tokenizer().convert_ids_to_tokens(list(range(17)))
    assert names == [*"0123456789a", "X", "f_X", "Y", "f_Y", "[UNK]", "[PAD]"]


def test_a_quiz_survives_text_and_back():
    tokenizer = create_tokenizer()
    for quiz in load_quizzes(n=8).tokens.tolist():
        assert tokenizer.encode(tokenizer.decode(quiz)) == quiz


def test_padding_is_no_colour_and_nothing_is_put_in_front():
    tokenizer = create_tokenizer()
    padded = tokenizer(["0 0 X", "0"], padding=True)
    assert padded["input_ids"] == [[0, 0, 11], [0, 16, 16]]
    assert padded["attention_mask"] == [[1, 1, 1], [1, 0, 0]]
    assert tokenizer.bos_token is None


def test_an_unknown_word_is_unknown():
    assert create_tokenizer().encode("3 red f_Y") == [3, 15, 14]


def test_a_saved_tokenizer_loads_the_standard_way(tmp_path):
    create_tokenizer().save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.encode("a f_X 0") == [10, 12, 0]
    assert (loaded.pad_token_id, loaded.model_max_length) == (16, 405)


def test_prepared_quizzes_end_with_the_last_marker():
    batch = load_quizzes(n=4, structure="A,f_A,B,f_B")
    prepared = prep_quiz(batch)
    assert prepared.shape == (4, 305)
    assert (prepared[:, 0] == 0).all()
    assert (prepared[:, -1] == 14).all()
    assert torch.equal(prepared[:, 1:], batch.tokens[:, :304].long())


def test_preparing_can_keep_the_whole_quiz_or_leave_out_the_zero():
    tokens = load_quizzes(n=2).tokens
    assert torch.equal(prep_quiz(tokens, prefix_0=False, slice_at=None), tokens.long())
    assert prep_quiz(tokens, slice_at=None).shape == (2, 405)
    assert prep_quiz(tokens[0]).shape == (1, 305)
