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


def keras_compile_classes(model):
    """For K logits and one integer label.

    >>> model = keras.Sequential([keras.layers.Identity()])
    >>> keras_compile_classes(model)
    """
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True
    )
    model.compile("adam", loss=loss, metrics=["accuracy"])


def keras_compile_yes_no(model):
    """For one logit or several, each a yes or a no.

    >>> model = keras.Sequential([keras.layers.Identity()])
    >>> keras_compile_yes_no(model)
    """
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    right = keras.metrics.BinaryAccuracy(threshold=0.0)
    model.compile("adam", loss=loss, metrics=[right])


def keras_evaluate(compiling, outputs, targets):
    """Loss and metric of a model with these outputs.

    >>> z, y = keras.ops.zeros((4, 1)), keras.ops.ones(4)
    >>> loss, right = keras_evaluate(
    ...     keras_compile_yes_no, z, y
    ... )
    >>> print(round(loss, 4), right)
    0.6931 0.0
    """
    model = keras.Sequential([keras.layers.Identity()])
    compiling(model)
    shown = model.evaluate(outputs, targets, verbose=0)
    return [float(value) for value in shown]
