"""Filter patterns of CloudWatch Logs: terms, JSON, space-delimited. Source: "Filter pattern syntax" in the user guide.

What it leaves open is read so: a comparison with a property that is not there does not match, != neither; numbers compare with texts
that are numbers too, and a text with * with a number's digits.
"""

import json
import operator
import re
from collections.abc import Callable
from functools import lru_cache

# A test of one value; the value of a property or field, None where there is none.
Test = Callable[[object], bool]
# What an event is for the pattern: its message, parsed if the pattern needs it; None where it cannot be.
Condition = Callable[[dict], bool]

ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
SELECTOR = r"""\$(?:\.[\w-]+|\[\d+\]|\[["'][^"']+["']\])+"""
TOKEN = re.compile(rf"""\s*(?:({SELECTOR})|("(?:[^"\\]|\\.)*")|(%[^%]+%)|(&&|\|\||!=|<=|>=|[()=<>,])|([^\s()=<>!,"&|]+))""")
TERM = re.compile(r"""\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([^\s"]+))""")
# Fields of a space-delimited event: in brackets, in quotes, or up to the next blank.
FIELD = re.compile(r"""\[([^\]]*)\]|"([^"]*)"|(\S+)""")
MISSING = object()


class Pattern:
    """A pattern, of which a ValueError tells why it is none.

    matches takes an event's message and returns the event as the pattern reads it, for select, or None if it does not match.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.names: list[str] = []
        if self.text.startswith("{"):
            self.read, self.condition = read_json, self.parse(self.text[1:], "}", self.comparison)
        elif self.text.startswith("["):
            self.read, self.condition = self.read_fields, self.parse_fields()
        else:
            self.read, self.condition = lambda message: {"": message}, terms(self.text)

    def matches(self, message: str) -> dict | None:
        event = self.read(message)
        return event if event is not None and self.condition(event) else None

    # Tokens, and conditions joined with && and ||, of which && binds more tightly.

    def parse(self, text: str, end: str, leaf: Callable[[], Condition]) -> Condition:
        if not text.rstrip().endswith(end):
            raise ValueError(f"the pattern does not end with {end}")
        text = text.rstrip()[:-1].strip()
        self.tokens, at = [], 0
        while at < len(text):
            token = TOKEN.match(text, at)
            if token is None:
                raise ValueError(f"{text[at:].strip()!r} is not understood")
            self.tokens.append(next(part for part in token.groups() if part is not None))
            at = token.end()
        condition = self.either(leaf)
        if self.tokens:
            raise ValueError(f"{self.tokens[0]} is not expected here")
        return condition

    def either(self, leaf: Callable[[], Condition]) -> Condition:
        parts = [self.both(leaf)]
        while self.accept("||"):
            parts.append(self.both(leaf))
        return lambda event: any(part(event) for part in parts)

    def both(self, leaf: Callable[[], Condition]) -> Condition:
        parts = [self.unit(leaf)]
        while self.accept("&&"):
            parts.append(self.unit(leaf))
        return lambda event: all(part(event) for part in parts)

    def unit(self, leaf: Callable[[], Condition]) -> Condition:
        if not self.accept("("):
            return leaf()
        inner = self.either(leaf)
        if not self.accept(")"):
            raise ValueError("a parenthesis is not closed")
        return inner

    def accept(self, *words: str) -> str:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in words else ""

    def take(self, what: str) -> str:
        if not self.tokens:
            raise ValueError(f"the pattern ends where {what} is expected")
        return self.tokens.pop(0)

    def comparison(self) -> Condition:
        """$.level = "ERROR", $.latency >= 500, $.user IS NULL, $.error NOT EXISTS."""
        name = self.take("a property")
        if not name.startswith("$"):
            raise ValueError(f"{name} stands where a property such as $.level is expected")
        self.names.append(name)
        if self.accept("NOT"):
            if not self.accept("EXISTS"):
                raise ValueError("NOT is followed by EXISTS")
            return lambda event: select(event, name) is MISSING
        if self.accept("IS"):
            word, words = self.take("NULL, TRUE or FALSE"), {"NULL": None, "TRUE": True, "FALSE": False}
            if word not in words:
                raise ValueError(f"IS is followed by NULL, TRUE or FALSE, not {word}")
            return lambda event: select(event, name) is words[word]
        test = self.test()
        return lambda event: test(select(event, name))

    def test(self) -> Test:
        sign, wanted = self.take("an operator"), self.take("a value")
        if wanted in ("&&", "||", "(", ")", "=", "!=", *ORDER):
            raise ValueError(f"{wanted} stands where a value is expected")
        if sign in ORDER:
            if not NUMBER.fullmatch(wanted):
                raise ValueError(f"{sign} compares numbers, not {wanted}")
            return lambda value: is_number(value) and ORDER[sign](number(value), float(wanted))
        if sign not in ("=", "!="):
            raise ValueError(f"{sign} is no operator; allowed: = != < <= > >=")
        equal = equality(wanted)
        return equal if sign == "=" else lambda value: value not in (MISSING, None) and not equal(value)

    # Space-delimited: [ip, user, status = 4*, ..., bytes > 1000]

    def parse_fields(self) -> Condition:
        parts = [part.strip() for part in self.text[1:].rstrip("] \t").split(",")]
        if not self.text.endswith("]") or parts.count("...") > 1:
            raise ValueError("a space-delimited pattern ends with ] and has ... at most once")
        conditions, names = [], []
        for part in parts:
            name = re.match(r"[\w.-]+", part)
            if name is None:
                raise ValueError(f"{part!r} stands where a field's name is expected")
            names.append(name[0])
            if name[0] != part:
                conditions.append(self.parse(part + "]", "]", self.field))
        self.fields = names
        self.names = [f"${name}" for name in names if name != "..."]
        return lambda event: all(condition(event) for condition in conditions)

    def field(self) -> Condition:
        name, test = self.take("a field"), self.test()
        return lambda event: test(event.get(name, MISSING))

    def read_fields(self, message: str) -> dict | None:
        values = ["".join(part or "" for part in groups) for groups in FIELD.findall(message)]
        if "..." in self.fields:
            at, more = self.fields.index("..."), len(values) - len(self.fields) + 1
            values[at : at + more] = [""] if more >= 0 else []
        return dict(zip(self.fields, values)) if len(values) == len(self.fields) else None


@lru_cache(maxsize=1024)
def pattern(text: str) -> Pattern:
    return Pattern(text)


def read_json(message: str) -> dict | None:
    try:
        event = json.loads(message)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


@lru_cache(maxsize=1024)
def steps(selector: str) -> list[str | int]:
    found = re.findall(r"""\.?([\w-]+)|\[(\d+)\]|\[["']([^"']+)["']\]""", selector[1:])
    return [int(index) if index else name or quoted for name, index, quoted in found]


def select(event: dict, selector: str) -> object:
    """Returns the value of $.a.b[0] in JSON, of $name among fields, or MISSING."""
    value: object = event
    for step in steps(selector):
        inside = isinstance(value, dict) and step in value or isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not inside:
            return MISSING
        value = value[step]
    return value


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) or isinstance(value, str) and NUMBER.fullmatch(value) is not None


def number(value: object) -> float:
    return float(value)


def equality(wanted: str) -> Test:
    if wanted.startswith("%"):
        regex = re.compile(wanted.strip("%"))
        return lambda value: isinstance(value, str) and regex.search(value) is not None
    if NUMBER.fullmatch(wanted):
        return lambda value: is_number(value) and float(value) == float(wanted)
    text = re.sub(r"\\(.)", r"\1", wanted[1:-1]) if wanted.startswith('"') else wanted
    if "*" not in text:
        return lambda value: value == text
    regex = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
    return lambda value: isinstance(value, (str, int, float)) and not isinstance(value, bool) and regex.fullmatch(str(value)) is not None


def terms(text: str) -> Condition:
    """Every term occurs, none that has a minus does; of those with a question mark, which count if they are alone, one does."""
    found: dict[str, list[Callable[[str], bool]]] = {"": [], "-": [], "?": []}
    at = 0
    while at < len(text):
        term = TERM.match(text, at)
        if term is None:
            raise ValueError(f"{text[at:].strip()!r} is not understood")
        sign, quoted, regex, word = term.groups()
        if word and not re.fullmatch(r"\w+", word):
            raise ValueError(f"{word} must be in double quotes: it is not all letters, digits and underscores")
        found[sign].append(re.compile(regex).search if regex else contains(word or re.sub(r"\\(.)", r"\1", quoted)))
        at = term.end()

    def condition(event: dict) -> bool:
        message = event[""]
        if any(test(message) for test in found["-"]) or not all(test(message) for test in found[""]):
            return False
        return not found["?"] or bool(found[""]) or any(test(message) for test in found["?"])

    return condition


def contains(word: str) -> Callable[[str], bool]:
    return lambda message: word in message
