"""Importing librosa where numba finds no folder for what it compiles."""

import os
import subprocess
import sys

CODE = """
from slceleb_speaker_xcorr.compiling import import_librosa
import_librosa()
import librosa
librosa.filters.mel(sr=16000, n_fft=512)
"""


def test_a_user_without_a_folder_for_numba_can_import_librosa(tmp_path):
    """As in a container as another user: neither the packages nor the home can be written to."""
    nowhere = {
        "NUMBA_CACHE_DIR": str(tmp_path / "file" / "below"),
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
        "TMPDIR": str(tmp_path),
    }
    (tmp_path / "file").touch()
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env={**os.environ, **nowhere})
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "something was left behind"
