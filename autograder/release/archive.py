"""Zip archives that are the same bytes whenever and wherever they are made."""

import io
import zipfile
from collections.abc import Collection, Mapping

# The earliest time that a zip can hold. The real times would differ from run to run.
TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3


def zip_bytes(files: Mapping[str, bytes], executable: Collection[str] = ()) -> bytes:
    """Pack files.

    Args:
        files: path inside the archive, with `/`, -> content.
        executable: those of the paths that may be run; the others get mode 0644, these 0755.

    Returns:
        The archive: names sorted, times and modes fixed, deflated.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, date_time=TIME)
            member.create_system = UNIX  # modes count only on Unix, and Windows would say otherwise
            member.external_attr = (0o100755 if name in executable else 0o100644) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, files[name], compresslevel=9)
    return buffer.getvalue()
