"""Stands in for curl where the machine has none: as much of it as the documents use."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import httpx


def main() -> int:
    """One request; 22 for an error, as curl has it with -f."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-s", "-S", action="store_true", dest="silent")
    parser.add_argument("-f", action="store_true")
    parser.add_argument("-i", action="store_true", dest="include")
    parser.add_argument("-o", type=Path, dest="output")
    parser.add_argument("-H", action="append", default=[], dest="headers")
    parser.add_argument("--data-binary", dest="data")
    asked = parser.parse_args()
    headers = dict(each.split(": ", 1) for each in asked.headers)
    body = sys.stdin.buffer.read() if asked.data == "@-" else None
    answer = httpx.request("POST" if body else "GET", asked.url, content=body, headers=headers, trust_env=False)
    if asked.include:
        sys.stdout.write(f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}\r\n")
        sys.stdout.writelines(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    (asked.output.write_text if asked.output else sys.stdout.write)(answer.text)
    return 22 if answer.is_error else 0


if __name__ == "__main__":
    sys.exit(main())
