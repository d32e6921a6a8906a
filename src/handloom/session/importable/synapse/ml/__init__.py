"""`synapse.ml`: of SynapseML, `synapse.ml.predict` is here. Other parts need a JVM and are refused by name."""

from typing import Any


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"synapse.ml.{name} is not available here: SynapseML needs its JVM package. synapse.ml.predict works; "
        "for training use scikit-learn, LightGBM or XGBoost, which are installed."
    )
