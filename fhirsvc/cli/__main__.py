"""`python -m fhirsvc.cli`: the command `fhirsvc` of this interpreter."""

from fhirsvc.cli import main

main()
