"""Findings in definitions: what is superfluous, contradictory, exposed, or not what it looks like.

`catalogue` says what each rule is about and is cheap to import; `linting` finds. A rule of the linter has an id
(`NWP001`); by *rule* alone a rule of the input is meant.
"""
