"""TorchScript for nn~, the object that runs models in Max, Pure Data and SuperCollider."""
