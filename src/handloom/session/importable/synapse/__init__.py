"""`import synapse`: the parts of SynapseML that are available."""
