"""Wrong files of a configuration, and of claims, see `bad_inputs`."""

from bad_cases import NAN, claims, file

CASES = [
    file("file_empty", "an empty file", b"", "is empty, expected keys and values$"),
    file("file_comment", "a file of comments", b"# run: [paper]\n", "is empty, expected keys and values$"),
    file("file_list", "a list", b"- paper\n", r"holds \['paper'\], expected keys and values$"),
    file("file_text", "text without a key", b"paper\n", "holds 'paper', expected keys and values$"),
    file(
        "file_broken",
        "a bracket that is not closed",
        b"run: [paper\nseed: 1\n",
        "line 2, column 5: not valid YAML in UTF-8, ",
    ),
    file(
        "file_colon",
        "two colons in a line",
        b"run: a: b\n",
        "line 1, column 7: not valid YAML in UTF-8, mapping values are not allowed",
    ),
    file(
        "file_tab",
        "a tab at the start of a line",
        b"network:\n\tunits: 5\n",
        "line 2, column 1: not valid YAML in UTF-8, a tab, expected spaces$",
    ),
    file(
        "file_latin",
        "a file in Latin-1",
        b"run: [paper]\n# caf\xe9\n",
        "line 2: not valid YAML in UTF-8, a byte of another encoding$",
    ),
    file(
        "file_utf16",
        "a file in UTF-16",
        "run: [paper]\n".encode("utf-16"),
        "line 1: not valid YAML in UTF-8, a byte of another",
    ),
    file(
        "file_control",
        "a control character",
        b"run: [\x01]\n",
        "(line 1: )?(line 1, column 7: )?not valid YAML in UTF-8, ",
    ),
    file(
        "file_twice",
        "a key twice",
        b"seed: 1\nrun: [paper]\nseed: 2\n",
        "line 3: key seed is given twice, first in line 1$",
    ),
    file(
        "file_twice_deep",
        "a key twice, further in",
        b"ensembles:\n  paper:\n    networks: 1\n    networks: 2\n",
        r"line 4: key ensembles\.paper\.networks is given twice, first in line 3$",
    ),
    file(
        "file_twice_list",
        "a key twice in a list",
        b"phases:\n  - {dt: 1, dt: 2}\n",
        r"line 2: key phases\.0\.dt is given twice, first in line 2$",
    ),
    file(
        "file_twice_quotes", "a key twice, once in quotes", b'seed: 1\n"seed": 2\n', "line 2: key seed is given twice"
    ),
    file("file_twice_json", "a key twice in JSON", b'{"seed": 1, "seed": 2}', "key seed is given twice$"),
    file(
        "file_itself",
        "a list that holds itself",
        b"run: &a [*a]\n",
        "line 1, column 6: not valid YAML in UTF-8, run.0 holds itself$",
    ),
    file(
        "file_alias",
        "an alias of nothing",
        b"run: *a\n",
        "line 1, column 6: not valid YAML in UTF-8, found undefined alias",
    ),
    file(
        "file_tag",
        "a tag of Python",
        b"run: !!python/name:os.system\n",
        "line 1, column 6: not valid YAML in UTF-8, could not determine a constructor",
    ),
    file("file_two", "two documents", b"run: [a]\n---\nrun: [b]\n", "line 2, column 1: not valid YAML in UTF-8, "),
    file("file_date", "a date that there is not", b"run: 2022-13-40\n", "not valid YAML in UTF-8, month must be"),
    file(
        "file_deep",
        "lists in lists, 20000 deep",
        b"run: " + b"[" * 20000 + b"]" * 20000,
        "not valid YAML in UTF-8, nested too deeply$",
    ),
    # Claims
    claims(
        "claims_reversed",
        "a reversed range",
        lambda claim: claim["tasks"]["sine_generation"].update(published=[2.0, 1.0]),
        r".*\[2, 1\] is empty, expected the lower end first$",
    ),
    claims(
        "claims_open",
        "a range with two open ends",
        lambda claim: claim["tasks"]["sine_generation"].update(published=[None, None]),
        ".*accepts every value, expected one end at least$",
    ),
    claims(
        "claims_nan",
        "a range with .nan",
        lambda claim: claim["tasks"]["sine_generation"].update(published=[NAN, 1.0]),
        r"claims\.0\.tasks\.sine_generation\.published\.0: \.nan is not a finite number$",
    ),
    claims(
        "claims_tolerance",
        "a tolerance below 0",
        lambda claim: claim.update(tolerance={"train": {"relative": -0.1}}),
        r"claims\.0\.tolerance\.train\.relative: -0\.1 is too small, expected 0 or more$",
    ),
    claims(
        "claims_tolerance_nan",
        "a tolerance .nan",
        lambda claim: claim.update(tolerance={"train": {"absolute": NAN}}),
        r"claims\.0\.tolerance\.train\.absolute: \.nan is not a finite",
    ),
    claims(
        "claims_reading_error",
        "a reading error below 0",
        lambda claim: claim["tasks"]["sine_generation"].update(reading_error=-1),
        r"claims\.0\.tasks\.sine_generation\.reading_error: -1 is too small",
    ),
    claims(
        "claims_point_error",
        "a point with a reading error below 0",
        lambda claim: claim["tasks"].update(sine_generation={"points": {"1": [0.5, -0.1]}}),
        r"claims\.0\.tasks\.sine_generation\.points\.1\.1: -0\.1 is too small, expected 0 or more$",
    ),
    claims(
        "claims_three_ends",
        "a range with three ends",
        lambda claim: claim["tasks"]["sine_generation"].update(published=[1, 2, 3]),
        r"claims\.0\.tasks\.sine_generation\.published: \[1, 2, 3\] has 3 values, expected 2$",
    ),
    claims(
        "claims_id",
        "an id that is no name",
        lambda claim: claim.update(id="My claim"),
        r"claims\.0\.id: 'My claim' is not a name of lower-case letters",
    ),
    claims(
        "claims_id_newline",
        "an id that ends in a newline",
        lambda claim: claim.update(id="mine\n"),
        r"claims\.0\.id: 'mine\\n' is not a name of lower-case letters",
    ),
    claims(
        "claims_key",
        "a key that there is not",
        lambda claim: claim.update(sentense="x"),
        r"claims\.0: unknown key 'sentense', did you mean sentence\?$",
    ),
    claims("claims_missing", "a claim without why", lambda claim: claim.pop("why"), r"claims\.0: key why is missing$"),
    # Files and rules that are asked for
]
