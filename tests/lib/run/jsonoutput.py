#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Check the output of vmfwupdate-ctl --json. It must be one JSON object that fits the
# schema. No key may occur twice, and no member may be missing in the schema.
#
# usage: jsonoutput.py [CODE] <OUTPUT: check it, and its exit code
#        jsonoutput.py --codes: check the schema, and print VERB:CODE... for each verb
#        jsonoutput.py --members: print the names of all members of all objects
#
# Copyright (C) 2026 The vmfwupdate authors

import collections
import json
import pathlib
import sys

import jsonschema

SCHEMA = (pathlib.Path(__file__).resolve().parents[3] / "Documentation" /
          "vmfwupdate-ctl.schema.json")


def load():
    return json.loads(SCHEMA.read_text())


def definition(schema, verb):
    return schema["$defs"]["verb:" + verb.replace(" ", "-")]


def verbs(schema):
    return schema["properties"]["verb"]["enum"]


def close(node):
    """Forbid members that the schema lacks. Other readers must accept them."""
    if isinstance(node, list):
        for each in node:
            close(each)
    elif isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            node.setdefault("additionalProperties", False)
        for each in node.values():
            close(each)


def closed(schema, verb):
    """The schema of one verb, which forbids unknown members."""
    close(schema["$defs"])
    whole = dict(schema, additionalProperties=False)
    del whole["allOf"]
    if verb is not None:
        own = definition(schema, verb)
        del own["additionalProperties"]
        whole["properties"] = schema["properties"] | own["properties"]
        whole["allOf"] = [own]
    return whole


def once(pairs):
    twice = [key for key, count in
             collections.Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        sys.exit(f"keys that an object has twice: {twice}")
    return dict(pairs)


def check(schema, text, code):
    output = json.loads(text, object_pairs_hook=once)
    verb = output.get("verb")
    if verb is not None and verb not in verbs(schema):
        sys.exit(f"the schema has no verb {verb}")
    validator = jsonschema.Draft202012Validator(closed(schema, verb))
    errors = [f"{error.json_path}: {error.message}"
              for error in validator.iter_errors(output)]
    if errors:
        sys.exit("\n".join(errors))
    if code is not None and output["exit_code"] != code:
        sys.exit(f"exit_code: {output['exit_code']}, expected: {code}")


def check_pairs(schema):
    """Check that the schema leads from the word of each verb to its definition."""
    pairs = [(each["if"]["properties"]["verb"]["const"], each["then"]["$ref"])
             for each in schema["allOf"]]
    expected = [(verb, "#/$defs/verb:" + verb.replace(" ", "-")) for verb in verbs(schema)]
    if sorted(pairs) != sorted(expected):
        sys.exit(f"allOf has the pairs {sorted(set(pairs) ^ set(expected))} too much or "
                 "too little")


def members(node, found):
    if isinstance(node, list):
        for each in node:
            members(each, found)
    elif isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            found.update(node["properties"])
        for each in node.values():
            members(each, found)
    return found


def main(arguments):
    schema = load()
    if arguments == ["--codes"]:
        jsonschema.Draft202012Validator.check_schema(schema)
        check_pairs(schema)
        for verb in verbs(schema):
            codes = definition(schema, verb)["properties"]["exit_code"]
            print(f"{verb}:{' '.join(map(str, codes['anyOf'][0]['enum']))}")
    elif arguments == ["--members"]:
        print("\n".join(sorted(members(schema, set()))))
    else:
        check(schema, sys.stdin.read(), int(arguments[0]) if arguments else None)


if __name__ == "__main__":
    main(sys.argv[1:])
