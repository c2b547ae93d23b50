"""What a case of these files asks of an event: README.md says what each key means."""
import datetime
import json
import re

ISO = re.compile(r"^(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:?\d\d)$")
ABSENT = object()
EVENT_KEYS = {"expect", "expect_absent", "expect_present", "expect_tags", "expect_tags_absent", "expect_tags_exact",
              "expect_not", "expect_match", "expect_type", "expect_approx", "expect_max_bytes", "expect_valid_utf8",
              "json_out", "json_out_absent"}


def fetch(event, reference):
    """The value at `reference`, or ABSENT. A bare name is a top-level field of exactly that name."""
    if not reference.startswith("["):
        return event.get(reference, ABSENT)
    at = event
    for part in re.findall(r"\[([^\[\]]*)\]", reference):
        if part == "@metadata" and at is event:
            part = "__metadata"
        if isinstance(at, dict) and part in at:
            at = at[part]
        elif isinstance(at, list) and re.fullmatch(r"-?\d+", part) and -len(at) <= int(part) < len(at):
            at = at[int(part)]
        else:
            return ABSENT
    return at


def instant(text):
    """(seconds, fraction as text) of an ISO 8601 time, None if it is none."""
    match = ISO.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None
    seconds = ((days * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)
    if zone != "Z":
        seconds -= (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 60 + int(zone[-2:])) * 60
    return seconds, (fraction or "").rstrip("0")


def same(want, got, exact_text=False):
    """Equal in type and value; times are equal as instants."""
    if isinstance(want, dict) and isinstance(got, dict):
        return want.keys() == got.keys() and all(same(want[k], got[k], exact_text) for k in want)
    if isinstance(want, list) and isinstance(got, list):
        return len(want) == len(got) and all(same(w, g, exact_text) for w, g in zip(want, got))
    if type(want) is not type(got):
        return False
    if want == got:
        return True
    return not exact_text and instant(want) is not None and instant(want) == instant(got)


def shown(value):
    return "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)[:300]


def tags_of(event):
    tags = event.get("tags", [])
    return tags if isinstance(tags, list) else [tags]


def check_values(want, event, exact_text):
    for reference, value in want.get("expect", {}).items():
        got = fetch(event, reference)
        if not same(value, got, exact_text):
            yield "%s: want %s, got %s" % (reference, shown(value), shown(got))
    for reference, value in want.get("expect_not", {}).items():
        if same(value, fetch(event, reference)):
            yield "%s: must not be %s" % (reference, shown(value))
    for reference, pattern in want.get("expect_match", {}).items():
        got = fetch(event, reference)
        if not isinstance(got, str) or not re.search(pattern, got):
            yield "%s: want a match of %s, got %s" % (reference, pattern, shown(got))
    for reference, kind in want.get("expect_type", {}).items():
        got = fetch(event, reference)
        if kind != "timestamp" or instant(got) is None:
            yield "%s: want a %s, got %s" % (reference, kind, shown(got))
    for reference, value in want.get("expect_approx", {}).items():
        got = fetch(event, reference)
        is_number = isinstance(got, (int, float)) and not isinstance(got, bool)
        if not is_number or abs(got - value) > 1e-6 * max(1, abs(value)):
            yield "%s: want about %s, got %s" % (reference, shown(value), shown(got))
    for reference, limit in want.get("expect_max_bytes", {}).items():
        got = fetch(event, reference)
        if not isinstance(got, str) or len(got.encode()) > limit:
            yield "%s: want at most %d bytes, got %s" % (reference, limit, shown(got))


def check_presence(want, event):
    for reference in want.get("expect_absent", []):
        if fetch(event, reference) is not ABSENT:
            yield "%s: must not be there, is %s" % (reference, shown(fetch(event, reference)))
    for reference in want.get("expect_present", []):
        if fetch(event, reference) is ABSENT:
            yield "%s: must be there" % reference
    for reference in want.get("expect_valid_utf8", []):
        if "\ufffd" in str(fetch(event, reference)):
            yield "%s: a character was cut: %s" % (reference, shown(fetch(event, reference)))
    for key, value in want.get("json_out", {}).items():
        if not same(value, event.get(key, ABSENT)):
            yield "key %s: want %s, got %s" % (key, shown(value), shown(event.get(key, ABSENT)))
    for key in want.get("json_out_absent", []):
        if key in event:
            yield "key %s: must not be written" % key


def check_tags(want, event):
    tags = tags_of(event)
    for tag in want.get("expect_tags", []):
        if tag not in tags:
            yield "tags: want %s in %s" % (shown(tag), shown(tags))
    for tag in want.get("expect_tags_absent", []):
        if tag in tags:
            yield "tags: %s must not be in %s" % (shown(tag), shown(tags))
    if "expect_tags_exact" in want and want["expect_tags_exact"] != event.get("tags", []):
        yield "tags: want %s, got %s" % (shown(want["expect_tags_exact"]), shown(event.get("tags", [])))


def check_event(want, event, exact_text=False):
    """Every way in which `event` is not what `want` asks for."""
    return [*check_values(want, event, exact_text), *check_presence(want, event), *check_tags(want, event)]


def check_events(want, events, any_order=False):
    """A list of wanted events, null being any, against what came."""
    if len(want) != len(events):
        return ["want %d events, got %d: %s" % (len(want), len(events), shown(events))]
    if not any_order:
        return ["event %d: %s" % (i, what) for i, (w, e) in enumerate(zip(want, events)) if w is not None
                for what in check_event(w, e)]
    left = list(events)
    wrong = []
    for one in want:
        fit = next((e for e in left if one is None or not check_event(one, e)), None)
        if fit is None:
            wrong.append("no event fits %s; left are %s" % (shown(one), shown(left)))
        else:
            left.remove(fit)
    return wrong


def check_contain(want, events):
    return ["no event fits %s" % shown(one) for one in want if all(check_event(one, e) for e in events)]
