"""The folder that an instructor owns, typed: where things are, points, limits and policies."""
