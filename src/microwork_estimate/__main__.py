"""Lets ``python -m microwork_estimate`` be the command line."""

from microwork_estimate.cli import main

if __name__ == "__main__":
    main()
