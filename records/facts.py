"""Facts about Keras, each a function that measures it on the backend that Keras runs on.

A fact with a parameter needs TensorFlow itself. The others are about Keras alone: `make tf-facts`
measures them on TensorFlow, the tests on PyTorch, so that both sides are known.
"""

import inspect
import logging
import math
import re
import warnings
from logging.handlers import BufferingHandler
from unittest.mock import patch

import keras
import numpy as np

FACTS = {}
SIZES = range(1, 9)
THIRDS = [[1 / 3, 1 / 3, 1 / 3]]
DTYPES = {name: name for name in ("bool", "int8", "int32", "int64", "float32", "float64")}
Behind = dict[str, float | str | list[float]]


def fact(function):
    FACTS[function.__name__] = function
    return function


def needs_tensorflow(name):
    return bool(inspect.signature(FACTS[name]).parameters)


def measured(name):
    """A fact, as found now."""
    arguments = ()
    if needs_tensorflow(name):
        import tensorflow

        arguments = (tensorflow,)
    keras.utils.set_random_seed(0)
    with warnings.catch_warnings(), log_to(logging.NullHandler()):
        warnings.simplefilter("ignore")
        return FACTS[name](*arguments)


# Tracing: a layer counts how often its Python code runs


@fact
def rebuilt_models_warning(tf) -> str:
    """Warning while new models predict once each, after their number.

    Stands first: TensorFlow warns of this twice in a process, then no more.
    """
    for count in SIZES:
        if heard := logged(lambda: predict(net(), rows(5))):
            return f"{count}: {re.sub(' at 0x[0-9a-f]+', '', heard[0]).partition('. ')[0]}"
    return ""


@fact
def predict_runs() -> dict[str, list[int]]:
    """Python runs of `predict` on 1 to 8 rows, one batch each, and again."""
    model, counter = counted()
    first, again = (runs(counter, lambda x: predict(model, x)) for _ in range(2))
    return {"first": first, "again": again}


@fact
def predict_on_batch_runs() -> dict[str, list[int]]:
    """Python runs of `predict_on_batch` on 1 to 8 rows, and again."""
    model, counter = counted()
    first, again = (runs(counter, model.predict_on_batch) for _ in range(2))
    return {"first": first, "again": again}


@fact
def call_runs() -> list[int]:
    """Python runs of `model(x)` on 1 to 8 rows."""
    model, counter = counted()
    return runs(counter, model)


@fact
def predict_batches_runs() -> dict[str, int]:
    """Python runs of one `predict` on 8 and on 10 rows, in batches of 4."""
    return {str(count): batched_runs(count) for count in (8, 10)}


@fact
def unbuilt_predict_runs() -> list[int]:
    """Python runs of `predict` on 1 to 8 rows, the model not built before."""
    model, counter = counted(built=False)
    return runs(counter, lambda x: predict(model, x))


@fact
def function_runs(tf) -> dict[str, list[int]]:
    """Python runs of `tf.function(model)` on 1 to 8 rows, by its options."""
    signature = [tf.TensorSpec((None, 4))]
    options = {
        "plain": {},
        "reduce_retracing": {"reduce_retracing": True},
        "input_signature": {"input_signature": signature},
    }
    found = {}
    for name, option in options.items():
        model, counter = counted()
        function = tf.function(model, **option)
        found[name] = runs(counter, lambda x, f=function: f(tf.constant(x)))
    return found


@fact
def function_first_runs(tf) -> dict[str, int]:
    """Python runs of the first call of `tf.function(model)`."""
    found = {}
    for name, built in {"built": True, "unbuilt": False}.items():
        model, counter = counted(built)
        tf.function(lambda x, model=model: model(x))(tf.constant(rows(5)))
        found[name] = counter.count
    return found


@fact
def in_function(tf) -> dict[str, str]:
    """Type of what a `tf.function` returns, or its error."""
    model, x = net(), tf.constant(rows(5))
    uses = {
        "call": model,
        "call_numpy": lambda x: model(x).numpy(),
        "predict": lambda x: predict(model, x),
        "predict_on_batch": lambda x: model.predict_on_batch(x),
    }
    return {name: outcome(tf.function(use), x) for name, use in uses.items()}


# What comes back


@fact
def call_returns() -> str:
    """Type of `model(x)`."""
    return outcome(lambda: net()(rows(5)))


@fact
def predict_returns() -> str:
    """Type of `model.predict(x)`."""
    return outcome(lambda: predict(net(), rows(5)))


@fact
def predict_on_batch_returns() -> str:
    """Type of `model.predict_on_batch(x)`."""
    return outcome(lambda: net().predict_on_batch(rows(5)))


@fact
def call_numpy() -> str:
    """Type of `model(x).numpy()`, or its error."""
    return outcome(lambda: net()(rows(5)).numpy())


@fact
def call_asarray() -> str:
    """Type of `np.asarray(model(x))`, or its error."""
    return outcome(lambda: np.asarray(net()(rows(5))))


@fact
def call_convert_to_numpy() -> str:
    """Type of `keras.ops.convert_to_numpy(model(x))`."""
    return outcome(lambda: keras.ops.convert_to_numpy(net()(rows(5))))


@fact
def dtype_of_float64_rows() -> dict[str, str]:
    """Type of the numbers that float64 rows give."""
    model, x = net(), rows(5).astype("float64")
    return {
        "call": keras.backend.standardize_dtype(model(x).dtype),
        "predict": str(predict(model, x).dtype),
    }


@fact
def predict_no_rows() -> str:
    """Error of `model.predict(x)` when x has no rows."""
    return outcome(lambda: predict(net(), rows(0)))


# Gradients


@fact
def missing_gradients(tf) -> dict[str, int]:
    """How many of three gradients (input, kernel, bias) a tape lacks."""
    model, x = net(), tf.constant(rows(5))
    before = model(x)
    return {
        "call": missing(tf, model, x, model),
        "call_before_the_tape": missing(tf, model, x, lambda x: before),
        "predict_as_tensor": missing(tf, model, x, lambda x: tf.constant(predict(model, x))),
    }


@fact
def gradients_of_arrays(tf) -> dict[str, str]:
    """Error of `tape.gradient` for an array."""
    model, x = net(), tf.constant(rows(5))
    return {
        "call_numpy": outcome(lambda: missing(tf, model, x, lambda x: model(x).numpy())),
        "predict": outcome(lambda: missing(tf, model, x, lambda x: predict(model, x))),
    }


# Training or not


@fact
def train_method() -> str:
    """Type of `model.train()`, or its error."""
    return outcome(lambda: net().train())


@fact
def drops() -> dict[str, bool]:
    """Whether Dropout drops."""
    return zeros(keras.Sequential([keras.Input((100,)), keras.layers.Dropout(0.5)]))


@fact
def drops_where_training_is_the_default() -> dict[str, bool]:
    """Whether a model drops whose `call` has `training=True` as its default."""
    return zeros(Dropper())


@fact
def batch_norm_moves() -> dict[str, bool]:
    """Whether the moving mean of BatchNormalization changes."""
    layer = keras.layers.BatchNormalization()
    model, moves = keras.Sequential([keras.Input((4,)), layer]), {}
    for name, use in uses_of(model).items():
        before = array(layer.moving_mean)
        use(rows(5) + 1)
        moves[name] = bool(np.any(array(layer.moving_mean) != before))
    return moves


@fact
def batch_norm_of_one_row() -> float:
    """Largest output of BatchNormalization on one row with `training=True`."""
    return largest(keras.layers.BatchNormalization()(rows(1), training=True))


@fact
def call_is_inference() -> bool:
    """Whether `model(x)` is `model(x, training=False)`, bit by bit."""
    layers = [keras.layers.Dropout(0.5), keras.layers.BatchNormalization(), keras.layers.Dense(3)]
    model, x = keras.Sequential(layers), rows(5)
    return bool(np.array_equal(array(model(x)), array(model(x, training=False))))


# The same numbers


@fact
def predict_is_near_call() -> dict[str, bool]:
    """Whether `predict` is within 1e-5 of `model(x)`, by batch size, and its class the same."""
    widths, x = (1024, 512, 10), np.random.default_rng(0).normal(size=(200, 512))
    model = keras.Sequential([keras.layers.Dense(width, activation="relu") for width in widths])
    called, near = array(model(x)), {}
    for size in (1, 7, 32, 200):
        predicted = model.predict(x, batch_size=size, verbose=0)
        same = np.array_equal(predicted.argmax(1), called.argmax(1))
        near[str(size)] = bool(same and largest(predicted - called) <= 1e-5)
    return near


# Losses: what an activation hides. The logits are 30, 0, 0, the true class is the last.


@fact
def softmax_then_categorical() -> Behind:
    """CategoricalCrossentropy() of a softmax: loss, gradient at the logits, warning."""
    return after_softmax(keras.losses.CategoricalCrossentropy(), [[0.0, 0.0, 1.0]])


@fact
def softmax_then_sparse() -> Behind:
    """SparseCategoricalCrossentropy() of a softmax."""
    return after_softmax(keras.losses.SparseCategoricalCrossentropy(), [2])


@fact
def softmax_then_categorical_from_logits() -> Behind:
    """CategoricalCrossentropy(from_logits=True) of a softmax."""
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    return after_softmax(loss, [[0.0, 0.0, 1.0]])


@fact
def softmax_then_sparse_from_logits() -> Behind:
    """SparseCategoricalCrossentropy(from_logits=True) of a softmax."""
    return after_softmax(keras.losses.SparseCategoricalCrossentropy(from_logits=True), [2])


@fact
def softmax_in_training() -> dict[str, Behind]:
    """Loss of `train_on_batch` behind a softmax, and the logits' step at rate 1."""
    return {"plain": trained(from_logits=False), "from_logits": trained(from_logits=True)}


@fact
def softmax_by_its_form() -> dict[str, float]:
    """SparseCategoricalCrossentropy() of a softmax, by how it is written."""
    z, softmax = keras.ops.convert_to_tensor([[30.0, 0.0, 0.0]]), keras.layers.Activation("softmax")
    forms = {
        "activation_layer": softmax,
        "softmax_layer": keras.layers.Softmax(),
        "ops_softmax": keras.ops.softmax,
        "by_hand": lambda z: keras.ops.exp(z) / keras.ops.sum(keras.ops.exp(z), -1, keepdims=True),
        "then_clipped": lambda z: keras.ops.clip(softmax(z), 0, 1),
        "then_reshaped": lambda z: keras.layers.Reshape((3,))(softmax(z)),
    }
    return {name: sparse_loss(form(z)) for name, form in forms.items()}


@fact
def tf_softmax(tf) -> dict[str, float]:
    """SparseCategoricalCrossentropy() of `tf.nn.softmax`, called and in a `tf.function`."""

    def loss(z):
        return keras.losses.SparseCategoricalCrossentropy()(np.array([2]), tf.nn.softmax(z))

    z = tf.constant([[30.0, 0.0, 0.0]])
    return {"called": rounded(loss(z)), "tf_function": rounded(tf.function(loss)(z))}


@fact
def sigmoid_then_binary() -> dict[str, Behind]:
    """BinaryCrossentropy() of a sigmoid, true class 1, at the logits -16 and -16.2."""
    return after_sigmoid(keras.losses.BinaryCrossentropy())


@fact
def sigmoid_then_binary_from_logits() -> dict[str, Behind]:
    """BinaryCrossentropy(from_logits=True) of a sigmoid, true class 1, at the same logits."""
    return after_sigmoid(keras.losses.BinaryCrossentropy(from_logits=True))


@fact
def softmax_of_one_unit() -> dict[str, float]:
    """Losses of a softmax over one unit."""
    return {
        "categorical": categorical_loss(keras.ops.softmax(np.array([[5.0]], "float32")), [[1.0]]),
        "sparse": sparse_loss(keras.ops.softmax(np.array([[5.0]], "float32")), [0]),
    }


# Losses of given numbers, which no activation made


@fact
def caps() -> dict[str, float]:
    """Largest losses: the true class, for the binary ones 1 or 0, has probability 0."""
    binary, one, zero = keras.losses.BinaryCrossentropy(), np.ones((1, 1)), np.zeros((1, 1))
    return {
        "categorical": categorical_loss([[1.0, 0.0]], [[0.0, 1.0]]),
        "sparse": sparse_loss([[1.0, 0.0]], [1]),
        "binary_1": rounded(binary(one, zero)),
        "binary_0": rounded(binary(zero, one)),
        "binary_0_float64": rounded(keras.losses.BinaryCrossentropy(dtype="float64")(zero, one)),
    }


@fact
def unnormalised() -> dict[str, float]:
    """Losses of 2, 2, 4 as probabilities, the last true."""
    return both_losses([2.0, 2.0, 4.0], 2)


@fact
def nines() -> dict[str, float]:
    """Losses of 0.9, 0.9, 0.9 as probabilities."""
    return both_losses([0.9, 0.9, 0.9], 0)


@fact
def zero_row() -> dict[str, float | str]:
    """Losses of 0, 0, 0 as probabilities."""
    return both_losses([0.0, 0.0, 0.0], 0)


@fact
def logits_as_probabilities() -> dict[str, dict[str, float]]:
    """Losses of the logits 2, 1, -1 taken for probabilities, by true class."""
    return {f"true_{true}": both_losses([2.0, 1.0, -1.0], true) for true in range(3)}


# Labels


@fact
def index_out_of_range() -> dict[str, float | str]:
    """SparseCategoricalCrossentropy() of three classes, by label, or its error."""
    labels = {"too_large": 3, "negative": -1, "minus_100": -100}
    return each(lambda label: sparse_loss(THIRDS, [label]), labels)


@fact
def wrong_shape() -> dict[str, str]:
    """Errors when indices meet CategoricalCrossentropy and one-hot rows the sparse one."""
    return {
        "categorical": outcome(lambda: categorical_loss(THIRDS, [2])),
        "sparse": outcome(lambda: sparse_loss(THIRDS, [[0, 0, 1]])),
    }


@fact
def index_of_each_dtype() -> dict[str, float | str]:
    """SparseCategoricalCrossentropy() of an index, by its dtype."""
    return each(lambda dtype: sparse_loss(THIRDS, np.array([1], dtype)), DTYPES)


@fact
def fractional_index() -> float:
    """SparseCategoricalCrossentropy() of 0.2, 0.3, 0.5, the label being 1.9."""
    return sparse_loss([[0.2, 0.3, 0.5]], [1.9])


@fact
def one_hot_of_each_dtype() -> dict[str, float | str]:
    """CategoricalCrossentropy() of one-hot rows, by their dtype."""
    return each(lambda dtype: categorical_loss(THIRDS, one_hot(dtype)), DTYPES)


@fact
def one_hot_of_each_dtype_in_ops() -> dict[str, float | str]:
    """`keras.ops.categorical_crossentropy` of one-hot rows, by their dtype."""
    loss, probabilities = keras.ops.categorical_crossentropy, np.array(THIRDS, "float32")
    return each(lambda dtype: rounded(loss(one_hot(dtype), probabilities)[0]), DTYPES)


# How facts are found


class Counter(keras.layers.Layer):
    """Passes its input on and counts how often Python does it."""

    count = 0

    def call(self, x):
        self.count += 1
        return x


class Dropper(keras.Model):
    """Dropout whose default is training."""

    def __init__(self):
        super().__init__()
        self.dropout = keras.layers.Dropout(0.5)

    def call(self, x, training=True):
        return self.dropout(x, training=training)


def net():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])


def counted(built=True):
    """A model and the layer in it that counts."""
    counter = Counter()
    layers = [keras.layers.Dense(3), counter]
    model = keras.Sequential([keras.Input((4,)), *layers] if built else layers)
    counter.count = 0
    return model, counter


def rows(count):
    return np.random.default_rng(0).normal(size=(count, 4)).astype("float32")


def predict(model, x):
    return model.predict(x, batch_size=max(len(x), 1), verbose=0)


def attempt(function, *given):
    """What a function returns, or the name of the error that it raises."""
    try:
        return function(*given)
    except Exception as error:
        return type(error).__name__


def outcome(function, *given):
    """Name of the type that a function returns, or of the error that it raises."""
    return attempt(lambda: type(function(*given)).__name__)


def each(function, given):
    return {name: attempt(function, one) for name, one in given.items()}


def missing(tf, model, x, function):
    """How many gradients of a function's value a tape lacks."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return sum(found is None for found in tape.gradient(y, [x, *model.trainable_variables]))


def runs(counter, function):
    """How often a counter's Python code runs on each number of rows."""
    counts = []
    for size in SIZES:
        before = counter.count
        function(rows(size))
        counts.append(counter.count - before)
    return counts


def batched_runs(count):
    model, counter = counted()
    model.predict(rows(count), batch_size=4, verbose=0)
    return counter.count


def log_to(handler):
    """TensorFlow's log goes nowhere else."""
    return patch.object(logging.getLogger("tensorflow"), "handlers", [handler])


def logged(function):
    """What TensorFlow logs meanwhile."""
    handler = BufferingHandler(100)
    with log_to(handler):
        function()
    return [record.getMessage() for record in handler.buffer]


def uses_of(model):
    return {
        "call": model,
        "predict": lambda x: predict(model, x),
        "training": lambda x: model(x, training=True),
    }


def zeros(model):
    """Whether each use of a model makes zeros of ones."""
    ones = np.ones((5, 100), "float32")
    return {name: bool(np.any(array(use(ones)) == 0)) for name, use in uses_of(model).items()}


def array(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor))


def largest(x):
    return float(np.abs(array(x)).max())


def gradient(function, start):
    """A function's value and its gradient."""
    if keras.backend.backend() == "torch":
        x = keras.ops.convert_to_tensor(start).requires_grad_()
        value = function(x)
        value.backward()
        return value, x.grad
    import tensorflow as tf

    x = tf.constant(start)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return value, tape.gradient(value, x)


def after(activation, loss, true, logits):
    """Loss, gradient at the logits and warning of a loss behind an activation."""
    layer = keras.layers.Activation(activation)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value, slope = gradient(lambda z: loss(np.array(true), layer(z)), [logits])
    texts = [str(warning.message) for warning in caught if warning.category is UserWarning]
    return {"loss": rounded(value), "gradient": rounded(slope)[0], "warning": " ".join(texts)}


def after_softmax(loss, true):
    return after("softmax", loss, true, [30.0, 0.0, 0.0])


def after_sigmoid(loss):
    logits = {"below_the_cap": -16.0, "above_the_cap": -16.2}
    return {name: after("sigmoid", loss, [[1.0]], [logit]) for name, logit in logits.items()}


def trained(from_logits):
    """One step of a softmax layer whose logits are 30, 0, 0."""
    layer = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.set_weights([np.zeros((1, 3)), np.array([30.0, 0.0, 0.0])])
    loss = keras.losses.CategoricalCrossentropy(from_logits=from_logits)
    model.compile(keras.optimizers.SGD(1.0), loss)
    value = model.train_on_batch(np.zeros((1, 1)), np.array([[0.0, 0.0, 1.0]]))
    return {"loss": rounded(value), "step": rounded(array(layer.bias) - [30.0, 0.0, 0.0])}


def sparse_loss(probabilities, true=(2,)):
    loss = keras.losses.SparseCategoricalCrossentropy()
    return rounded(loss(np.array(true), keras.ops.convert_to_tensor(probabilities)))


def categorical_loss(probabilities, true):
    loss = keras.losses.CategoricalCrossentropy()
    return rounded(loss(np.array(true), keras.ops.convert_to_tensor(probabilities)))


def both_losses(probabilities, true):
    return {
        "categorical": categorical_loss([probabilities], np.eye(len(probabilities))[[true]]),
        "sparse": sparse_loss([probabilities], [true]),
    }


def one_hot(dtype):
    return np.array([[0, 0, 1]], dtype)


def rounded(x):
    """Six significant digits: the others may be the machine's. JSON has no nan."""
    if hasattr(x, "shape"):
        x = array(x).tolist()
    if isinstance(x, list):
        return [rounded(item) for item in x]
    return "nan" if math.isnan(x) else float(f"{x:.6g}")
