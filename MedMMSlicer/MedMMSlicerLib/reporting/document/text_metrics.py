"""BLEU and ROUGE through the packages that papers report: sacrebleu and rouge-score. Both run offline.

They compare words, not facts: a report with the wrong side scores high. Use them beside `finding_metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import UsageError
from .measures import words_of
from .packages import package_missing

__all__ = ["Bleu", "Rouge", "bleu", "rouge"]

_EXTRA = "medmm-slicer[metrics]"
ROUGE_TYPES = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True)
class Bleu:
    """BLEU of a corpus (Papineni et al., 2002): ``score`` 0 to 100, and sacrebleu's ``signature`` to report
    with it (Post, 2018).
    """

    score: float
    signature: str


@dataclass(frozen=True)
class Rouge:
    """ROUGE (Lin, 2004), mean over the pairs, 0 to 1."""

    precision: float
    recall: float
    f1: float


def bleu(hypotheses: Sequence[str], references: Sequence[str], language: str = "en") -> Bleu:
    """BLEU of texts against one reference each.

    Parameters
    ----------
    hypotheses, references : sequence of str
        Of the same length.
    language : str
        ``zh-CN`` splits Chinese into characters, as sacrebleu does.

    Raises
    ------
    UsageError
        If there is no pair, or the lengths differ.
    InstallationError
        If sacrebleu is not installed.
    """
    _check(hypotheses, references)
    try:
        import sacrebleu
    except ImportError as error:
        raise package_missing("What computes BLEU", _EXTRA, error) from error
    # Of a single short text, n-grams that it can not have do not count; the signature says so.
    tokenize = "zh" if language.startswith("zh") else "13a"
    metric = sacrebleu.BLEU(tokenize=tokenize, effective_order=len(hypotheses) == 1)
    if len(hypotheses) == 1:
        result = metric.sentence_score(hypotheses[0], [references[0]])
    else:
        result = metric.corpus_score(list(hypotheses), [list(references)])
    return Bleu(float(result.score), str(metric.get_signature()))


def rouge(hypotheses: Sequence[str], references: Sequence[str], language: str = "en") -> Mapping[str, Rouge]:
    """ROUGE-1, ROUGE-2 and ROUGE-L (``rouge1``, ``rouge2``, ``rougeL``) against one reference each.

    rouge-score drops every character outside a to z and 0 to 9, so Chinese gets a tokenizer of our own (one
    character, one word). No stemming.

    Raises
    ------
    UsageError
        If there is no pair, or the lengths differ.
    InstallationError
        If rouge-score is not installed.
    """
    _check(hypotheses, references)
    try:
        from rouge_score import rouge_scorer  # type: ignore[import-untyped,import-not-found]
    except ImportError as error:
        raise package_missing("What computes ROUGE", _EXTRA, error) from error
    tokenizer = _Words() if language.startswith("zh") else None
    scorer = rouge_scorer.RougeScorer(list(ROUGE_TYPES), use_stemmer=False, tokenizer=tokenizer)
    scores = [scorer.score(reference, text) for text, reference in zip(hypotheses, references)]
    return {
        name: Rouge(
            *(sum(float(item[name][part]) for item in scores) / len(scores) for part in range(3)),
        )
        for name in ROUGE_TYPES
    }


class _Words:
    """What rouge-score asks of a tokenizer."""

    def tokenize(self, text: str) -> list[str]:
        """Words in lower case."""
        return [word.lower() for word in words_of(text)]


def _check(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    if isinstance(hypotheses, str) or isinstance(references, str):
        raise UsageError("Give lists of texts, not one text.")
    if len(hypotheses) != len(references) or not hypotheses:
        raise UsageError(
            f"There are {len(hypotheses)} texts and {len(references)} references. Give one for each."
        )
