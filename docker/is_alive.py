"""Does the Jupyter server in this container answer? Docker and Kubernetes ask from time to time; 0 means yes."""

import sys
from urllib.request import urlopen

from jupyter_server.serverapp import list_running_servers


def main() -> int:
    servers = list(list_running_servers())
    try:
        for server in servers:
            urlopen(f"{server['url']}api", timeout=5).close()
    except OSError as error:
        print(error)
        return 1
    return 0 if servers else 1


if __name__ == "__main__":
    sys.exit(main())
