"""The elasticsearch output over TLS: whom it trusts, and what it shows of itself."""
import gzip
import hashlib
import http.server
import json
import ssl
import subprocess
import threading

import pytest

from support import wait_for

CONFIG = """
input { generator { count => 3 message => "x" } }
output { elasticsearch { hosts => ["%s"] index => "tls" manage_template => false
  retry_initial_interval => 1 resurrect_delay => 1 %s } }
"""


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.server.documents += body.count(b"\n") // 2
        self.server.seen.append((self.headers["Authorization"], self.connection.version(), self.connection.cipher()[0]))
        answer = json.dumps({"errors": False}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


def openssl(*args, cwd):
    return subprocess.run(["openssl", *args], cwd=cwd, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """ca.pem; server.pem/.key for localhost; client.pem/.key, all signed by the CA; other.pem: another CA."""
    folder = tmp_path_factory.mktemp("certificates")
    for ca in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", ca + ".key", "-out", ca + ".pem", "-days", "2",
                "-subj", "/CN=" + ca, cwd=folder)
    for name, subject in (("server", "localhost"), ("client", "client")):
        (folder / "ext").write_text("subjectAltName=DNS:" + subject)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
                "-subj", "/CN=" + subject, cwd=folder)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "ext", "-out", name + ".pem", cwd=folder)
    openssl("pkey", "-in", "client.key", "-aes256", "-passout", "pass:key's own", "-out", "locked.key", cwd=folder)
    # A server shows its authority too, as Elasticsearch's own set-up has it; fingerprints rest on that.
    (folder / "chain.pem").write_text((folder / "server.pem").read_text() + (folder / "ca.pem").read_text())
    return folder


def serve(folder, wants_client=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(folder / "chain.pem"), str(folder / "server.key"))
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(folder / "ca.pem"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.documents, server.seen = 0, []
    server.handle_error = lambda *args: None  # handshakes that fail are the tests' subject
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def fingerprint(folder, name):
    der = openssl("x509", "-in", name + ".pem", "-outform", "DER", cwd=folder)
    return hashlib.sha256(der).hexdigest()


TRUSTED = [
    ("ssl_certificate_authorities => '{0}/ca.pem'", "localhost"),
    ("cacert => '{0}/ca.pem' ssl_supported_protocols => ['TLSv1.2']", "localhost"),
    ("ssl_certificate_authorities => ['{0}/other.pem', '{0}/ca.pem']", "localhost"),
    ("ca_trusted_fingerprint => '{1}'", "localhost"),
    # Neither is what both sides would agree on by themselves.
    ("ssl_certificate_authorities => '{0}/ca.pem' ssl_supported_protocols => ['TLSv1.2'] "
     "ssl_cipher_suites => ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-GCM-SHA256']", "localhost"),
    ("ssl_certificate_authorities => '{0}/ca.pem' ssl_cipher_suites => 'TLS_AES_128_GCM_SHA256'", "localhost"),
    ("ssl_verification_mode => none", "127.0.0.1"),
    ("ssl_certificate_verification => false", "127.0.0.1"),
]
REFUSED = [
    ("", "localhost"),
    ("ssl_certificate_authorities => '{0}/other.pem'", "localhost"),
    ("ssl_certificate_authorities => '{0}/ca.pem'", "127.0.0.1"),
    ("ca_trusted_fingerprint => '{2}'", "localhost"),
    ("ca_trusted_fingerprint => '{1}'", "127.0.0.1"),
]


def fill(options, folder):
    return options.format(folder, fingerprint(folder, "ca"), fingerprint(folder, "other"))


@pytest.mark.parametrize("options, host", TRUSTED)
def test_delivers_to_whom_it_trusts(logchute, certificates, options, host):
    server = serve(certificates)
    url = "https://%s:%d" % (host, server.server_port)
    logchute(CONFIG % (url, fill(options, certificates)))
    wait_for(lambda: server.documents == 3, 20, "three documents")
    if "TLSv1.2" in options:
        assert {version for _, version, _ in server.seen} == {"TLSv1.2"}
    if "ssl_cipher_suites" in options:
        assert {cipher for _, _, cipher in server.seen} == {options.rsplit("'", 2)[1]}
    server.shutdown()


@pytest.mark.parametrize("options, host", REFUSED)
def test_keeps_its_documents_from_others(logchute, certificates, options, host):
    server = serve(certificates)
    url = "https://%s:%d" % (host, server.server_port)
    chute = logchute(CONFIG % (url, fill(options, certificates)))
    wait_for(lambda: chute.said("the node does not answer"), 20, "the complaint")
    assert server.documents == 0
    server.shutdown()


@pytest.mark.parametrize("names", [
    "ssl_certificate => '{0}/client.pem' ssl_key => '{0}/client.key'",
    "tls_certificate => '{0}/client.pem' tls_key => '{0}/client.key'",
    "ssl_certificate => '{0}/client.pem' ssl_key => '{0}/locked.key' ssl_key_passphrase => \"key's own\"",
])
def test_shows_its_certificate_and_its_key(logchute, certificates, names):
    server = serve(certificates, wants_client=True)
    url = "https://localhost:%d" % server.server_port
    options = "ssl_certificate_authorities => '{0}/ca.pem' api_key => 'id:key' " + names
    logchute(CONFIG % (url, fill(options, certificates)))
    wait_for(lambda: server.documents == 3, 20, "three documents")
    assert {authorization for authorization, _, _ in server.seen} == {"ApiKey aWQ6a2V5"}
    server.shutdown()


@pytest.mark.parametrize("options, why", [
    ("ssl_certificate => '{0}/client.pem' ssl_key => '{0}/locked.key' ssl_key_passphrase => 'wrong'", "ssl_key_passphrase does not open it"),
    ("ssl_certificate => '{0}/client.pem' ssl_key => '{0}/locked.key'", "ssl_key_passphrase does not open it"),
    ("ssl_certificate => '{0}/client.pem' ssl_key => '{0}/client.pem'", "no private key in PEM form"),
    ("ssl_certificate => '{0}/client.pem' ssl_key => '{0}/server.key'", "not the key of ssl_certificate"),
    ("ssl_certificate => '{0}/client.key' ssl_key => '{0}/client.key'", "no certificate in PEM form in this file"),
    ("ssl_certificate_authorities => '{0}/client.key'", "no certificate in PEM form in these files"),
])
def test_files_that_no_connection_can_be_made_with(binary, certificates, tmp_path, options, why):
    """They are told of at the start, with their place, and nobody is asked for a passphrase."""
    config = CONFIG % ("https://localhost:1", fill(options, certificates))
    done = subprocess.run([binary, "-e", config, "--path.data", str(tmp_path / "data")], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("config error: config.string:") and why in done.stderr, done.stderr
