"""`python -m t2i_lib` is the command `t2i`."""

from t2i_lib.cli import main

if __name__ == "__main__":
    main()
