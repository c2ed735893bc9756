"""Names that the Otter bundle and the plugin in it share."""

ARCHIVE = "autograder_bundle.zip"
PLUGIN = "autograder.bundles.otter_plugin.IsolatedGrading"


def test_name(entry: dict) -> str:
    """What Otter calls a test, from its entry in results.json: unique, because numbers are."""
    return f"{entry['number']} {entry['name']}"
