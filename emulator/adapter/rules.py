"""The rule of a composite alarm: which alarms it names."""

import re

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
TOKEN = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([(),])|([^\s(),"']+))""")


class Rule:
    """A parser; children are the names, in the order of the rule. A ValueError tells why a text is no rule."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, bool]] = []  # with whether it is quoted
        at, text = 0, text.strip()
        while at < len(text):
            token = TOKEN.match(text, at)
            if token is None:
                raise ValueError(f"a quote that is not closed: {text[at:]}")
            quoted = token[1] if token[1] is not None else token[2]
            self.tokens.append((token[3] or token[4], False) if quoted is None else (quoted, True))
            at = token.end()
        self.children: list[str] = []
        self.expression()
        if self.tokens:
            raise ValueError(f"{self.tokens[0][0]} is not expected here")

    def expression(self) -> None:
        self.operand()
        while self.accept("AND", "OR"):
            self.operand()

    def operand(self) -> None:
        if self.accept("NOT"):
            self.operand()
        elif self.accept("("):
            self.expression()
            self.expect(")")
        elif self.accept(*STATES):
            self.expect("(")
            self.alarm()
            self.expect(")")
        elif self.accept("AT_LEAST"):
            self.at_least()
        elif not self.accept("TRUE", "FALSE"):
            self.expect("an alarm's state, NOT or (")

    def at_least(self) -> None:
        """AT_LEAST(2, ALARM, (a, b, c)), AT_LEAST(50%, NOT OK, (a, b)), after its name."""
        self.expect("(")
        number, quoted = self.take("a number")
        if quoted or not re.fullmatch(r"[1-9]\d*%?", number) or number.endswith("%") and int(number[:-1]) > 100:
            raise ValueError(f"AT_LEAST takes a number of alarms or a percentage, not {number}")
        self.expect(",")
        self.accept("NOT")
        if not self.accept(*STATES):
            self.expect("a state")
        self.expect(",")
        self.expect("(")
        self.alarm()
        while self.accept(","):
            self.alarm()
        self.expect(")")
        self.expect(")")

    def alarm(self) -> None:
        name, quoted = self.take("an alarm")
        if not quoted and name in "(),":
            raise ValueError(f"{name} stands where an alarm is expected")
        self.children.append(name.rsplit(":alarm:", 1)[-1])

    def accept(self, *words: str) -> bool:
        if self.tokens and not self.tokens[0][1] and self.tokens[0][0] in words:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise ValueError(f"{self.tokens[0][0] if self.tokens else 'the end'} stands where {word} is expected")

    def take(self, what: str) -> tuple[str, bool]:
        if not self.tokens:
            raise ValueError(f"the rule ends where {what} is expected")
        return self.tokens.pop(0)
