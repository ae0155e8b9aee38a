"""`python -m mediaframe.cli` is the shell."""

from mediaframe.cli import main

if __name__ == "__main__":
    main()
