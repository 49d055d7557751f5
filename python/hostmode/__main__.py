"""``python -m hostmode`` is the ``hostmode`` command."""

from hostmode.cli import main

if __name__ == "__main__":
    main()
