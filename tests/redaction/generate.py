#!/usr/bin/env python3
"""generate.py [--seed N] [--lines N]: labelled lines for tests/redaction/run, on standard output.

One JSON object a line: `id`, `kind`, `line` (a text) or `event` (an object), and `secrets`, what must not survive. `kind` is
"none" for a line that holds no secret but looks as if it did. All is drawn from a seeded generator; no value was ever a
real one. own.ndjson is what the default seed gives."""
import argparse
import base64
import json
import random
import string
import urllib.parse

WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
R = random.Random()


def chars(alphabet, least, most=None):
    return "".join(R.choice(alphabet) for _ in range(R.randint(least, most or least)))


def digits(count):
    return chars(string.digits, count)


def password():
    return R.choice([
        lambda: R.choice(["hunter2", "letmein99", "correct-horse", "Tr0ub4dor&3", "P@ssw0rd" + digits(2), "S3cr3t!",
                          "sunshine", "qwerty12", "ilovecats", "Passw0rd", "dragonfly7", "blue$kies4", "winter2026!"]),
        lambda: chars(WORD, 8, 24),
        lambda: chars(WORD + "!$*+-_%^#", 9, 20).strip("%#$*-") + "x7",
    ])()


def plain_password():
    """Without signs that end a value in some format."""
    return R.choice([lambda: chars(WORD, 8, 24), lambda: "hunter" + digits(2), lambda: "P_ssw0rd" + digits(2)])()


NAMES = ["password", "passwd", "pwd", "secret", "token", "api_key", "apiKey", "apikey", "access_token", "refresh_token",
         "client_secret", "clientSecret", "auth_token", "authToken", "private_key", "privateKey", "session_id", "sessionId",
         "db_password", "DB_PASSWORD", "newPassword", "oldPassword", "userPassword", "user_password", "X-Api-Key", "x-api-key",
         "secretKey", "secret_key", "SECRET_KEY", "encryption_key", "passphrase", "aws_secret_access_key", "id_token",
         "SMTP_PASSWORD", "smtp.password", "spring.datasource.password", "password_confirmation", "X-Auth-Token",
         "csrf_token", "webhookSecret", "accessKey", "signing_key", "JWT_SECRET", "ENCRYPTION_KEY", "loginToken"]
FIELDS = NAMES + ["ssn", "cvv", "cvc", "pin", "credit_card", "cardNumber", "card_number", "authorization", "Authorization",
                  "cookie", "Cookie", "set-cookie", "Proxy-Authorization", "otp", "securityCode", "credentials"]
OPS = ["createTimetable", "updateRoom", "login", "exportPdf", "scheduleEvent", "syncCalendar", "assignTeacher"]


# ------------------------------------------------------------------ name and value in texts

def key_value():
    name, value = R.choice(NAMES), password()
    safe = plain_password()
    quoted = json.dumps({name: value})
    forms = [
        ("%s=%s" % (name, safe), safe), ("%s: %s" % (name, safe), safe), ('%s="%s"' % (name, value), value),
        ("%s='%s'" % (name, value), value), ("%s = %s" % (name, safe), safe), ("%s => %s" % (name, safe), safe),
        ("user=bob %s=%s level=info" % (name, safe), safe), ("{%s: %s, user: bob}" % (name, safe), safe),
        (quoted, value), ('{"user":"bob","%s":"%s","n":3}' % (name, value), value),
        ('{"a": {"b": [{"%s": "%s"}]}}' % (name, value), value),
        ("body=" + json.dumps(quoted), value), ("body=" + json.dumps(json.dumps(quoted)), value),
        ("{'user': 'bob', '%s': '%s'}" % (name, value), value), ("{u'%s': u'%s'}" % (name, value), value),
        ('{:user=>"bob", :%s=>"%s"}' % (name.replace("-", "_").replace(".", "_"), value), value),
        ('{"%s"=>"%s"}' % (name, value), value), ("['%s' => '%s']" % (name, value), value),
        ("{User:bob %s:%s}" % (name.title().replace("-", "").replace(".", ""), safe), safe),
        ("User { name: \"bob\", %s: \"%s\" }" % (name.replace("-", "_").replace(".", "_"), value), value),
        ("User(name=bob, %s=%s)" % (name, safe), safe), ("User{name='bob', %s='%s'}" % (name, value), value),
        ("GET /api/users?%s=%s&page=2 HTTP/1.1" % (name, safe), safe),
        ("GET /login?next=%%2F&%s=%s HTTP/1.1" % (name, safe), safe),
        ("POST /x form: user=bob&%s=%s" % (name, safe), safe),
        ("exec: tool --user bob --%s %s --verbose" % (name.replace("_", "-").replace(".", "-"), safe), safe),
        ("exec: tool --%s=%s" % (name.replace("_", "-"), safe), safe), ("exec: java -D%s=%s -jar app.jar" % (name, safe), safe),
        ("env: HOME=/root %s=%s PATH=/bin" % (name.upper().replace("-", "_").replace(".", "_"), safe), safe),
        ("export %s=%s" % (name.upper().replace("-", "_").replace(".", "_"), safe), safe),
        ("<%s>%s</%s>" % (name, safe, name), safe), ('<add key="%s" value="%s" />' % (name, safe), safe),
        ("config: %s: \"%s\"" % (name, value), value), ("  %s: %s" % (name, safe), safe),
        ("params: user[%s]=%s&user[name]=bob" % (name, safe), safe),
        ("[%s] -> [%s=%s]" % (R.choice(OPS), name, safe), safe), ("%s:%s" % (name, safe), safe),
        ("set %s to \"%s\"" % (name, safe), safe), ("|user|bob|%s=%s|ok" % (name, safe), safe),
        ("url=%s" % urllib.parse.quote("https://a.example/?%s=%s" % (name, safe), safe=""), safe),
    ]
    return R.choice(forms)


def sql():
    value = plain_password()
    return R.choice(["ALTER USER bob IDENTIFIED BY '%s'", "CREATE USER 'a'@'%%' IDENTIFIED BY \"%s\"",
                     "CREATE ROLE app LOGIN PASSWORD '%s'", "SET PASSWORD = '%s'", "UPDATE users SET password='%s' WHERE id=3",
                     "ALTER ROLE x WITH PASSWORD '%s'"]) % value, value


def connection():
    value = plain_password()
    return R.choice(["Server=db.school.example;Database=tt;User Id=app;Password=%s;Encrypt=true",
                     "jdbc:postgresql://db/tt?user=app&password=%s&ssl=true", "host=db port=5432 user=app password=%s dbname=tt",
                     "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=%s;EndpointSuffix=core.windows.net",
                     "Endpoint=sb://x.example/;SharedAccessKeyName=root;SharedAccessKey=%s",
                     "jdbc:sqlserver://db:1433;databaseName=tt;user=sa;password=%s;", "Driver={x};Uid=sa;Pwd=%s;"]) % value, value


def url_password():
    value = R.choice([plain_password(), "p%40ss" + digits(3), "a!b$c*" + digits(2), "p@" + chars(WORD, 6), "x:y" + chars(WORD, 4)])
    scheme = R.choice(["postgres", "postgresql", "mysql", "redis", "rediss", "amqp", "amqps", "mongodb", "mongodb+srv", "https",
                       "http", "ftp", "sftp", "smtp", "ldap", "mqtt", "jdbc:mysql"])
    user = R.choice(["app", "root", "admin", "", "svc-user", "bob%40x.y", "timetable_rw"])
    host = R.choice(["db.internal:5432/tt", "10.0.0.3:6379/0", "cluster0.x.example/tt?retry=true", "localhost/", "mx.example"])
    text = "%s://%s:%s@%s" % (scheme, user, value, host)
    return R.choice(["connect %s failed", "url=%s", "DATABASE_URL=%s", '{"dsn":"%s"}', "dial %s: refused", "<%s>"]) % text, value


def header():
    def basic():
        return base64.b64encode(("%s:%s" % (R.choice(["admin", "bob"]), password())).encode()).decode()
    token = chars(WORD + "-_", 24, 60).strip("-_") + "q1"
    forms = [lambda: ("Authorization: Basic %s", basic()), lambda: ("authorization: Bearer %s", token),
             lambda: ('"Authorization": "Bearer %s"', token), lambda: ("-H 'Authorization: Bearer %s'", token),
             lambda: ("map[Authorization:[Bearer %s] Accept:[*/*]]", token), lambda: ("Proxy-Authorization: Basic %s", basic()),
             lambda: ("Authorization: Token %s", token), lambda: ("Authorization: %s", token),
             lambda: ("using Bearer %s for the call", token), lambda: ("header Basic %s sent", basic()),
             lambda: ("X-Api-Key: %s", token), lambda: ("x-auth-token: %s", token), lambda: ("'X-Auth-Token': '%s'", token),
             lambda: ("Cookie: sid=%s; theme=dark", token), lambda: ("Set-Cookie: session=%s; Path=/; HttpOnly", token),
             lambda: ("set-cookie: connect.sid=%s; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure", token),
             lambda: ("cookie: JSESSIONID=%s", token), lambda: ('headers: {"cookie":"a=1; auth=%s"}', token)]
    form, value = R.choice(forms)()
    return form % value, value


def entropy():
    value = chars(WORD, 20, 40) + "a1B2"
    return R.choice(["token %s expired", "using key %s", "the api key is %s", "secret %s rotated", "got token %s from the store",
                     "key=%s", "auth=%s", "sig=%s", "api key: %s", "with secret '%s'"]) % value, value


# ------------------------------------------------------------------ tokens

def b64url(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).decode().rstrip("=")


def jwt():
    head = {"alg": R.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"}
    body = {"sub": chars(WORD, 8), "iat": R.randint(10**9, 2 * 10**9), "role": R.choice(["teacher", "admin"])}
    return "%s.%s.%s" % (b64url(head), b64url(body), b64url(bytes(R.getrandbits(8) for _ in range(R.choice([32, 64, 256])))))


TOKENS = {
    "jwt": jwt,
    "aws_access_key": lambda: R.choice(["AKIA", "ASIA"]) + chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
    "github_token": lambda: R.choice(["ghp_" + chars(WORD, 36), "gho_" + chars(WORD, 36), "ghs_" + chars(WORD, 36),
                                      "github_pat_" + chars(WORD, 22) + "_" + chars(WORD, 59)]),
    "gitlab_token": lambda: R.choice(["glpat-", "gldt-", "glptt-"]) + chars(WORD + "_", 20) + "z",
    "slack_token": lambda: R.choice(["xoxb-%s-%s-%s" % (digits(12), digits(12), chars(WORD, 24)),
                                     "xoxp-%s-%s-%s-%s" % (digits(11), digits(11), digits(12), chars(HEX, 32)),
                                     "xapp-1-A%s-%s-%s" % (chars(WORD, 10), digits(13), chars(HEX, 64))]),
    "slack_webhook": lambda: "https://hooks.slack.com/services/T%s/B%s/%s" % (
        chars("ABCDEFGHIJ0123456789", 8), chars("ABCDEFGHIJ0123456789", 8), chars(WORD, 24)),
    "stripe_key": lambda: R.choice(["sk_live_", "sk_test_", "rk_live_", "pk_live_"]) + chars(WORD, 24, 99),
    "google_api_key": lambda: R.choice(["AIza" + chars(WORD + "-_", 34) + "w", "GOCSPX-" + chars(WORD, 28),
                                        "ya29." + chars(WORD + "-_", 100)]),
    "azure_key": lambda: chars(WORD, 3) + "8Q~" + chars(WORD + "_~.-", 33) + "a",
    "npm_token": lambda: "npm_" + chars(WORD, 36),
    "pypi_token": lambda: "pypi-AgEIcHlwaS5vcmc" + chars(WORD + "-_", 70) + "A",
    "openai_key": lambda: R.choice(["sk-proj-" + chars(WORD + "-_", 74) + "A", "sk-" + chars(WORD, 48),
                                    "sk-ant-api03-" + chars(WORD + "-_", 93) + "AA"]),
    "service_key": lambda: R.choice(["SG.%s.%s" % (chars(WORD, 22), chars(WORD, 43)), "SK" + chars(HEX, 32),
                                     "dop_v1_" + chars(HEX, 64), "hf_" + chars(WORD, 34), "shpat_" + chars(HEX, 32),
                                     "hvs." + chars(WORD, 95), "dckr_pat_" + chars(WORD, 27), "key-" + chars(HEX, 32),
                                     "glsa_" + chars(WORD, 32) + "_" + chars(HEX, 8), chars(HEX, 32) + "-us12"]),
}
AROUND = ["%s", "using %s for the call", "POST failed with %s", "X=%s HOME=/root", '{"v":"%s"}', "header: %s", "(%s)", "got '%s'",
          "key=%s", "https://api.example/?k=%s&x=1", "value:%s,", "%s.", "<%s>", "token %s expired", "\"%s\""]


def token(kind):
    value = TOKENS[kind]()
    return R.choice(AROUND) % value, value


def private_key():
    label = R.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
                      "DSA PRIVATE KEY"])
    lines = [chars(WORD + "+/", 64) for _ in range(R.randint(2, 5))] + [chars(WORD, 30) + "=="]
    end = R.choice(["\n", "\\n", "\r\n"])
    text = "-----BEGIN %s-----" % label + end + end.join(lines)
    text += end + "-----END %s-----" % label if R.random() < 0.8 else ""
    return R.choice(["%s", "loaded %s", "key=%s", '{"key":"%s"}']) % text, text if R.random() < 0.01 else lines[0]


# ------------------------------------------------------------------ numbers and people

def luhn(head, length):
    body = head + digits(length - len(head) - 1)
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def card():
    head, length = R.choice([("4", 16), ("4", 16), ("4", 19), ("5" + R.choice("12345"), 16), ("2221", 16), ("2719", 16),
                             ("34", 15), ("37", 15), ("6011", 16), ("65", 16), ("36", 14), ("3530", 16), ("62", 16), ("6304", 16)])
    number = luhn(head, length)
    sign = R.choice(["", " ", "-"])
    groups = [number[:4], number[4:10], number[10:]] if length in (14, 15) else [number[i:i + 4] for i in range(0, length, 4)]
    text = sign.join(groups)
    return R.choice(["card %s declined", "PAN %s", "paid with %s.", "number=%s exp=12/27", '{"n":"%s"}', "card: %s, cvv ok",
                     "charging (%s)"]) % text, text


IBANS = {"DE": "18n", "GB": "4a14n", "FR": "23n", "ES": "20n", "NL": "4a10n", "IT": "1a22n", "AT": "16n", "CH": "17n", "BE": "12n",
         "PL": "24n", "SE": "20n", "DK": "14n", "NO": "11n", "FI": "14n", "PT": "21n", "IE": "4a14n", "CZ": "20n", "HU": "24n",
         "LU": "16n", "GR": "23n"}


def iban(is_good=True):
    country, form = R.choice(list(IBANS.items()))
    account = ""
    for part in form.replace("a", "a ").replace("n", "n ").split():
        account += chars(string.ascii_uppercase if part[-1] == "a" else string.digits, int(part[:-1]))
    number = int("".join(str(int(c, 36)) for c in account + country + "00"))
    check = 98 - number % 97
    if not is_good:
        check = check + 1 if check < 97 else check - 1
    text = "%s%02d%s" % (country, check, account)
    if R.random() < 0.5:
        text = " ".join(text[i:i + 4] for i in range(0, len(text), 4))
    return R.choice(["iban=%s ok", "refund to %s", "account %s rejected", '{"to":"%s"}', "IBAN: %s."]) % text, text


def email():
    value = "%s@%s" % (R.choice(["ana", "o.brien", "li.wei", "m_k", "jos+tag", "teacher.17", "x-y", "ANNA.B", "info"]),
                       R.choice(["school.example", "mail.example.org", "uni.example.co.uk", "example.com", "xn--bcher-kva.example",
                                 "sub.dept.example.edu"]))
    return R.choice(["to=%s, relay=mx", "user %s logged in", "<%s>: unknown", "mailto:%s", "from:%s", '{"m":"%s"}', "%s bounced",
                     "invite sent to %s.", "cn=%s,ou=x", "['%s']", "cc=%s;"]) % value, value


def phone():
    value = R.choice([
        lambda: "+1-%s-%s-%s" % (R.randint(201, 989), digits(3), digits(4)), lambda: "+44 20 %s %s" % (digits(4), digits(4)),
        lambda: "+49%s" % ("30" + digits(8)), lambda: "+49 171 %s" % digits(7), lambda: "+33 6 %s %s %s %s" % (
            digits(2), digits(2), digits(2), digits(2)), lambda: "+34 6%s %s %s" % (digits(2), digits(3), digits(3)),
        lambda: "+39 06 %s" % digits(8), lambda: "+31 6 %s" % digits(8), lambda: "(%d) %s-%s" % (
            R.randint(201, 989), digits(3), digits(4)), lambda: "%d-%s-%s" % (R.randint(201, 989), digits(3), digits(4)),
        lambda: "%d.%s.%s" % (R.randint(201, 989), digits(3), digits(4)), lambda: "020 %s %s" % (digits(4), digits(4)),
        lambda: "0171 %s" % digits(7), lambda: "030/%s" % digits(8), lambda: "01632 %s" % digits(6),
        lambda: "06 %s %s %s %s" % (digits(2), digits(2), digits(2), digits(2)), lambda: "07700 %s" % digits(6)])()
    return R.choice(["sms to %s queued", "callback %s failed", "phone=%s", "call %s now", "tel: %s", '{"p":"%s"}', "fax (%s)"]) % value, \
        value


def field():
    name, value = R.choice(FIELDS), password()
    event = R.choice([lambda: {"message": "x", name: value}, lambda: {"a": {"b": {name: value}}},
                      lambda: {"list": [{"n": 1}, {name: value}]}, lambda: {"req": {"headers": {name: value}, "id": 7}},
                      lambda: {"user": {"id": 3, name: value, "tags": ["x"]}}, lambda: {"x": [[{name: [value, value]}]]}])()
    return event, value


def nested():
    text, value = R.choice([key_value, url_password, header, email, card])()
    address = email()[1]
    return R.choice([lambda: ({"message": "ok", "error": {"stack_trace": "Error\n  at " + text}}, value),
                     lambda: ({"event": {"original": text}}, value), lambda: ({"a": [text]}, value),
                     lambda: ({"seen": {address: {"n": 1}}}, address)])()


# ------------------------------------------------------------------ nothing to hide

def uuid():
    return "-".join(chars(HEX, n) for n in (8, 4, 4, 4, 12))


def bad_card():
    number = luhn(R.choice(["4", "51", "37", "6011"]), R.choice([15, 16]))
    return number[:-1] + str((int(number[-1]) + R.randint(1, 8)) % 10)


CLEAN = [
    lambda: "request %s finished in %s ms" % (uuid(), digits(3)), lambda: "sha256:%s pulled" % chars(HEX, 64),
    lambda: "commit %s deployed" % chars(HEX, 40), lambda: "etag W/\"%s\"" % chars(HEX, 32), lambda: "md5=%s" % chars(HEX, 32),
    lambda: "trace_id=%s span_id=%s" % (chars(HEX, 32), chars(HEX, 16)), lambda: "order %s shipped" % bad_card(),
    lambda: iban(False)[0], lambda: "ts=%d" % R.randint(10**9, 2 * 10**9), lambda: "ts=%d" % R.randint(10**12, 2 * 10**12 - 1),
    lambda: "t_us=1%s" % digits(15), lambda: "t_ns=1%s" % digits(18), lambda: "at 2026-%02d-%02dT%02d:%02d:%02d.%sZ" % (
        R.randint(1, 12), R.randint(1, 28), R.randint(0, 23), R.randint(0, 59), R.randint(0, 59), digits(3)),
    lambda: "timetable-api v%d.%d.%d+build.%s" % (R.randint(0, 9), R.randint(0, 20), R.randint(0, 9), digits(4)),
    lambda: "ISBN 978-3-16-148410-%d" % R.choice([1, 2, 3]), lambda: "EAN 40%s" % digits(11),
    lambda: "mac %s" % ":".join(chars(HEX, 2) for _ in range(6)), lambda: "listening on 10.0.%d.%d:%d" % (
        R.randint(0, 255), R.randint(0, 255), R.randint(1024, 65535)), lambda: "GET /api/v1/rooms/%s 200 %s" % (digits(6), digits(5)),
    lambda: "at Object.<anonymous> (/srv/node_modules/@school/timetable@%d.2.1/index.js:%s:17)" % (R.randint(1, 9), digits(3)),
    lambda: "loaded icon@2x.png and logo@3x.webp", lambda: "started user@%d.service" % R.randint(1000, 60000),
    lambda: "cloning git@github.com:org/repo-%s.git" % digits(2), lambda: "java.lang.Object@%s" % chars(HEX, 8),
    lambda: "@Override public int get%s()" % chars(string.ascii_lowercase, 5), lambda: "npm install express@4.%s.2" % digits(2),
    lambda: "room %s-%s booked %s-%s" % (digits(3), digits(2), digits(4), digits(4)), lambda: "lat=52.%s lon=13.%s" % (digits(6), digits(6)),
    lambda: "0x%s read 0x%s" % (chars(HEX, 12), chars(HEX, 8)), lambda: "%s  |..?.....|" % " ".join(chars(HEX, 2) for _ in range(16)),
    lambda: "password must be at least %d characters" % R.randint(8, 16), lambda: "password: must not be empty",
    lambda: "reset password link requested for user %s" % digits(4), lambda: "Unexpected token } in JSON at position %s" % digits(3),
    lambda: "Unexpected token: 'export'", lambda: "SyntaxError: Unexpected token '<'", lambda: "secretary: Anna",
    lambda: "passwordless=true", lambda: "passwordless login enabled", lambda: "tokens_left=%s" % digits(2), lambda: "max_tokens=%s" % digits(4),
    lambda: "prompt_tokens: %s, completion_tokens: %s" % (digits(3), digits(3)), lambda: "token_type=bearer", lambda: "token bucket refilled: %s tokens" % digits(2),
    lambda: "password=null", lambda: 'password=""', lambda: "password=***", lambda: "password=********", lambda: "password=[REDACTED]",
    lambda: "password=[FILTERED]", lambda: "password=${DB_PASSWORD}", lambda: "password: ${DB_PASSWORD}", lambda: "password=<password>",
    lambda: "password=%s user=%s", lambda: 'password => "%{[db][password]}"', lambda: "Authorization: <redacted>", lambda: "token=undefined",
    lambda: "session opened for user root by (uid=0)", lambda: "session %s started" % uuid(), lambda: "pin board updated: %s pins" % digits(2),
    lambda: "cookie consent: accepted", lambda: "cookies enabled", lambda: "spinning up worker %s" % digits(2), lambda: "shipping=fast mapping=%s" % digits(3),
    lambda: "keyboard: de", lambda: "keys: %s" % digits(2), lambda: "primary_key: id", lambda: "foreign_key=timetable_id", lambda: "cache_key=rooms:%s" % digits(4),
    lambda: "public_key: loaded", lambda: "author: Ann", lambda: "authority=%s" % chars(string.ascii_lowercase, 6), lambda: "authenticated: true",
    lambda: "Basic plan selected", lambda: "bearer of news", lambda: "has_password=false", lambda: "is_token_valid: yes", lambda: "password_changed_at=2026-%s-01" % digits(2),
    lambda: "password_length=%s" % digits(2), lambda: "token_expires_in=%s" % digits(4), lambda: "secret_name=db-main", lambda: "csrf protection enabled",
    lambda: "invalid credentials", lambda: "credentials: missing", lambda: "login failed: wrong password", lambda: "secret santa draw for class %s" % digits(2),
    lambda: "key: value", lambda: "key=user:%s" % digits(5), lambda: "sort key is name", lambda: "api key missing", lambda: "api_key is required",
    lambda: "passed %s of %s tests" % (digits(2), digits(2)), lambda: "pass=12 fail=3", lambda: "bypass=true", lambda: "compass heading %s" % digits(3),
    lambda: "SELECT * FROM users WHERE password IS NOT NULL", lambda: "http://localhost:8080/users/bob@home", lambda: "https://bob@repo.example/x.git",
    lambda: "ratio 3:2 at 12:30", lambda: "2 + 2 = 4", lambda: "grade 1-2-3 of class 10-b", lambda: "version 10.2.3.4", lambda: "C++11 and C++17",
    lambda: "temp +21.5 delta -3", lambda: "offset +0200", lambda: "diff +%s -%s" % (digits(3), digits(3)), lambda: "score 1,234,567 points",
    lambda: "isbn:9783161484101", lambda: "vin WVWZZZ1JZXW%s" % digits(6), lambda: "imei 35%s" % (digits(12) + "x"), lambda: "%s" % chars(HEX, 24),
    lambda: "object id 5f%s" % chars(HEX, 22), lambda: "data:image/png;base64,iVBORw0KGgo%s==" % chars(WORD, 40), lambda: "queue depth=%s oldest=%s" % (digits(3), digits(4)),
    lambda: {"message": "ok", "passwordless": True, "tokens_left": 4, "secretary": "Anna", "token_type": "bearer"},
    lambda: {"message": "ok", "user": {"id": 4, "author": "Ann", "keyboard": "de"}, "password": None},
    lambda: {"message": "ok", "has_password": True, "session": {"started": "2026-11-01", "count": 3}},
    lambda: {"message": "ok", "pinned": True, "shipping": "x", "primary_key": "id", "cacheKey": "rooms:1"},
]
KINDS = [("key_value", key_value, 10), ("sql", sql, 2), ("connection_string", connection, 3), ("url_password", url_password, 5),
         ("header", header, 6), ("high_entropy", entropy, 3), ("private_key", private_key, 3), ("credit_card", card, 4),
         ("iban", iban, 3), ("email", email, 4), ("phone", phone, 4), ("field", field, 7), ("nested", nested, 3)]
KINDS += [(name, lambda name=name: token(name), 1.5) for name in TOKENS]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=4)
    options.add_argument("--lines", type=int, default=3000)
    args = options.parse_args()
    R.seed(args.seed)
    for number in range(args.lines):
        if R.random() < 0.45:
            kind, made, secrets = "none", R.choice(CLEAN)(), []
        else:
            kind, make, _ = R.choices(KINDS, weights=[weight for _, _, weight in KINDS])[0]
            made, secret = make()
            secrets = [secret]
        row = {"id": number, "kind": kind, "secrets": secrets}
        if isinstance(made, str):
            row["line"] = R.choice(["", R.choice(OPS) + ": ", "[worker-3] ", "level=info msg="]) + made
        else:
            row["event"] = made
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
