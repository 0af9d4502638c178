"""A lab for people: python -m lab up | down"""

import sys

from lab import image, programs
from lab.cluster import Busy, Cluster
from lab.layout import Layout

CANNOT_RUN = 77


def main(arguments: list[str]) -> None:
    try:
        cluster = Cluster(Layout.default(), programs.find())
        cluster.claim()
        if arguments == ["up"]:
            seconds = cluster.up(image.archive(), outlive_us=True)
            print(f"The cluster is up ({seconds:.0f} s). kubectl and helm for "
                  f"it are in {cluster.layout.commands}.")
        elif arguments == ["down"]:
            cluster.down()
        else:
            sys.exit(__doc__)
    except (programs.Unavailable, Busy) as why:
        print(f"no cluster can be had here: {why}", file=sys.stderr)
        sys.exit(CANNOT_RUN)


if __name__ == "__main__":
    main(sys.argv[1:])
