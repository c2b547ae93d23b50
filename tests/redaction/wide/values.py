"""What is drawn: numbers with their checksums, people, passwords, names of fields, tokens, keys. No value was ever a real one."""
import base64
import json
import random
import re
import string
import zlib

R = random.Random()
LETTERS = string.ascii_letters
DIGITS = string.digits
WORD = LETTERS + DIGITS
HEX = "0123456789abcdef"
BASE32 = string.ascii_uppercase + "234567"
UPPER = string.ascii_uppercase + DIGITS


def chars(alphabet, least, most=None):
    return "".join(R.choice(alphabet) for _ in range(R.randint(least, most or least)))


def digits(count):
    return chars(DIGITS, count)


def number(least, most):
    return str(R.randint(least, most))


def hexa(count):
    """Hex digits that no one takes for a number."""
    while True:
        text = chars(HEX, count)
        if count < 6 or (any(c in DIGITS for c in text) and any(c in "abcdef" for c in text)):
            return text


def uuid():
    return "-".join([hexa(8), chars(HEX, 4), "4" + chars(HEX, 3), R.choice("89ab") + chars(HEX, 3), hexa(12)])


def base64_of(count, urlsafe=False):
    data = bytes(R.getrandbits(8) for _ in range(count))
    return (base64.urlsafe_b64encode(data).decode().rstrip("=") if urlsafe else base64.b64encode(data).decode())


def mixed(least, most=None, extra=""):
    """A random text as a program makes it: letters of both cases and a digit."""
    while True:
        text = chars(WORD + extra, least, most)
        if any(c.isdigit() for c in text) and any(c.islower() for c in text) and any(c.isupper() for c in text) and \
                text[0] in WORD and text[-1] in WORD:
            return text


# ------------------------------------------------------------------ numbers with checksums


def luhn_digit(body):
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    return str(-total % 10)


def is_luhn(text):
    return luhn_digit(text[:-1]) == text[-1]


BRANDS = [  # a prefix, the lengths
    (lambda: "4", [13]),
    (lambda: "4", [16]),
    (lambda: "4", [16]),
    (lambda: "4", [19]),
    (lambda: number(51, 55), [16]),
    (lambda: number(2221, 2720), [16]),
    (lambda: R.choice(["34", "37"]), [15]),
    (lambda: R.choice(["6011", "65", number(644, 649)]), [16]),
    (lambda: R.choice([number(300, 305), "36", "38", "39"]), [14]),
    (lambda: number(3528, 3589), [16]),
    (lambda: "62", [16, 17, 18, 19]),
    (lambda: R.choice(["5018", "5020", "5038", "6304", "6759", "6761", "6762", "6763"]), [12, 13, 16, 18, 19]),
]


def card():
    """A number as written, and whether a reader would know it for a card without a word beside it."""
    prefix, lengths = R.choice(BRANDS)
    length = R.choice(lengths)
    head = prefix()
    body = head + digits(length - len(head) - 1)
    body += luhn_digit(body)
    sizes = {12: [4, 4, 4], 14: [4, 6, 4], 15: [4, 6, 5], 16: [4, 4, 4, 4], 19: [4, 4, 4, 4, 3]}.get(length)
    sign = R.choice(["", " ", "-"]) if sizes else ""
    if sign:
        parts = []
        for size in sizes:
            parts.append(body[:size])
            body = body[size:]
        return sign.join(parts), length >= 14
    return body, length in (14, 15, 16)


IBANS = {
    "DE": "18n", "GB": "4a14n", "FR": "10n11c2n", "ES": "20n", "IT": "1a10n12c", "NL": "4a10n", "BE": "12n", "AT": "16n",
    "CH": "5n12c", "PL": "24n", "SE": "20n", "DK": "14n", "NO": "11n", "FI": "14n", "PT": "21n", "IE": "4a14n", "LU": "3n13c",
    "CZ": "20n", "GR": "7n16c", "HR": "17n", "RO": "4a16c", "TR": "6n16c", "MT": "4a5n18c", "AE": "19n"
}


def iban(is_good=True):
    country, form = R.choice(list(IBANS.items()))
    account, count = "", ""
    for c in form:
        if c.isdigit():
            count += c
        else:
            account += chars({"n": DIGITS, "a": string.ascii_uppercase, "c": UPPER}[c], int(count))
            count = ""
    check = 98 - int("".join(str(int(c, 36)) for c in account + country + "00")) % 97
    if not is_good:
        check = 2 + (check - 2 + R.randint(1, 96)) % 97
    text = "%s%02d%s" % (country, check, account)
    if R.random() < 0.5:
        text = " ".join(text[i:i + 4] for i in range(0, len(text), 4))
    return text


def no_card(length, head=""):
    """A number that is no card: with a card's first digit it fails Luhn."""
    text = head + digits(length - len(head))
    if is_luhn(text):
        text = text[:-1] + str((int(text[-1]) + R.randint(1, 9)) % 10)
    return text


def ean13():
    body = R.choice(["400", "401", "520", "690", "871", "978", "501", "36"])
    body += digits(12 - len(body))
    text = body + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10)
    return ean13() if is_luhn(text) else text


def imei():
    body = R.choice(["35", "86", "01"]) + digits(12)
    return body + luhn_digit(body)


# ------------------------------------------------------------------ people

FIRST = [
    "ana", "li.wei", "o.brien", "jonas", "marie-claire", "tomasz", "b.okafor", "sven", "ines", "yuki", "aysel", "m_kovacs", "zoe",
    "pedro", "ANNA", "Karl.Heinz", "ravi", "nora", "k.lindqvist", "Fatima", "hugo.martin", "e.v.d.berg"
]
DOMAINS = [
    "school.example", "mail.example.org", "uni.example.co.uk", "example.com", "gym-nord.example", "dept.math.uni.example.edu",
    "a.b.c.example.net", "example.io", "lycee-hugo.example.fr", "xn--mnchen-3ya.example", "bücher.example", "EXAMPLE.ORG",
    "schule24.example.de", "mx1.example.museum"
]


def email():
    local = R.choice(FIRST) + R.choice(
        ["", "", "", number(1, 99), "+" + R.choice(["timetable", "tag", "2026", "no-reply"]), ".x", "_" + digits(2)])
    return local + "@" + R.choice(DOMAINS)


def phone_international():
    return R.choice([
        lambda: "+1%s%s%s" % (number(201, 989), number(200, 999), digits(4)),
        lambda: "+1 (%s) %s-%s" % (number(201, 989), number(200, 999), digits(4)),
        lambda: "+1-%s-%s-%s" % (number(201, 989), number(200, 999), digits(4)),
        lambda: "+1.%s.%s.%s" % (number(201, 989), number(200, 999), digits(4)),
        lambda: "+44 20 7946 0%s" % digits(3),
        lambda: "+44 7700 900%s" % digits(3),
        lambda: "+447700900%s" % digits(3),
        lambda: "+49 30 %s" % digits(8),
        lambda: "+49 (0)89 %s" % digits(7),
        lambda: "+491%s%s" % (number(51, 79), digits(8)),
        lambda: "+49-171-%s" % digits(7),
        lambda: "+33 6 %s %s %s %s" % (digits(2), digits(2), digits(2), digits(2)),
        lambda: "+331%s" % digits(8),
        lambda: "+34 6%s %s %s" % (digits(2), digits(3), digits(3)),
        lambda: "+349%s" % digits(8),
        lambda: "+39 06 %s %s" % (digits(4), digits(4)),
        lambda: "+39 3%s %s" % (digits(2), digits(7)),
        lambda: "+31 6 %s" % digits(8),
        lambda: "+31 20 %s %s" % (digits(3), digits(4)),
        lambda: "+41 79 %s %s %s" % (digits(3), digits(2), digits(2)),
        lambda: "+43 664 %s" % digits(7),
        lambda: "+48 %s %s %s" % (number(501, 799), digits(3), digits(3)),
        lambda: "+46 70 %s %s %s" % (digits(3), digits(2), digits(2)),
        lambda: "+91 98%s %s" % (digits(3), digits(5)),
        lambda: "+81 90-%s-%s" % (digits(4), digits(4)),
        lambda: "+55 11 9%s-%s" % (digits(4), digits(4)),
        lambda: "+61 4%s %s %s" % (digits(2), digits(3), digits(3)),
    ])()


def phone_national():
    return R.choice([
        lambda: "(%s) %s-%s" % (number(201, 989), number(200, 999), digits(4)),
        lambda: "%s-%s-%s" % (number(201, 989), number(200, 999), digits(4)),
        lambda: "%s.%s.%s" % (number(201, 989), number(200, 999), digits(4)),
        lambda: "020 7946 0%s" % digits(3),
        lambda: "07700 900%s" % digits(3),
        lambda: "0161 496 0%s" % digits(3),
        lambda: "(01632) 960%s" % digits(3),
        lambda: "030 %s" % digits(8),
        lambda: "030/%s" % digits(8),
        lambda: "0171 %s" % digits(7),
        lambda: "0176-%s" % digits(8),
        lambda: "089 %s %s" % (digits(4), digits(3)),
        lambda: "06 %s %s %s %s" % (digits(2), digits(2), digits(2), digits(2)),
        lambda: "01.%s.%s.%s.%s" % (digits(2), digits(2), digits(2), digits(2)),
        lambda: "6%s %s %s" % (digits(2), digits(3), digits(3)),
        lambda: "91%s %s %s %s" % (R.choice(DIGITS), digits(2), digits(2), digits(2)),
        lambda: "06 %s %s" % (digits(4), digits(4)),
        lambda: "347 %s" % digits(7),
        lambda: "06-%s" % digits(8),
        lambda: "020 %s %s" % (digits(3), digits(4)),
        lambda: "010-%s" % digits(7),
    ])()


# ------------------------------------------------------------------ passwords

WORDS = [
    "Herbst", "Sommer", "dragon", "monkey", "Fussball", "sunshine", "Welcome", "letmein", "tiger", "Mathe", "Turnhalle", "galaxy",
    "Pfannkuchen", "chocolat", "Segovia", "iloveyou", "trustno", "shadow", "princess", "Bochum"
]


def password(room="bare"):
    """`bare`: no sign that ends a value in any format. `signs`: more of them. `quoted`: blanks, too; no quotes, no backslash."""
    plain = [
        lambda: R.choice(WORDS) + digits(R.randint(2, 4)),
        lambda: R.choice(WORDS) + "_" + digits(3),
        lambda: mixed(8, 12),
        lambda: mixed(14, 28),
        lambda: digits(R.randint(6, 9)),
        lambda: R.choice(WORDS).lower() + "-" + R.choice(WORDS).lower() + digits(1),
        lambda: mixed(5) + "." + mixed(6),
        lambda: R.choice(WORDS).upper() + digits(4),
        lambda: hexa(R.choice([16, 32])),
    ]
    signs = [
        lambda: R.choice(WORDS) + digits(2) + R.choice(["!", "!!", "#1", "*", "~", "+", "^2"]),
        lambda: mixed(4) + R.choice("!#*+~^") + mixed(5),
        lambda: mixed(3) + "@" + mixed(5),
        lambda: mixed(4) + "$" + mixed(4),
        lambda: mixed(4) + "%" + mixed(5),
        lambda: mixed(5) + "/" + mixed(4),
        lambda: mixed(6) + "==",
        lambda: R.choice(["pässwort", "contraseña", "Grüße", "motdepasse-été", "пароль", "密码"]) + digits(3),
    ]
    quoted = [
        lambda: "%s %s %s" % (R.choice(WORDS), R.choice(WORDS).lower(), R.choice(WORDS) + digits(2)),
        lambda: mixed(5) + " " + mixed(5),
        lambda: mixed(4) + "&" + mixed(4),
        lambda: mixed(4) + ";" + mixed(4),
        lambda: mixed(4) + "," + mixed(5),
        lambda: mixed(4) + "=" + mixed(5),
        lambda: mixed(4) + "}" + mixed(4),
        lambda: mixed(4) + ")" + mixed(4) + "]",
        lambda: mixed(4) + "<" + mixed(4),
        lambda: mixed(4) + ": " + mixed(4),
    ]
    return R.choice(plain if room == "bare" or R.random() < 0.5 else signs if room == "signs" or R.random() < 0.5 else quoted)()


def key():
    """What a program hands out as a key or token."""
    return R.choice([
        lambda: mixed(20, 40), lambda: hexa(R.choice([32, 40, 64])), uuid, lambda: base64_of(R.choice([24, 32]), True),
        lambda: mixed(24, 32, "-_"), lambda: mixed(8) + "." + mixed(24)
    ])()


# ------------------------------------------------------------------ names of fields

PREFIXES = [
    "db", "smtp", "redis", "admin", "user", "new", "old", "current", "root", "ldap", "proxy", "app", "service", "my", "target",
    "mysql", "oauth", "idp", "sftp", "backup", "portal", "timetable"
]
SECRET_WORDS = [  # words, what kind of value, whether a prefix fits
    ("password", "password", True),
    ("password", "password", True),
    ("passwd", "password", True),
    ("pwd", "password", True),
    ("passphrase", "password", True),
    ("secret", "key", True),
    ("client secret", "key", False),
    ("api key", "key", True),
    ("access token", "key", False),
    ("refresh token", "key", False),
    ("auth token", "key", True),
    ("token", "key", True),
    ("id token", "key", False),
    ("csrf token", "key", False),
    ("session token", "key", False),
    ("session id", "key", False),
    ("private key", "key", True),
    ("secret key", "key", True),
    ("encryption key", "key", False),
    ("signing key", "key", False),
    ("webhook secret", "key", False),
    ("shared secret", "key", False),
    ("api token", "key", True),
    ("api secret", "key", False),
    ("bearer token", "key", False),
    ("password confirmation", "password", False),
    ("confirm password", "password", False),
    ("secret access key", "key", False),
    ("master password", "password", False),
]
NUMBER_WORDS = [("pin", "pin", False), ("cvv", "cvv", False), ("cvc", "cvv", False), ("ssn", "ssn", False),
                ("card pin", "pin", False), ("user pin", "pin", False), ("security code", "cvv", False)]
ENV_NAMES = [
    "PGPASSWORD",
    "MYSQL_PWD",
    "MYSQL_ROOT_PASSWORD",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "RABBITMQ_DEFAULT_PASS",
    "DB_PASS",
    "SMTP_PASS",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "CI_JOB_TOKEN",
    "NPM_TOKEN",
    "SLACK_BOT_TOKEN",
    "DJANGO_SECRET_KEY",
    "SECRET_KEY_BASE",
    "RAILS_MASTER_KEY",
    "JWT_SECRET",
    "SESSION_SECRET",
    "COOKIE_SECRET",
    "ENCRYPTION_KEY",
    "SENDGRID_API_KEY",
    "STRIPE_SECRET_KEY",
    "MAILGUN_API_KEY",
    "TWILIO_AUTH_TOKEN",
    "DD_API_KEY",
    "SENTRY_AUTH_TOKEN",
    "CLOUDFLARE_API_TOKEN",
    "VAULT_TOKEN",
    "CONSUL_HTTP_TOKEN",
    "SONAR_TOKEN",
    "OPENAI_API_KEY",
    "HF_TOKEN",
    "AZURE_CLIENT_SECRET",
    "ARM_CLIENT_SECRET",
    "ELASTIC_PASSWORD",
    "LOGSTASH_SYSTEM_PASSWORD",
    "GF_SECURITY_ADMIN_PASSWORD",
    "MINIO_SECRET_KEY",
    "LDAP_BIND_PASSWORD",
    "MAIL_PASSWORD",
    "BORG_PASSPHRASE",
    "RESTIC_PASSWORD",
    "GPG_PASSPHRASE",
    "MONGO_INITDB_ROOT_PASSWORD",
    "WORDPRESS_DB_PASSWORD",
    "NEXTAUTH_SECRET",
    "OKTA_API_TOKEN",
]
HEADER_NAMES = [
    "X-Api-Key", "X-Auth-Token", "X-Vault-Token", "Private-Token", "X-CSRF-Token", "X-Amz-Security-Token", "X-Access-Token",
    "X-Goog-Api-Key", "X-Session-Token", "X-Shopify-Access-Token", "X-Client-Secret", "Api-Key", "X-Refresh-Token",
    "X-Webhook-Secret"
]


def styled(words, style):
    words = words.split()
    return {
        "snake": "_".join(words),
        "kebab": "-".join(words),
        "camel": words[0] + "".join(w.title() for w in words[1:]),
        "pascal": "".join(w.title() for w in words),
        "upper": "_".join(words).upper(),
        "header": "-".join(w.title() for w in words),
        "dotted": ".".join(words),
        "spaced": " ".join(words).capitalize(),
    }[style]


def with_parts(secret):
    """A secret and, where signs stand in it, its parts that are long enough to give something away."""
    parts = [part for part in re.split(r"\\.|%[0-9A-F]{2}|\W", secret) if len(part) >= 5]
    return [secret] + [part for part in parts if part != secret and not re.fullmatch(r"[a-z]+", part)]


def named(styles=("snake", "snake", "camel", "kebab", "upper", "pascal", "header"), room="bare"):
    """A sensitive name and a value as it has one."""
    words, what, takes_prefix = R.choice(NUMBER_WORDS if R.random() < 0.08 else SECRET_WORDS)
    if takes_prefix and R.random() < 0.5:
        words = R.choice(PREFIXES) + " " + words
    style = R.choice(styles)
    name = styled(words, style)
    if style in ("snake", "camel", "upper") and what == "password" and R.random() < 0.06:
        name += R.choice(["2", "_1"] if style != "camel" else ["2"])
    return name, value_of(what, room)


def value_of(what, room="bare"):
    return {
        "password": lambda: password(room), "key": lambda: key()
        if R.random() < 0.7 else password(room), "pin": lambda: digits(R.choice([4, 6])), "cvv": lambda: digits(R.choice([3, 4])),
        "ssn": lambda: "%s-%s-%s" % (number(101, 665), number(10, 99), number(1000, 9999))
    }[what]()


# ------------------------------------------------------------------ tokens


def segment(value):
    data = value if isinstance(value, bytes) else json.dumps(value, separators=R.choice([(",", ":"), (", ", ": ")])).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwt():
    algorithm, size = R.choice([("HS256", 32), ("HS384", 48), ("HS512", 64), ("RS256", 256), ("ES256", 64), ("EdDSA", 64),
                                ("none", 0)])
    head = R.choice([{"alg": algorithm, "typ": "JWT"}, {"typ": "JWT", "alg": algorithm}, {"alg": algorithm, "kid": hexa(8)},
                     {"alg": algorithm, "typ": "at+jwt", "kid": mixed(10)}, {"alg": algorithm}])
    body = R.choice([{"sub": mixed(10), "iat": R.randint(10**9, 2 * 10**9)},
                     {"iss": "https://id.school.example", "aud": "timetable", "exp": R.randint(10**9, 2 * 10**9)},
                     {"uid": R.randint(1, 9999), "roles": ["teacher", "admin"],
                      "exp": R.randint(10**9, 2 * 10**9)}, {"jti": uuid(), "sub": "svc-export"}])
    return "%s.%s.%s" % (segment(head), segment(body), segment(bytes(R.getrandbits(8) for _ in range(size))))


def with_crc(prefix):
    """30 random signs and six that are their CRC-32 in base 62, as some vendors do it."""
    body, crc, tail = chars(WORD, 30), 0, ""
    crc = zlib.crc32(body.encode())
    alphabet = DIGITS + string.ascii_uppercase + string.ascii_lowercase
    for _ in range(6):
        crc, rest = divmod(crc, 62)
        tail = alphabet[rest] + tail
    return prefix + body + tail


TOKENS = {
    "aws_access_key": [lambda: "AKIA" + chars(BASE32, 16), lambda: "ASIA" + chars(BASE32, 16)],
    "github_token": [
        lambda: with_crc("ghp_"), lambda: with_crc("gho_"), lambda: with_crc("ghu_"), lambda: with_crc("ghs_"),
        lambda: with_crc("ghr_"), lambda: "github_pat_11" + chars(UPPER, 20) + "_" + chars(WORD, 59)
    ],
    "gitlab_token": [
        lambda: "glpat-" + mixed(20, 20, "-_"), lambda: "gldt-" + mixed(20), lambda: "glrt-" + mixed(20),
        lambda: "glptt-" + hexa(40), lambda: "glft-" + mixed(20), lambda: "gloas-" + hexa(64)
    ],
    "slack_token": [
        lambda: "xoxb-%s-%s-%s" % (digits(12), digits(13), mixed(24)), lambda: "xoxp-%s-%s-%s-%s" %
        (digits(12), digits(12), digits(13), hexa(32)), lambda: "xapp-1-A%s-%s-%s" % (chars(UPPER, 10), digits(13), hexa(64)),
        lambda: "xoxa-2-%s-%s-%s" % (digits(11), digits(12), hexa(32)), lambda: "xoxe-1-" + mixed(100, 120)
    ],
    "slack_webhook": [
        lambda: "https://hooks.slack.com/services/T%s/B%s/%s" % (chars(UPPER, 8, 10), chars(UPPER, 8, 10), mixed(24))
    ],
    "stripe_key": [
        lambda: "sk_live_" + mixed(24), lambda: "sk_test_" + mixed(24), lambda: "rk_live_" + mixed(24),
        lambda: "sk_live_51" + mixed(97), lambda: "whsec_" + mixed(32)
    ],
    "google_api_key": [
        lambda: "AIzaSy" + mixed(33, 33, "-_"), lambda: "GOCSPX-" + mixed(28, 28, "-_"),
        lambda: "ya29.a0" + mixed(120, 160, "-_"), lambda: "AIzaSy" + mixed(33)
    ],
    "azure_key": [lambda: mixed(3) + "8Q~" + mixed(34, 34, "-_~."), lambda: mixed(3) + "7Q~" + mixed(31, 31, "-_~")],
    "npm_token": [lambda: with_crc("npm_")],
    "pypi_token": [
        lambda: "pypi-AgEIcHlwaS5vcmc" + mixed(70, 150, "-_"), lambda: "pypi-AgENdGVzdC5weXBpLm9yZw" + mixed(70, 130, "-_")
    ],
    "openai_key": [
        lambda: "sk-" + mixed(20) + "T3BlbkFJ" + mixed(20),
        lambda: "sk-proj-" + mixed(58, 74, "-_") + "T3BlbkFJ" + mixed(58, 74, "-_"),
        lambda: "sk-svcacct-" + mixed(58, 74, "-_") + "T3BlbkFJ" + mixed(20)
    ],
    "anthropic_key": [
        lambda: "sk-ant-api03-" + mixed(93, 93, "-_") + "AA", lambda: "sk-ant-admin01-" + mixed(93, 93, "-_") + "AA"
    ],
    "sendgrid_key": [lambda: "SG.%s.%s" % (mixed(22, 22, "-_"), mixed(43, 43, "-_"))],
    "twilio_key": [lambda: "SK" + hexa(32)],
    "vendor_token": [
        lambda: "dop_v1_" + hexa(64),
        lambda: "hf_" + chars(LETTERS, 34),
        lambda: "shpat_" + hexa(32),
        lambda: "hvs." + mixed(92, 100, "-_"),
        lambda: "dckr_pat_" + mixed(27, 27, "-_"),
        lambda: "glsa_" + mixed(32) + "_" + hexa(8),
        lambda: "key-" + hexa(32),
        lambda: hexa(32) + "-us" + number(1, 21),
        lambda: digits(10) + ":AA" + mixed(33, 33, "-_"),
        lambda: "sq0csp-" + mixed(43, 43, "-_"),
        lambda: "NRAK-" + chars(UPPER, 27),
        lambda: "lin_api_" + mixed(40),
        lambda: "figd_" + mixed(40, 40, "-_"),
        lambda: "PMAK-" + hexa(24) + "-" + hexa(34),
        lambda: "dp.pt." + mixed(43),
        lambda: "dapi" + hexa(32),
        lambda: "rubygems_" + hexa(48),
        lambda: "https://discord.com/api/webhooks/%s/%s" % (digits(18), mixed(68, 68, "-_")),
        lambda: "ATATT3xFfGF0" + mixed(180, 184, "-_") + "=" + hexa(8).upper(),
        lambda: "ntn_" + mixed(46),
        lambda: "xkeysib-" + hexa(64) + "-" + mixed(16),
        lambda: "AGE-SECRET-KEY-1" + chars("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
        lambda: "pul-" + hexa(40),
    ],
}


def key_block():
    """A private key's block, with what of it must not be seen again."""
    newline = R.choice(["\n", "\n", "\n", "\\n", "\\n", "\\\\n", "\r\n", "\\r\\n", " "])
    label = R.choice([
        "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "DSA PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK"
    ])
    body = [base64_of(48) for _ in range(R.randint(2, 4))] + [base64_of(R.choice([16, 22, 31]))]
    lines = list(body)
    if label.startswith("PGP"):
        lines = [""] + lines + ["=" + mixed(4)]
    elif label in ("RSA PRIVATE KEY", "EC PRIVATE KEY") and R.random() < 0.3:
        lines = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC," + hexa(32).upper(), ""] + lines
    if R.random() < 0.2:
        lines[-1] = lines[-1][:12]  # a program's limit cut it, END and all
        body[-1] = lines[-1]
        end = ""
    else:
        end = newline + "-----END %s-----" % label
    text = "-----BEGIN %s-----" % label + newline + newline.join(lines) + end
    return text, [line for line in body if len(line) >= 16]
