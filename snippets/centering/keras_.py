"""Zero-centering in Keras."""

import keras
import numpy as np


def keras_activate(name, a):
    """An activation of Keras at a, with its defaults.

    >>> keras_activate("leaky_relu", [-1.0])
    tensor([-0.2000])
    """
    function = keras.activations.get(name)
    return function(keras.ops.convert_to_tensor(a))


def keras_batchnorm(h):
    """Columns (n, d) at mean 0 and variance 1, for show.

    By a new layer in training mode, without a learned scale
    and shift; its epsilon is 1e-3. A net keeps its layers.

    >>> keras_batchnorm(keras.ops.array([[1.0], [3.0]])).T
    tensor([[-0.9995,  0.9995]])
    """
    layer = keras.layers.BatchNormalization(
        center=False, scale=False
    )
    return layer(h, training=True)


def keras_updates(optimizer, X, targets):
    """Updates (n, d) of a linear neuron, sample by sample.

    optimizer is one of keras.optimizers; w starts at 0.

    >>> sgd = keras.optimizers.SGD(0.5)
    >>> keras_updates(sgd, [[1, 2]], [1])
    array([[0.5, 1. ]], dtype=float32)
    """
    X = keras.ops.array(X, "float32")
    w = keras.Variable(keras.ops.zeros(X.shape[1]))
    path = [w.numpy()]
    for x, target in zip(X, targets, strict=True):
        error = keras.ops.dot(x, w) - target
        optimizer.apply([error * x], [w])
        path.append(w.numpy())
    return np.diff(path, axis=0)
