"""In Keras: two ways to ask one model, and its nets."""

import json
from pathlib import Path

import keras
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from snippets.predict.scratch import (
    batch_slices,
    predict_in_batches,
)


def keras_mlp(widths, seed, drop_rate=0.0):
    """Dense layers; ReLU and dropout between them.

    widths are those of the input and of each layer.

    >>> keras_mlp([8, 16, 3], seed=0).output_shape
    (None, 3)
    """
    first, *hidden, last = widths
    draw = keras.random.SeedGenerator(seed)
    weights = keras.initializers.GlorotUniform(draw)
    layers = [keras.Input((first,))]
    for width in hidden:
        layers += [
            keras.layers.Dense(
                width, "relu", kernel_initializer=weights
            ),
            keras.layers.Dropout(drop_rate, seed=seed),
        ]
    top = keras.layers.Dense(
        last, kernel_initializer=weights
    )
    return keras.Sequential([*layers, top])


def keras_fitted(model, x, labels, epochs):
    """The model after Adam, in batches of 50, in order."""
    model.compile(
        keras.optimizers.Adam(3e-3),
        keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        ),
    )
    model.fit(
        x,
        labels,
        batch_size=50,
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    return model


def keras_call(model, x):
    """model(x): a tensor, with the graph behind it.

    >>> from keras import layers, ops
    >>> y = keras_call(layers.Dense(3), ops.eye(4))
    >>> tuple(y.shape), y.requires_grad
    ((4, 3), True)
    """
    return model(x)


def keras_predict(model, x, batch_size=32):
    """model.predict(x), silent: an array, no more.

    >>> from keras import Sequential, layers, ops
    >>> model = Sequential([layers.Dense(3)])
    >>> type(keras_predict(model, ops.eye(4))).__name__
    'ndarray'
    """
    return model.predict(
        x, batch_size=batch_size, verbose=0
    )


def keras_predict_on_batch(model, x):
    """All rows as one batch, without predict's loop.

    >>> from keras import Sequential, layers, ops
    >>> model = Sequential([layers.Dense(3)])
    >>> keras_predict_on_batch(model, ops.eye(4)).shape
    (4, 3)
    """
    return model.predict_on_batch(x)


def keras_call_with(model, x, training):
    """model(x) that is told its mode.

    >>> from keras import layers, ops
    >>> drop, x = layers.Dropout(0.5, seed=0), ops.ones(100)
    >>> keras_call_with(drop, x, training=True).unique()
    tensor([0., 2.])
    """
    return model(x, training=training)


def keras_to_numpy(y):
    """A tensor of any backend as an array.

    >>> y = keras.layers.Dense(3)(keras.ops.eye(4))
    >>> keras_to_numpy(y).shape
    (4, 3)
    """
    return keras.ops.convert_to_numpy(y)


def keras_predict_by_hand(model, x, batch_size=32):
    """predict as a loop of calls: the post's, mended.

    >>> layer, x = keras.layers.Dense(3), np.ones((5, 8))
    >>> keras_predict_by_hand(layer, x, 2).shape
    (5, 3)
    """

    def ask(x_batch):
        y_batch = model(x_batch, training=False)
        return keras.ops.convert_to_numpy(y_batch)

    return predict_in_batches(ask, x, batch_size)


def keras_predict_steps(model, x, steps, batch_size=None):
    """predict that stops after so many batches.

    >>> from keras import Sequential, layers, ops
    >>> model = Sequential([layers.Dense(3)])
    >>> keras_predict_steps(model, ops.eye(4), 1, 2).shape
    (2, 3)
    """
    return model.predict(
        x, batch_size=batch_size, steps=steps, verbose=0
    )


class KerasCounting(keras.Model):
    """A small net that notes the rows of each call."""

    def __init__(self):
        super().__init__()
        self.net = keras_mlp([8, 10], seed=0)
        self.rows = []

    def call(self, x):
        self.rows.append(len(x))
        return self.net(x)


def keras_passes(ask):
    """Rows of each forward pass while ask(model) runs.

    Rows are 8 numbers long.

    >>> keras_passes(lambda model: model(np.ones((5, 8))))
    [5]
    """
    model = KerasCounting()
    model(np.zeros((1, 8)))  # builds it
    model.rows.clear()
    ask(model)
    return list(model.rows)


def keras_generator(x, size):
    """The rows of x in batches, each in a tuple.

    >>> [len(rows) for rows, in keras_generator("abc", 2)]
    [2, 1]
    """
    slices = batch_slices(len(x), size)
    return ((x[rows],) for rows in slices)


class KerasDataset(keras.utils.PyDataset):
    """The rows of x in batches, found by number."""

    def __init__(self, x, size):
        super().__init__()
        self.x, self.slices = x, batch_slices(len(x), size)

    def __len__(self):
        return len(self.slices)

    def __getitem__(self, number):
        return (self.x[self.slices[number]],)


def keras_loader(x, size, shuffle, seed):
    """The rows of x from PyTorch's loader, as lists.

    >>> loader = keras_loader([1, 2, 3], 2, False, seed=0)
    >>> [len(rows) for rows, in loader]
    [2, 1]
    """
    return DataLoader(
        TensorDataset(torch.tensor(x)),
        size,
        shuffle=shuffle,
        generator=torch.Generator().manual_seed(seed),
    )


def keras_batchnorm(width):
    """A model of nothing but batch normalization.

    >>> keras_batchnorm(8).count_params()
    32
    """
    layer = keras.layers.BatchNormalization()
    return keras.Sequential([keras.Input((width,)), layer])


class KerasDropsByDefault(keras.Model):
    """Dropout, in a call whose default is training mode."""

    def __init__(self, seed):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5, seed=seed)

    def call(self, x, training=True):
        return self.drop(x, training=training)


class KerasAlwaysDrops(keras.Model):
    """Dropout that its model's call always switches on."""

    def __init__(self, seed):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5, seed=seed)

    def call(self, x):
        return self.drop(x, training=True)


def keras_functional(width, seed, training):
    """Dropout that was told its mode when it was wired.

    >>> model = keras_functional(100, 0, training=True)
    >>> model(keras.ops.ones((1, 100))).unique()
    tensor([0., 2.])
    """
    x = keras.Input((width,))
    drop = keras.layers.Dropout(0.5, seed=seed)
    return keras.Model(x, drop(x, training=training))


class KerasListener(keras.Layer):
    """A layer that notes the training it is given."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def call(self, x, training=None):
        self.heard.append(training)
        return x


class KerasWithoutTraining(keras.Model):
    """A layer in a model whose call lacks the argument."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x)


def keras_transfer(base, width):
    """A linear layer on top of a base that should infer.

    >>> norm = keras.layers.BatchNormalization()
    >>> keras_transfer(norm, 8).output_shape
    (None, 1)
    """
    x = keras.Input((width,))
    features = base(x, training=False)
    return keras.Model(x, keras.layers.Dense(1)(features))


def keras_wrapped(module):
    """A PyTorch module as the layer of a Keras model.

    >>> from torch import nn
    >>> model = keras_wrapped(nn.Dropout(1.0))
    >>> model(keras.ops.ones((1, 3)))
    tensor([[0., 0., 0.]])
    """
    layer = keras.layers.TorchModuleWrapper(module)
    return keras.Sequential([layer])


def keras_on_tensorflow():
    """Keras on TensorFlow: the facts on record, by name.

    >>> keras_on_tensorflow()["call_returns"]
    'EagerTensor'
    """
    text = Path("snippets/tf_facts.json").read_text("utf-8")
    return json.loads(text)["facts"]
