"""Results for the places that take them."""
