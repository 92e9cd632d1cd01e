"""An autoencoder in Keras."""

import keras
from keras import layers


def keras_autoencoder(X, latent, seed, *, epochs=60):
    """Encoder and decoder, fitted to X (n, d) in [0, 1].

    Optimizer, rate, epochs and batches are PyTorch's above.

    >>> X = keras.ops.eye(4)
    >>> encoder, decoder = keras_autoencoder(X, 2, 0)
    >>> tuple(decoder(encoder(X)).shape)
    (4, 4)
    """
    keras.utils.set_random_seed(seed)
    d = X.shape[1]
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
    both = keras.Sequential([encoder, decoder])
    adam = keras.optimizers.Adam(3e-3)
    both.compile(adam, loss="mse")
    both.fit(
        X, X, epochs=epochs, batch_size=100, verbose=0
    )
    return encoder, decoder
