"""How CatBoost reads texts here: which sequences of words and letters it counts."""

from collections.abc import Sequence
from typing import Any


def text_processing(letters: Sequence[int] = (3, 4, 5), *, least: int = 2) -> dict[str, Any]:
    """Words, word pairs, and sequences of as many letters as `letters` says. Punctuation counts, since "!"
    and "?" have a meaning.

    Naive Bayes and BM25 turn each dictionary into a few numbers. Trees learn from these in seconds, and from
    a bag of words in minutes. A sequence of letters counts only if it occurs in at least `least` texts, since
    these sequences make up most of the file's size.
    """
    of_words = [_dictionary("words", "Word", 1, least=1), _dictionary("word_pairs", "Word", 2, least=2)]
    of_letters = [_dictionary(f"letters_{count}", "Letter", count, least=least) for count in letters]
    tokenizer = {
        "tokenizer_id": "by_sense",
        "separator_type": "BySense",
        "lowercasing": "true",
        "token_types": ["Word", "Number", "Unknown", "Punctuation"],
    }
    processing = [
        {
            "tokenizers_names": [tokenizer["tokenizer_id"]],
            "dictionaries_names": [dictionary["dictionary_id"]],
            "feature_calcers": ["NaiveBayes", "BM25"],
        }
        for dictionary in (*of_words, *of_letters)
    ]
    return {
        "tokenizers": [tokenizer],
        "dictionaries": [*of_words, *of_letters],
        "feature_processing": {"default": processing},
    }


def _dictionary(name: str, level: str, length: int, *, least: int) -> dict[str, str]:
    """A dictionary of sequences of `length` words or letters that occur in at least `least` texts."""
    return {
        "dictionary_id": name,
        "token_level_type": level,
        "gram_order": str(length),
        "occurrence_lower_bound": str(least),
        "max_dictionary_size": "50000",
    }
