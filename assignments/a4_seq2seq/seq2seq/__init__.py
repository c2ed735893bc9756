"""One sequence into another: reading one and writing the other, token by token."""
