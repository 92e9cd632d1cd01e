"""Cross-entropy in Keras: outputs first, as elsewhere."""

import keras


def keras_categorical_ce(
    outputs,
    targets,
    *,
    from_logits,
    label_smoothing=0.0,
    sample_weight=None,
    reduction="sum_over_batch_size",
):
    """CategoricalCrossentropy; targets are rows (N, K).

    Keras itself takes from_logits to be False.

    >>> logits = keras.ops.array([[2.0, 1.0, -1.0]])
    >>> targets = keras.ops.array([[1, 0, 0]])
    >>> keras_categorical_ce(
    ...     logits, targets, from_logits=True
    ... )
    tensor(0.3490)
    """
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=from_logits,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )
    return loss(targets, outputs, sample_weight)


def keras_sparse_ce(
    outputs,
    labels,
    *,
    from_logits,
    ignore_class=None,
    sample_weight=None,
    reduction="sum_over_batch_size",
):
    """SparseCategoricalCrossentropy; labels are integers.

    The class axis is the last.

    >>> logits = keras.ops.array([[2.0, 1.0, -1.0]])
    >>> labels = keras.ops.array([0])
    >>> keras_sparse_ce(logits, labels, from_logits=True)
    tensor(0.3490)
    """
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=from_logits,
        ignore_class=ignore_class,
        reduction=reduction,
    )
    return loss(labels, outputs, sample_weight)


def keras_binary_ce(
    outputs,
    targets,
    *,
    from_logits,
    label_smoothing=0.0,
    sample_weight=None,
    reduction="sum_over_batch_size",
    dtype=None,
):
    """BinaryCrossentropy: first a mean over labels.

    >>> z, y = keras.ops.array([0.7]), keras.ops.array([1])
    >>> keras_binary_ce(z, y, from_logits=True)
    tensor(0.4032)
    """
    loss = keras.losses.BinaryCrossentropy(
        from_logits=from_logits,
        label_smoothing=label_smoothing,
        reduction=reduction,
        dtype=dtype,
    )
    return loss(targets, outputs, sample_weight)
