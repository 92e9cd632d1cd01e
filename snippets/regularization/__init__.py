"""L1 and L2 regularization, and weight decay."""
