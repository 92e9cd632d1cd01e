"""An autoencoder in Keras."""

import keras
from keras import layers


def keras_autoencoder(d, latent):
    """Encoder and decoder, to be trained as one model.

    >>> encoder, decoder = keras_autoencoder(64, 2)
    >>> both = keras.Sequential([encoder, decoder])
    >>> both.compile("adam", loss="mse")
    >>> both(keras.ops.zeros((5, 64))).shape
    torch.Size([5, 64])
    """
    encoder = keras.Sequential(
        [
            keras.Input((d,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(latent),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((latent,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(d, activation="sigmoid"),
        ]
    )
    return encoder, decoder
