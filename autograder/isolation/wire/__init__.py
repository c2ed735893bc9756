"""What both sides of the wire share: frames, values, failures, tensors that are kept equal."""
