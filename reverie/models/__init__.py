"""Front, recurrent core and head, composed into the paper's architectures."""
