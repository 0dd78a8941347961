"""`python -m dosefront.cli`, where a cluster has no script of that name."""

from dosefront.cli import main

main()
