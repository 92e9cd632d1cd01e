"""Keras: model.predict(x) or model(x)."""
