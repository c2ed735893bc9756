"""a1: from tensors to a bag-of-words classifier. The README beside this folder is the handout."""
