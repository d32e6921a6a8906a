"""`synapse.ml`: only `synapse.ml.predict` of SynapseML is available. Other parts need a JVM and are refused by name."""

from typing import Any


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"synapse.ml.{name} is not available here: SynapseML needs its JVM package. synapse.ml.predict works; "
        "for training use scikit-learn, LightGBM or XGBoost, which are installed."
    )
