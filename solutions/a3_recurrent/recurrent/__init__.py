"""Recurrent networks, from the equations up."""
