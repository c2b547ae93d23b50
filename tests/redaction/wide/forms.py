"""Texts and events with a secret, by kind (FORMS), and those without (CLEAN_*). A form is a function; it returns a text or an
event, and its secrets. Most are a template of secrets.txt or clean.txt; what has to be built is built here."""
import base64
import json
import os
import re
import urllib.parse

import values as v
from values import R, chars, digits, hexa, mixed, number, uuid

HERE = os.path.dirname(os.path.abspath(__file__))
USERS = ["bob", "anna", "svc-export", "mwagner", "teacher17", "j.doe", "app", "lena"]


def d(count):
    """Digits without a zero in front."""
    return R.choice("123456789") + digits(count - 1)


def pairs_of_hex(count, sign):
    return sign.join(hexa(2) for _ in range(count))


def epoch(more):
    return number(10**9, 2 * 10**9 - 1) + digits(more)


def luhn_no_brand():
    body = "9" + digits(14)
    return body + v.luhn_digit(body)


def in_groups(text, sign):
    return sign.join(text[i:i + 4] for i in range(0, len(text), 4))


FILLERS = {
    "user": lambda: R.choice(USERS),
    "ms": lambda: number(2, 900),
    "n": lambda: number(2, 60),
    "id": lambda: number(100, 99999),
    "uuid": uuid,
    "host": lambda: R.choice(["db.internal", "pg-3.school.example", "10.4.0.17", "cache", "mq.dept.example", "localhost"]),
    "ip": lambda: "10.%s.%s.%s" % (number(0, 200), number(0, 200), number(2, 250)),
    "port": lambda: number(1024, 65000),
    "word": lambda: R.choice(
        ["rooms", "lessons", "grades", "export", "mailer", "calendar", "substitute", "canteen", "library", "exams"]),
    "date": lambda: "2026-%02d-%02d" % (R.randint(1, 12), R.randint(1, 28)),
    "day": lambda: "%02d" % R.randint(1, 28),
    "time": lambda: "%02d:%02d:%02d" % (R.randint(0, 23), R.randint(0, 59), R.randint(0, 59)),
    "version": lambda: "%s.%s.%s" % (number(0, 9), number(0, 20), number(0, 30)),
    "camel": lambda: R.choice(["RoomService", "TimetableController", "ExportJob", "LoginHandler", "SyncWorker", "GradeBook"]),
    "no_card13": lambda: v.no_card(13, "4"),
    "no_card14": lambda: v.no_card(14, R.choice(["36", "38"])),
    "no_card15": lambda: v.no_card(15, R.choice(["34", "37"])),
    "no_card16": lambda: v.no_card(16,
                                   R.choice("456") + R.choice("15")),
    "no_card16s": lambda: in_groups(v.no_card(16, "4"), " "),
    "no_card16d": lambda: in_groups(v.no_card(16, "52"), "-"),
    "no_card19": lambda: v.no_card(19, "4"),
    "luhn_no_brand": luhn_no_brand,
    "ean": v.ean13,
    "isbn": lambda: "978-3-16-14841%s-%s" % (digits(1), digits(1)),
    "imei": v.imei,
    "bad_iban": lambda: v.iban(False),
    "epoch_s": lambda: epoch(0),
    "epoch_ms": lambda: epoch(3),
    "epoch_us": lambda: epoch(6),
    "epoch_ns": lambda: epoch(9),
    "mac": lambda: pairs_of_hex(6, ":"),
    "mac_dash": lambda: pairs_of_hex(6, "-").upper(),
    "colons16": lambda: pairs_of_hex(16, ":"),
    "hexdump": lambda: pairs_of_hex(16, " "),
    "hexgroups": lambda: " ".join(hexa(4) for _ in range(8)),
    "ulid": lambda: "01J" + chars("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23),
    "ksuid": lambda: "2" + mixed(26),
    "b64n": lambda: base64.b64encode(b"1" + digits(4).encode() + b"}").decode(),
}
FILLERS.update({"hex%d" % n: (lambda n=n: hexa(n)) for n in (4, 7, 8, 12, 16, 24, 32, 40, 64)})
FILLERS.update({"d%d" % n: (lambda n=n: d(n)) for n in (2, 3, 4, 5, 6, 8, 9, 10, 12, 18)})
FILLERS.update({"b64_%d" % n: (lambda n=n: v.base64_of(n)) for n in (24, 30, 32, 48, 64)})
FILLERS.update({name: (lambda sign=sign: sign) for name, sign in (("nl", "\n"), ("cr", "\r"), ("tab", "\t"), ("nul", "\0"))})
PLACE = re.compile("«([a-z0-9_]+)»")


def fill(template, given=None):
    given = given or {}
    return PLACE.sub(lambda m: given[m.group(1)] if m.group(1) in given else FILLERS[m.group(1)](), template)


def read(name):
    """(section, template) of each line of a file of templates."""
    section = ""
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for line in f.read().split("\n"):
            if line.startswith("== "):
                section = line[3:]
            elif line and not line.startswith("# "):
                yield section, line


# ------------------------------------------------------------------ what stands in a template: name, value, secrets


def named(styles, room="bare"):

    def make():
        name, value = v.named(styles, room)
        return {"name": name, "value": value, "secrets": v.with_parts(value)}

    return make


def valued(make):
    """Of a text, or of a text and its secrets."""

    def made():
        got = make()
        return {"value": got} if isinstance(got, str) else {"value": got[0], "secrets": got[1]}

    return made


def environment():
    name = R.choice(v.ENV_NAMES)
    value = v.value_of("password" if re.search("PASS|PWD", name) else "key")
    return {"name": name, "value": value, "secrets": v.with_parts(value)}


def header():
    name = R.choice(v.HEADER_NAMES)
    return {"name": R.choice([name, name, name.lower()]), "value": v.key()}


def url():
    value = R.choice([
        lambda: v.password(),
        lambda: v.password(),
        lambda: mixed(4) + "%40" + mixed(4),
        lambda: mixed(4) + "@" + mixed(5),
        lambda: mixed(4) + ":" + mixed(4),
        lambda: mixed(3) + "!$*" + mixed(4),
        lambda: mixed(5) + "#" + mixed(4),
        lambda: mixed(4) + "&" + mixed(4),
        lambda: mixed(4) + "+" + mixed(4) + "==",
        lambda: mixed(4) + "%2F" + mixed(4),
        lambda: mixed(4) + "(" + mixed(3) + ")" + digits(2),
        lambda: mixed(4) + "~^" + mixed(4),
        lambda: digits(6),
        lambda: mixed(4) + "," + mixed(4),
        lambda: mixed(4) + ";" + mixed(4),
        lambda: "pässwort" + digits(2),
    ])()
    scheme = R.choice([
        "postgres", "postgresql", "mysql", "mariadb", "redis", "rediss", "amqp", "amqps", "mongodb", "mongodb+srv", "https",
        "http", "ftp", "sftp", "smtp", "smtps", "ldap", "ldaps", "mqtt", "nats", "kafka", "clickhouse", "jdbc:mysql",
        "jdbc:postgresql", "postgresql+asyncpg", "socks5", "imaps", "ssh", "svn+ssh", "elasticsearch"
    ])
    user = R.choice(["app", "root", "admin", "", "svc-user", "timetable_rw", "bob%40x", "x-access-token", "oauth2", "j.doe"])
    host = R.choice([
        "db.internal:5432/tt", "10.0.0.3:6379/0", "cluster0.x.example/tt?retryWrites=true", "localhost/", "mx.example",
        "[::1]:5672/%2f", "git.example/org/repo.git", "proxy.example:3128", "a.example:27017,b.example:27017/tt"
    ])
    return "%s://%s:%s@%s" % (scheme, user, value, host), [value] + [part for part in re.split(r"\W", value) if len(part) >= 4]


def basic():
    return base64.b64encode(("%s:%s" % (R.choice(USERS), v.password("signs"))).encode()).decode()


def bearer():
    return R.choice([lambda: mixed(24, 60, "-_"), lambda: mixed(40, 64), lambda: hexa(40), uuid, v.jwt,
                     lambda: v.base64_of(32)])()


def cookie():
    return R.choice([lambda: mixed(24, 48), lambda: hexa(32), lambda: hexa(32).upper(), uuid])()


def jwt():
    value = v.jwt()
    return value, [value] + [part for part in value.split(".")[1:] if part]


def entropy():
    return R.choice(
        [lambda: mixed(22, 40), lambda: mixed(32, 44, "-_"), lambda: v.base64_of(24), lambda: hexa(40), lambda: mixed(32)])()


def middle(text):
    """The whole and its middle: who leaves a number's beginning or its end still must not leave that."""
    return text, [text, text[4:-4].strip(" -.")]


def card(is_known_alone):

    def make():
        while True:
            text, is_known = v.card()
            if is_known or not is_known_alone:
                return middle(text)

    return make


def phone(make):

    def made():
        text = make()
        return text, [text, text[-8:].strip(" -./()")]

    return made


SOURCES = {
    "name": named(("snake", "snake", "camel", "kebab", "upper", "pascal", "header")),
    "name signs": named(("snake", "camel", "upper", "kebab"), "signs"),
    "name quoted": named(("snake", "camel", "kebab", "upper", "header"), "quoted"),
    "identifier": named(("camel", "pascal", "snake")),
    "identifier quoted": named(("snake", "camel"), "quoted"),
    "property": named(("dotted", "camel", "snake")),
    "query-name": named(("snake", "snake", "camel", "kebab")),
    "flag": named(("kebab", "kebab", "snake", "camel")),
    "variable": named(("upper", )),
    "environment": environment,
    "header": header,
    "password": valued(lambda: (lambda p: (p, v.with_parts(p)))(v.password())),
    "password signs": valued(lambda: (lambda p: (p, v.with_parts(p)))(v.password("signs"))),
    "base64-64": valued(lambda: v.base64_of(64)),
    "base64-query": valued(lambda: urllib.parse.quote(v.base64_of(32), safe="")),
    "url": valued(url),
    "basic": valued(basic),
    "bearer": valued(bearer),
    "hex-32": valued(lambda: hexa(32)),
    "hex-64": valued(lambda: hexa(64)),
    "negotiate": valued(lambda: "YII" + v.base64_of(60)),
    "mixed-24-40": valued(lambda: mixed(24, 40)),
    "cookie": valued(cookie),
    "jwt": valued(jwt),
    "aws-secret": valued(lambda: mixed(40, 40, "/+")),
    "key-block": valued(v.key_block),
    "entropy": valued(entropy),
    "card": valued(card(False)),
    "known-card": valued(card(True)),
    "iban": valued(lambda: middle(v.iban())),
    "email": valued(v.email),
    "phone": valued(phone(v.phone_international)),
    "national-phone": valued(phone(v.phone_national)),
    "email-query": valued(lambda: urllib.parse.quote(R.choice(v.FIRST[:2]) + digits(2) + "@" + R.choice(v.DOMAINS[:4]), safe="")),
}


def from_template(template, source):

    def make():
        given = source()
        return fill(template, given), given.get("secrets", [given["value"]])

    return make


def tokens_of(kind):
    """A source: each of the kind's sorts in turn."""
    turn = [0]

    def make():
        turn[0] += 1
        return v.TOKENS[kind][turn[0] % len(v.TOKENS[kind])]()

    return valued(make)


# ------------------------------------------------------------------ texts that are built


def escaped(text):
    return json.dumps(text, ensure_ascii=False)[1:-1]


def json_text(times):
    """JSON in a sentence, `times` escaped as a string in a string."""

    def make():
        name, value = v.named(room="quoted")
        value += R.choice(['"x4', "\\q9", "\tz7"]) if R.random() < 0.2 else ""
        user = R.choice(USERS)
        text = json.dumps(
            R.choice([{name: value}, {"user": user, name: value}, {name: value, "user": user, "n": R.randint(1, 99)},
                      {"a": {"b": [{name: value}]}}, {"users": [{"id": 1}, {"id": 2, name: value}]},
                      {"meta": {"v": 2}, "body": {"login": user, name: value, "remember": True}}]), ensure_ascii=False,
            separators=R.choice([(",", ":"), (", ", ": "), (",", " : ")]))
        for _ in range(times):
            text, value = escaped(text), escaped(value)
        text = '"%s"' % text if times else text
        return R.choice([
            "%s", "body: %s", "request %s handled in 12 ms", "payload=%s", "POST /api/login 400 %s",
            "kafka value %s at offset 1881", "got %s"
        ]).replace("%s", text), v.with_parts(escaped(value))

    return make


def json_number():
    name, value = R.choice([("pin", d(4)), ("cvv", d(3)), ("otp", d(6)), ("password", d(8)), ("userPin", d(4))])
    return R.choice(['{"user":"bob","%s":%s}', '{"%s": %s, "u": "x"}']) % (name, value), [value]


def html_escaped():
    name, value = v.named()
    return R.choice([
        "<pre>{&quot;%s&quot;:&quot;%s&quot;}</pre>", 'data-props="{&quot;user&quot;:1,&quot;%s&quot;:&quot;%s&quot;}"',
        "{&#34;%s&#34;: &#34;%s&#34;}"
    ]) % (name, value), [value]


def unicode_escaped():
    name, value = v.named()
    return "{\\u0022user\\u0022:\\u0022bob\\u0022,\\u0022%s\\u0022:\\u0022%s\\u0022}" % (name, value), [value]


def php_var_dump():
    name, value = v.named(("snake", ), "quoted")
    return 'array(2) { ["user"]=> string(3) "bob" ["%s"]=> string(%d) "%s" }' % (name, len(
        value.encode()), value), v.with_parts(value)


def url_encoded():
    name, value = v.named(("snake", "camel"))
    inner = R.choice(["/cb?%s=%s", "https://school.example/a?x=1&%s=%s"]) % (name, value)
    return "GET /login?next=%s HTTP/1.1" % urllib.parse.quote(inner, safe=""), [value]


def url_encoded_value():
    coded = urllib.parse.quote(v.password("quoted"), safe="")
    return "POST /login user=bob&password=%s&go=1" % coded, v.with_parts(coded)


def url_encoded_json():
    name, value = v.named(("snake", "camel"))
    return "GET /api?filter=" + urllib.parse.quote(json.dumps({"user": "bob", name: value}), safe=""), [
        urllib.parse.quote(value, safe="")
    ]


def http_dump():
    session, password, token = mixed(28), v.password(), mixed(30)
    text = ("POST /login HTTP/1.1\r\nHost: school.example\r\nAuthorization: Bearer %s\r\nCookie: sid=%s\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nuser=bob&password=%s" % (token, session, password))
    return R.choice([text, text.replace("\r\n", "\\r\\n")]), [session, password, token]


def several():
    """Secrets of different kinds in one line."""
    parts, secrets = [], []
    for kind in R.sample(["logfmt", "json", "query", "url_password", "email", "credit_card", "cookie", "bearer_auth", "jwt"],
                         R.randint(2, 3)):
        text, found = R.choice(FORMS[kind])()
        parts.append(text)
        secrets += found
    return R.choice([" | ", "\n", "  "]).join(parts), secrets


# ------------------------------------------------------------------ events

BESIDE = [("id", 7), ("status", "ok"), ("tags", ["a", "b"]), ("took", 1.5), ("room", "B-12"), ("author", "Ann"),
          ("keyboard", "de"), ("open", True), ("note", None)]


def deep(leaf):
    """An event that has `leaf` somewhere inside."""
    for _ in range(R.randint(0, 5)):
        step = R.choice(
            ["request", "body", "user", "meta", "payload", "data", "config", "params", "items", "http", "ctx", "list", "matrix"])
        inner = leaf
        if step in ("items", "list"):
            inner = R.choice([[{"n": 1}, leaf], [leaf, {"n": 2}, "x"]])
        elif step == "matrix":
            inner = [[leaf], [1, 2]]
        leaf = dict(R.sample(BESIDE, R.randint(0, 2)), **{step: inner})
    return dict({"message": R.choice(["createTimetable", "login", "request done", "sync"])}, **leaf)


def field():
    name, value = v.named(("snake", "camel", "kebab", "upper", "pascal", "header", "dotted"), "quoted")
    return deep({"user": R.choice(USERS), name: value}), v.with_parts(value)


def field_of_kind():
    """Fields whose values are no plain texts, and headers."""
    a, b = mixed(30), mixed(28)
    name, value, secrets = R.choice([
        ("Authorization", "Bearer " + a, [a]),
        ("http_authorization", "Token " + a, [a]),
        ("Cookie", "sid=%s; a=1" % a, [a]),
        ("set-cookie", ["sid=%s; Path=/" % a], [a]),
        ("X-Api-Key", a, [a]),
        ("cookies", {"sid": a}, [a]),
        ("passwords", [a, b], [a, b]),
        ("tokens", [a, b], [a, b]),
        ("credentials", {"user": "x", "value": a}, [a]),
        ("password", {"old": a, "new": b}, [a, b]),
        ("token", [a], [a]),
        ("secrets", {"db": a}, [a]),
        ("secret", "two\nlines " + b, [b]),
        ("Proxy-Authorization", "Basic " + b, [b]),
    ] + [(key, int(text), [text]) for key, text in (("pin", d(4)), ("cvv", d(3)), ("password", d(8)), ("otp", d(6)))] +
                                    [(key, text, [text])
                                     for key, text in (("ssn", v.value_of("ssn")), ("cvv2", d(3)), ("session_id", uuid()),
                                                       ("sessionId", b), ("client-secret", uuid()))])
    return deep({name: value}), secrets


def field_of_environment():
    given = environment()
    name, value = given["name"], given["value"]
    return R.choice([{"message": "start",
                      "env": {"PATH": "/bin", name: value}}, {"message": "start", "environment": [{"LANG": "C"}, {name: value}]},
                     {"message": "container", "spec": {"env": [name + "=" + value, "TZ=UTC"]}}]), [value]


def text_in_event():
    text, secrets = R.choice(FORMS[R.choice([
        "logfmt", "json", "json_escaped", "query", "url_password", "bearer_auth", "cookie", "credit_card", "email", "iban",
        "dump", "command", "jwt", "private_key", "sql"
    ])])()
    return R.choice([{"message": "ok", "event": {"original": text}},
                     {"message": "ok", "error": {"stack_trace": "Error: boom\n    at x.js:1\n  " + text}},
                     {"message": "ok",
                      "args": ["a", text, 3]}, {"log": {"lines": [{"n": 1, "text": "fine"},
                                                                  {"n": 2, "text": text}]}}, {"message": text, "level": "info"},
                     {"http": {"request": {"body": {"content": text}}}}, {"message": "ok",
                                                                          "note": "first\n%s\nlast" % text}]), secrets


def name_holds():
    value = R.choice([v.email, v.TOKENS["github_token"][0], lambda: v.card()[0], v.jwt, v.TOKENS["stripe_key"][0]])()
    return R.choice([{"message": "ok", "seen": {value: 3}}, {"message": "ok", "by": [{value: {"n": 1}}]},
                     {"message": "ok", "counts": {"a": 1, value: 2}}]), [value]


FORMS = {
    "json": [json_text(0)] * 6 + [json_number],
    "json_escaped": [json_text(1)] * 5 + [json_text(2)] * 3 + [html_escaped, unicode_escaped],
    "dump": [php_var_dump] * 2,
    "query": [url_encoded] * 2 + [url_encoded_value] * 2 + [url_encoded_json],
    "field": [field] * 3 + [field_of_kind] * 2 + [field_of_environment],
    "nested": [text_in_event] * 3 + [name_holds],
    "several": [several] * 3 + [http_dump],
}
TOKEN_SOURCES = dict({kind: tokens_of(kind) for kind in v.TOKENS}, jwt=SOURCES["jwt"])
for section, text in read("secrets.txt"):
    kinds, name = section.split(": ")
    for kind in TOKEN_SOURCES if kinds == "token" else [kinds]:
        if not (kind == "slack_webhook" and "«user»/" in text):
            source = TOKEN_SOURCES[kind] if name == "token" else SOURCES[name]
            FORMS.setdefault(kind, []).append(from_template(text, source))

# ------------------------------------------------------------------ nothing to hide

with open(os.path.join(HERE, "pairs.txt"), encoding="utf-8") as f:
    PAIRS = [line.split(": ", 1) for line in f.read().split("\n") if line and not line.startswith("#")]
NOTHING = [
    "null", "none", "None", "nil", "undefined", "***", "********", "[REDACTED]", "[FILTERED]", "<redacted>", "[redacted]",
    "REDACTED", "[hidden]", "(hidden)", "[PROTECTED]", "${DB_PASSWORD}", "${SECRET:-}", "$DB_PASSWORD", "{{ password }}",
    "<password>", "<secret>", "[MASKED]", "xxxxxxxx", "XXXXXXXX", "••••••••", ""
]
CLEAN_PAIR = [
    "«name»=«value»", "level=info «name»=«value» took=«ms»ms", "«name»: «value»", "«name»=\"«value»\"",
    "{\"«name»\":\"«value»\"}", "{'«name»': '«value»', 'n': «n»}", "config: «name»: \"«value»\"",
    '{"a":[{"«name»": "«value»"}]}', 'body="{\\"«name»\\":\\"«value»\\"}"', "User(name='«user»', «name»='«value»')",
    '{:«name»=>"«value»"}', "<«name»>«value»</«name»>"
]
CLEAN_BARE = CLEAN_PAIR + [
    "GET /x?«name»=«value»&page=2 HTTP/1.1", "tool --«name»=«value» -v", "tool --«name» «value» -v",
    "java -D«name»=«value» -jar a.jar", "map[user:«user» «name»:«value»]", "«name» = «value»", "«name» => «value»",
    "«user»|«name»=«value»|ok"
]


def clean_pair():
    words, value = R.choice(PAIRS)
    value = fill(value)
    template = R.choice(CLEAN_PAIR if " " in value else CLEAN_BARE)
    dashes = "<«name»" in template or "User(" in template or ":«name»=>" in template
    return fill(template, {
        "name": v.styled(words, R.choice(("snake", "camel") if dashes else ("snake", "camel", "kebab", "upper"))), "value": value
    })


def no_value():
    name, value = v.named(("snake", "camel", "kebab", "upper"))[0], R.choice(NOTHING)
    template = R.choice([t for t in CLEAN_PAIR if "<" not in t] if set(value) & set(" <") or not value else CLEAN_BARE)
    if "User(" in template or ":«name»=>" in template:
        name = "password"
    return fill(template, {"name": name, "value": value})


def typed(text):
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


def clean_event():
    leaf = {}
    for words, value in R.sample(PAIRS, R.randint(2, 5)):
        leaf[v.styled(words, R.choice(("snake", "camel", "kebab", "upper", "header")))] = typed(fill(value))
    return deep(leaf)


def event_without_value():
    name = v.named(("snake", "camel", "kebab", "header"))[0]
    return deep(
        {"user": R.choice(USERS), name: R.choice([None, "", "***", "[REDACTED]", "[FILTERED]", False, [], {}, "********"])})


def clean_text_in_event():
    return {"message": "ok", R.choice(["detail", "original", "reason", "text"]): fill(R.choice(CLEAN_TEXTS))}


CLEAN_TEXTS = [text for _, text in read("clean.txt")]
CLEAN_BUILT = [(clean_pair, 260), (no_value, 130), (clean_event, 110), (event_without_value, 30), (clean_text_in_event, 60)]
