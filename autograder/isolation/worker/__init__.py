"""What runs beside student code, and the zygote that it is forked from."""
