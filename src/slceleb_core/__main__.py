"""``python -m slceleb_core``: the command ``slceleb``, where its folder is not on the search path."""

from slceleb_core.cli import main

if __name__ == "__main__":
    main()
