"""`python -m t2i_lib` is the command `t2i`, for places where scripts are not on the path."""

import sys

from t2i_lib.cli import main

if __name__ == "__main__":
    sys.exit(main())
