"""`from synapse.ml.predict import MLFlowTransformer`."""

from handloom.session.scoring import MLFlowTransformer

__all__ = ["MLFlowTransformer"]
