"""What closed cases teach: texts and the matters under which they were closed.

Trained with scikit-learn (character 1-2-grams, TF-IDF, linear SVM); kept as plain arrays and JSON, never as
a pickle, so that a model file can carry nothing that runs and outlives library versions. Reading a text
then takes a few dozen dictionary look-ups and one small product, without scikit-learn in the web process.
"""

from __future__ import annotations

import math
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from django.conf import settings
from numpy.typing import NDArray

from linli.domains.matters.entries import normal
from linli.lib.errors import Invalid
from linli.lib.time import now

FEWEST = 5
"""Samples that a matter needs to take part: one for holding out and some to learn from."""
FEATURES = 60_000
HELD_OUT = 0.2
LOOK_AGAIN = 1.0
"""Seconds after which a process looks whether there is a newer model."""
FILE = "suggestion.npz"
WORDS_SHOWN = 3
SHARPNESS = 3.0
"""How far margins of the machine (mostly between -1 and 1) part the shares of the matters."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Metadata:
    """How a model came to be, shown beside it."""

    samples: int
    matters: int
    accuracy: float
    """share of held-out cases whose matter came first; too kind where texts repeat (forms, generated data)"""
    trained_at: str


@dataclass(frozen=True)
class Learned:
    """What the model says of one matter for one text."""

    code: str
    share: float
    """0 to 1, over all matters together 1"""
    words: tuple[str, ...]
    """the parts of the text that speak most for it"""
    cases: int
    """closed cases of the matter that it was learnt from"""


@dataclass(frozen=True)
class Model:
    metadata: Metadata
    codes: tuple[str, ...]
    cases: tuple[int, ...]
    vocabulary: dict[str, int]
    idf: Floats
    """weight of each n-gram, shape (features,)"""
    coefficients: Floats
    """shape (features, matters)"""
    intercepts: Floats

    def predict(self, text: str, *, most: int) -> list[Learned]:
        """The matters that speak loudest for ``text``, best first; none where no part of it is known."""
        grams = Counter(gram for gram in _grams(normal(text)) if gram in self.vocabulary)
        if not grams:
            return []
        columns = np.fromiter((self.vocabulary[gram] for gram in grams), dtype=np.intp, count=len(grams))
        counts = np.fromiter(grams.values(), dtype=np.float32, count=len(grams))
        weights = (1 + np.log(counts)) * self.idf[columns]
        weights /= np.linalg.norm(weights)
        parts = weights[:, None] * self.coefficients[columns]
        margins = parts.sum(axis=0) + self.intercepts
        shares = np.exp(SHARPNESS * (margins - margins.max()))
        shares /= shares.sum()
        best = np.argsort(-shares)[:most]
        names = list(grams)
        return [
            Learned(
                self.codes[i],
                float(shares[i]),
                _readable(normal(text), [(names[j], float(parts[j, i])) for j in np.argsort(-parts[:, i])]),
                self.cases[i],
            )
            for i in best
        ]


def _grams(text: str) -> Iterable[str]:
    yield from text
    for i in range(len(text) - 1):
        yield text[i : i + 2]


def _readable(text: str, parts: list[tuple[str, float]]) -> tuple[str, ...]:
    """The pairs that speak most for a matter, joined where they stand side by side in the text."""
    strong = {gram for gram, part in parts[:12] if part > 0 and len(gram) == 2}
    spans: list[tuple[int, int]] = []
    for i in range(len(text) - 1):
        if text[i : i + 2] in strong:
            if spans and spans[-1][1] > i:
                spans[-1] = (spans[-1][0], i + 2)
            else:
                spans.append((i, i + 2))
    words = dict.fromkeys(text[start:end] for start, end in spans)
    return tuple(sorted(words, key=len, reverse=True)[:WORDS_SHOWN])


# Training --------------------------------------------------------------------------------------------------


def train(samples: Iterable[tuple[str, str]]) -> Metadata:
    """Learn from (text, matter code) of closed cases and store the model for all processes.

    Accuracy is measured on a fifth held out of training; the stored model is then fitted on everything.
    Matters with fewer than ``FEWEST`` samples are left out. Raises ``Invalid`` where fewer than two remain.
    """
    from sklearn.model_selection import train_test_split

    texts, labels = _enough(samples)
    learn, hold, learn_labels, hold_labels = train_test_split(
        texts,
        labels,
        test_size=max(HELD_OUT, len(set(labels)) / len(labels)),
        random_state=0,
        stratify=labels,
    )
    trial_vectors, trial = _fit(learn, learn_labels)
    accuracy = float(trial.score(trial_vectors.transform(hold), hold_labels))
    vectors, machine = _fit(texts, labels)
    metadata = Metadata(len(texts), len(machine.classes_), round(accuracy, 4), now().isoformat())
    _store(metadata, labels, vectors, machine)
    return metadata


def _enough(samples: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    pairs = [(normal(text), code) for text, code in samples]
    counts = Counter(code for _, code in pairs)
    kept = [(text, code) for text, code in pairs if text and counts[code] >= FEWEST]
    if len({code for _, code in kept}) < 2:
        raise Invalid(f"办结事件还不够：至少要有两类事项各有 {FEWEST} 件", field="samples")
    return [text for text, _ in kept], [code for _, code in kept]


def _fit(texts: list[str], labels: list[str]) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    vectors = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 2), sublinear_tf=True, max_features=FEATURES, dtype=np.float32
    )
    machine = LinearSVC(C=1.0, class_weight="balanced", random_state=0)
    machine.fit(vectors.fit_transform(texts), labels)
    return vectors, machine


def _store(metadata: Metadata, labels: list[str], vectors: Any, machine: Any) -> None:
    coefficients, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one separating plane serves two classes
        coefficients = np.vstack([-coefficients, coefficients])
        intercepts = np.concatenate([-intercepts, intercepts])
    counts = Counter(labels)
    codes = [str(code) for code in machine.classes_]
    document = {
        "metadata": metadata.__dict__,
        "codes": codes,
        "cases": [counts[code] for code in codes],
        "grams": sorted(vectors.vocabulary_, key=vectors.vocabulary_.get),
    }
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        np.savez(
            file,
            document=np.frombuffer(orjson.dumps(document), dtype=np.uint8),
            idf=vectors.idf_.astype(np.float32),
            coefficients=np.ascontiguousarray(coefficients.T, dtype=np.float32),
            intercepts=intercepts.astype(np.float32),
        )
    Path(temporary).replace(path)  # readers see the old model or the new one, never half of one


# Loading ---------------------------------------------------------------------------------------------------


def _path() -> Path:
    return Path(settings.DATA_DIR) / "models" / FILE


class _Holder:
    """The stored model, read when first asked for and again when the file has been replaced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Model | None = None
        self._stamp: tuple[str, int, int] | None = None
        self._looked = -math.inf

    def model(self) -> Model | None:
        if time.monotonic() - self._looked < LOOK_AGAIN:
            return self._model
        with self._lock:
            stamp = _stamp(_path())
            if stamp != self._stamp:
                self._model = _load(_path()) if stamp is not None else None
                self._stamp = stamp
            self._looked = time.monotonic()
            return self._model

    def forget(self) -> None:
        with self._lock:
            self._looked = -math.inf


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return str(path), found.st_mtime_ns, found.st_ino


def _load(path: Path) -> Model:
    with np.load(path, allow_pickle=False) as arrays:
        document = orjson.loads(arrays["document"].tobytes())
        return Model(
            metadata=Metadata(**document["metadata"]),
            codes=tuple(document["codes"]),
            cases=tuple(document["cases"]),
            vocabulary={gram: i for i, gram in enumerate(document["grams"])},
            idf=arrays["idf"],
            coefficients=arrays["coefficients"],
            intercepts=arrays["intercepts"],
        )


_holder = _Holder()


def model() -> Model | None:
    """The model in use, or none before the first training."""
    return _holder.model()


def forget_model() -> None:
    """Look for the stored model again at the next question."""
    _holder.forget()
