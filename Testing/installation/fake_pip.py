"""Stands for pip in the tests: records how it was called and behaves as the test wrote down.

``FAKE_PIP`` names a JSON file: ``{"calls": [...], "behaviors": [{...}, ...]}``. The n-th call follows the
n-th behavior (the last one, if there are fewer): ``files`` it writes, ``lines`` it prints, ``seconds`` it
takes, ``code`` it exits with.
"""

import json
import os
import sys
import time
from pathlib import Path

path = Path(os.environ["FAKE_PIP"])
book = json.loads(path.read_text())
constraints = [Path(value).read_text() for value in sys.argv if value.endswith("constraints.txt")]
settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
book["calls"].append({"arguments": sys.argv[1:], "constraints": constraints, "settings": settings})
path.write_text(json.dumps(book))
behavior = book["behaviors"][min(len(book["calls"]), len(book["behaviors"])) - 1]
for name, text in behavior.get("files", {}).items():
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
for line in behavior.get("lines", ()):
    sys.stdout.write(f"{line}\n")
sys.stdout.flush()
time.sleep(behavior.get("seconds", 0))
raise SystemExit(behavior.get("code", 0))
