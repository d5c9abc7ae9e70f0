"""`python -m litemem` is the command `litemem`."""

from litemem.cli import main

if __name__ == "__main__":
    main(prog_name="litemem")
