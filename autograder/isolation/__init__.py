"""Student code in processes of its own."""
