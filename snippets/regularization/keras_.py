"""L1, L2 and weight decay in Keras."""

import keras


def keras_l1_penalty(w, lam):
    """L1(lam): lam * sum of |w|.

    >>> keras_l1_penalty(keras.ops.array([3.0, -4.0]), 0.1)
    tensor(0.7000)
    """
    return keras.regularizers.L1(lam)(w)


def keras_l2_penalty(w, lam):
    """L2(lam): lam * sum of w², without a half.

    >>> keras_l2_penalty(keras.ops.array([3.0, -4.0]), 0.1)
    tensor(2.5000)
    """
    return keras.regularizers.L2(lam)(w)


def keras_soft_threshold(z, t):
    """ops.soft_shrink: z moves t toward 0 and stops.

    >>> z = keras.ops.array([-2.0, 0.3, 1.7])
    >>> keras_soft_threshold(z, 0.5)
    tensor([-1.5000,  0.0000,  1.2000])
    """
    return keras.ops.soft_shrink(z, t)


def keras_steps(optimizer, w, gradients):
    """Weights after an optimizer's steps along gradients.

    optimizer is a new one of keras.optimizers; w stays.

    >>> w = keras.ops.array([3.0, -4.0])
    >>> sgd = keras.optimizers.SGD(1.0, weight_decay=0.1)
    >>> keras_steps(sgd, w, [0 * w])
    tensor([ 2.7000, -3.6000])
    """
    w = keras.Variable(keras.ops.copy(w))
    for gradient in gradients:
        optimizer.apply([gradient], [w])
    return w.value.detach()


def keras_linear(regularizer, lr, **settings):
    """A linear model for SGD: kernel penalized, bias not.

    The loss is the mean squared error plus the penalty.

    >>> l2 = keras.regularizers.L2(0.1)
    >>> model = keras_linear(l2, 0.1)
    >>> model(keras.ops.ones((2, 3))).shape
    torch.Size([2, 1])
    """
    layer = keras.layers.Dense(
        1,
        kernel_initializer="zeros",
        kernel_regularizer=regularizer,
    )
    model = keras.Sequential([layer])
    sgd = keras.optimizers.SGD(lr, **settings)
    model.compile(sgd, "mse")
    return model


def keras_adamw(lr, weight_decay):
    """AdamW that spares biases and normalization.

    To be told before it is built, by names of variables.

    >>> keras_adamw(0.001, 0.01).weight_decay
    0.01
    """
    optimizer = keras.optimizers.AdamW(
        lr, weight_decay=weight_decay
    )
    optimizer.exclude_from_weight_decay(
        var_names=["bias", "gamma", "beta"]
    )
    return optimizer
