"""Dropout in Keras."""

import keras


def keras_dropout(x, drop_rate, training, seed):
    """Dropout of x; the layer's rate is the drop rate.

    >>> x = keras.ops.ones(100)
    >>> keras_dropout(x, 0.75, True, seed=0).unique()
    tensor([0., 4.])
    """
    layer = keras.layers.Dropout(drop_rate, seed=seed)
    return layer(x, training=training)


def keras_called_directly(x, drop_rate):
    """A new layer, called: without training it infers.

    >>> x = keras.ops.ones(100)
    >>> keras_called_directly(x, 0.75).unique()
    tensor([1.])
    """
    return keras.layers.Dropout(drop_rate)(x)


def keras_gaussian_dropout(x, drop_rate, seed):
    """Noise times x: mean 1, variance r / (1 - r)."""
    layer = keras.layers.GaussianDropout(
        drop_rate, seed=seed
    )
    return layer(x, training=True)


def keras_net(drop_rate):
    """A digits classifier: fit drops units, predict not.

    >>> keras_net(0.5)(keras.ops.ones((3, 64))).shape
    torch.Size([3, 10])
    """
    return keras.Sequential(
        [
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(drop_rate),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(drop_rate),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
