"""Says which YAML files a JSON Schema accepts.

usage: schema_check.py SCHEMA FOLDER…
"""
import json
import pathlib
import sys

import jsonschema
import yaml

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for folder in sys.argv[2:]:
    for file in sorted(pathlib.Path(folder).glob("*.yaml")):
        errors = list(validator.iter_errors(yaml.safe_load(file.read_text())))
        print("refused" if errors else "accepted", file.stem)
        for error in errors[:3]:
            print("   ", error.json_path, error.message[:200], file=sys.stderr)
