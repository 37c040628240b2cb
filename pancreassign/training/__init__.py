"""From chemograms with expression to a signature pack, with an honest evaluation."""
