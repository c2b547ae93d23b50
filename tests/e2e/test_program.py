"""The program itself: flags, files, settings, messages, exit codes, signals."""
import json
import os
import re
import select
import signal
import subprocess
import time

import pytest

from support import ROOT, assert_balanced, free_port, plugin_counters, send_tcp, wait_for

STDOUT = "output { stdout { codec => line { format => '%{message}' } } }"


class Done:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.err

    def last(self):
        return json.loads(self.err.splitlines()[-1])


@pytest.fixture
def run(binary, tmp_path):
    """Runs the program to its end in a folder of its own: run(*arguments, env={}, stdin="")."""
    def go(*args, env=None, stdin="", data=True):
        where = ["--path.data", str(tmp_path / "data")] if data else []
        return Done(subprocess.run([binary, *where, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, timeout=60, cwd=str(tmp_path), env=dict(os.environ, **(env or {}))))
    return go


def generator(message, count=1):
    return "input { generator { message => '%s' count => %d } }" % (message, count)


# ------------------------------------------------------------------ where the configuration comes from


def test_config_string(run):
    done = run("-e", generator("hello", 2) + STDOUT)
    assert (done.code, done.out) == (0, "hello\nhello\n")


def test_config_string_has_standard_input_and_output(run):
    done = run("-e", "filter { mutate { uppercase => ['message'] } }", stdin="one\ntwo")
    assert done.code == 0
    assert '"message" => "ONE"' in done.out and '"message" => "TWO"' in done.out


def test_file_folder_and_glob(run, tmp_path):
    """Files are joined in the order of their names, as if they were one; what an editor left behind is none."""
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (folder / "30-out.conf").write_text(STDOUT)
    (folder / "10-in.conf").write_text(generator("x"))
    for name, letter in (("21-b.conf", "b"), ("20-a.conf", "a"), ("22-c.conf", "c")):
        (folder / name).write_text("filter { mutate { update => { 'message' => '%%{message}%s' } } }\n" % letter)
    (folder / "23-old.conf~").write_text("this is { no configuration")
    for path in (folder, str(folder) + "/", folder / "*.conf", folder / "{10,20,21,22,30}*"):
        done = run("-f", str(path))
        assert (done.code, done.out) == (0, "xabc\n"), (path, done.err)
    single = tmp_path / "all.conf"
    single.write_text("".join((folder / name).read_text() + "\n" for name in sorted(os.listdir(folder)) if name[-1] != "~"))
    assert run("-f", str(single)).out == "xabc\n"


def test_sections_of_one_kind_in_any_order(run):
    done = run("-e", STDOUT + "filter { mutate { add_tag => ['a'] } }" + generator("1") + "filter { if 'a' in [tags] {"
               " mutate { replace => { 'message' => 'tagged' } } } }" + generator("2"))
    assert (done.code, done.out) == (0, "tagged\ntagged\n")


def test_windows_line_ends(run, tmp_path):
    config = tmp_path / "crlf.conf"
    config.write_bytes((generator("w") + "\n# a comment\nfilter {\n  mutate {\n    add_field => {\n      'a' => 'b'\n"
                        "      'c' => 'd'\n    }\n  }\n}\n" + STDOUT.replace("%{message}", "%{a}%{c}")).replace("\n", "\r\n").encode())
    done = run("-f", str(config))
    assert (done.code, done.out) == (0, "bd\n"), done.err


def test_byte_order_mark_and_no_last_line_end(run, tmp_path):
    config = tmp_path / "bom.conf"
    config.write_bytes(b"\xef\xbb\xbf" + (generator("w") + STDOUT).encode())
    done = run("-f", str(config))
    assert (done.code, done.out) == (0, "w\n"), done.err


def test_variables(run):
    config = "input { generator { message => '${WORD:none} ${OTHER:default}' count => '${N}' } }" + STDOUT
    done = run("-e", config, env={"WORD": "given", "N": "2"})
    assert (done.code, done.out) == (0, "given default\n" * 2), done.err
    done = run("-e", config, env={"WORD": "given"})
    assert done.code == 1 and done.out == ""
    assert len(re.findall("^config error", done.err, re.M)) == 1 and "N" in done.err, done.err


# ------------------------------------------------------------------ errors


def test_all_errors_of_a_run_are_shown(run, tmp_path):
    first, second = tmp_path / "1.conf", tmp_path / "2.conf"
    first.write_text("input {\n  generatr { cuont => 1 }\n  tcp { prot => 5000 }\n}\n")
    second.write_text("# ä\nfilter { mutate { ad_field => { } }\n  if [a == 1 { drop { } }\n}\n"
                      "output { stdout { codec => jsn } udp { } }\n")
    for test_only in ([], ["-t"]):
        done = run("-f", str(tmp_path / "*.conf"), *test_only)
        assert (done.code, done.out) == (1, "")
        places = re.findall(r"^(syntax|config) error: (\S+?):(\d+):(\d+): ", done.err, re.M)
        assert ("config", str(first), "2", "3") in places
        assert ("config", str(first), "3", "9") in places
        assert ("config", str(second), "2", "19") in places
        assert ("syntax", str(second), "3", "7") in places
        assert ("config", str(second), "5", "28") in places
        assert ("config", str(second), "5", "34") in places
        for name in ("generator", "port", "add_field", "json"):
            assert 'did you mean "%s"?' % name in done.err, name
        lines = done.err.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("config error: %s:2:3:" % first))
        assert lines[at + 1].endswith("  generatr { cuont => 1 }")
        assert lines[at + 2].index("^") - lines[at + 1].index("generatr") == 0
    assert not (tmp_path / "data").exists(), "nothing is made before the configuration is right"


def test_a_wrong_name_hides_no_wrong_value(run):
    """What a plugin refuses of its values is said beside the names that it does not know."""
    done = run("-t", "-e", "input { stdin { codec => multiline { pattern => '(' what => next charset => 'UTF-9' negat => true } } } filter {"
               " date { match => ['a', 'QQQQ'] timezon => 'x' } } output { stdout { codec => dots formt => 'x' } }")
    assert (done.code, done.out) == (1, "")
    errors = [line.split(": ", 2)[2] for line in done.err.splitlines() if line.startswith("config error: ")]
    for error, words in zip(errors, ("no regular expression", "character set", 'no option "negat"', "QQQQ", 'no option "timezon"',
                                     'no option "formt"'), strict=True):
        assert words in error


@pytest.mark.parametrize("config,column", [
    ("input { stdin { }", 18), ("input { stdin { } } output", 27), ("inptu { }", 1), ("input { stdin { port > 1 } }", 22),
    ("input { stdin { type => 'a } }", 25), ("filter { if [a] =~ /b { drop { } } }", 20), ("filter { if { drop { } } }", 13),
    ("filter { } }", 12), ("filter { else { } }", 10), ("input { stdin { type => [1, 2 } }", 31), ("\0", 1),
    ("filter { if [a] { drop { } } elsif [b] { } }", 36)])
def test_syntax_errors(run, tmp_path, config, column):
    path = tmp_path / "wrong.conf"
    path.write_text(config)
    done = run("-f", str(path))
    assert (done.code, done.out) == (1, "")
    first = done.err.splitlines()[0]
    assert re.match(r"(syntax|config) error: %s:1:\d+: " % re.escape(str(path)), first), done.err
    assert ":1:%d: " % column in first, done.err


@pytest.mark.parametrize("args,words", [
    (["--pipeline.worker", "2"], ["unknown flag --pipeline.worker", "pipeline.workers"]),
    (["-Q"], ["unknown flag -Q"]),
    (["-w", "many"], ["-w"]), (["-w", "0"], ["-w"]), (["-b"], ["-b needs a value"]),
    (["--log.level", "loud"], ["--log.level", "info"]), (["--pipeline.ordered", "maybe"], ["--pipeline.ordered", "auto"]),
    (["--config.reload.automatic"], ["reload"]), (["--queue.type", "persisted"], ["persisted"]),
    (["stray"], ["stray"]), (["-f", "x.conf"], ["-e", "-f"]), (["--pipeline.ordered", "true", "-w", "2"], ["pipeline.ordered"]),
])
def test_wrong_flags(run, args, words):
    done = run("-e", generator("x") + STDOUT, *args)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("config error: ") and all(word in done.err for word in words), done.err


def test_no_configuration(run):
    done = run()
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("config error: no configuration is named"), done.err


def test_files_that_are_not_there(run, tmp_path):
    done = run("-f", str(tmp_path / "none.conf"))
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1 and "none.conf: there is no such file" in done.err, done.err


@pytest.mark.parametrize("config, words", [
    ("input { stdin { codec => dots } } output { null { } }", 'input "stdin": codec "dots" does not read'),
    ("input { udp { port => 1 codec => rubydebug { metadata => true } } } output { null { } }",
     'input "udp": codec "rubydebug" does not read'),
    ("input { stdin { } } output { stdout { codec => multiline { pattern => '^ ' what => previous } } }",
     'output "stdout": codec "multiline" does not write'),
    ("input { stdin { } } output { file { path => '/x' codec => multiline { pattern => '^ ' what => next } } }",
     'output "file": codec "multiline" does not write')])
def test_codecs_that_go_one_way(run, config, words):
    done = run("-e", config)
    assert (done.code, done.out) == (1, "")
    column = len(config.partition("codec => ")[0]) + len("codec => ") + 1
    assert done.err.startswith("config error: config.string:1:%d: %s" % (column, words)), done.err


def test_errors_in_json(run):
    """Where the log is JSON, what is wrong with the configuration is, too."""
    done = run("-e", "input { tcp { prot => 1 } } output { stdout { } }", "--log.format", "json")
    assert (done.code, done.out) == (1, "")
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert [(line["level"], line["module"], line["line"], line["column"]) for line in lines] == [
        ("error", "config", "1", "9"), ("error", "config", "1", "15")]
    assert lines[1]["file"] == "config.string" and lines[1]["hint"] == 'did you mean "port"?'


def test_regular_expression_that_gives_up(run):
    """A text with too many ways to match is no match, is said once, and costs no hang."""
    text = json.dumps({"a": "a" * 40 + "!"}) + "\n"
    done = run("-e", "input { stdin { codec => json_lines } } filter { if [a] =~ /^(a+)+(b|c)+(a*)*$/ { drop { } } }"
               " output { stdout { codec => json_lines } }", stdin=text * 3)
    assert done.code == 0 and len(done.out.splitlines()) == 3
    assert done.err.count("gave up on 3 texts so far") == 1, done.err


def test_help_is_readable(run):
    done = run("--help")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 100, max(done.out.splitlines(), key=len)
    flags = [line[6:].split(" ", 1) for line in done.out.splitlines() if line[6:8] == "--"]
    assert "--pipeline.workers" in [flag for flag, _ in flags]
    assert len({len(line) - len(line[44:].lstrip()) for line in done.out.splitlines() if line[6:8] == "--"}) == 1, "one column"


def test_pipelines_yml_is_not_passed_over(run, tmp_path):
    (tmp_path / "pipelines.yml").write_text("- pipeline.id: a\n  path.config: /x\n")
    done = run("--path.settings", str(tmp_path))
    assert done.code == 1 and "pipelines.yml is not read yet" in done.err, done.err


def test_check_only(run, tmp_path, port):
    """-t finds a wrong value; a file that is missing, and a section that is missing, are none; nothing is opened."""
    done = run("-t", "-e", "input { tcp { port => %d codec => json { charset => 'none' } } }" % port)
    assert done.code == 1 and "charset" in done.err
    done = run("-t", "-e", "filter { drop { } }")
    assert (done.code, done.out) == (0, "") and "Configuration OK" in done.err
    assert not (tmp_path / "data").exists()
    missing = str(tmp_path / "none.json")
    config = "input { tcp { port => %d } } output { elasticsearch { template => '%s' } }" % (port, missing)
    done = run("-t", "-e", config)
    assert done.code == 0 and missing in done.err and "warning" in done.err.lower(), done.err
    done = run("-e", config)
    assert done.code == 1 and missing in done.err and "error" in done.err.lower(), done.err


# ------------------------------------------------------------------ settings


def test_version_and_help(run):
    for flags in (["--version"], ["-V"]):
        done = run(*flags)
        assert done.code == 0 and re.fullmatch(r"logchute \d+\.\d+\.\d+\n", done.out) and done.err == ""
    for flags in (["--help"], ["-h"], ["-h", "-f", "none"]):
        done = run(*flags)
        assert done.code == 0 and done.err == ""
        for flag in ("-f, --path.config", "-e, --config.string", "-w, --pipeline.workers", "--log.format", "--path.settings"):
            assert flag in done.out


def shown(run, *args, **kwargs):
    """What the start screen says of workers and batches."""
    done = run("-e", generator("x") + STDOUT, *args, **kwargs)
    assert (done.code, done.out) == (0, "x\n"), done.err
    return re.search(r"pipeline (\S+): (\d+) workers?, batches of (\d+), data in (\S+)", done.err).groups()


def test_settings_from_flag_variable_and_file(run, tmp_path):
    settings = tmp_path / "settings"
    settings.mkdir()
    assert shown(run, "-w", "3", "-b", "7")[1:3] == ("3", "7")
    assert shown(run, "-w3", "--pipeline.batch.size=8", "--pipeline.id", "other")[:3] == ("other", "3", "8")
    assert shown(run, env={"PIPELINE_WORKERS": "5", "PIPELINE_BATCH_SIZE": "9"})[1:3] == ("5", "9")
    (settings / "logstash.yml").write_text(
        "# a comment\npipeline:\n  workers: 6\n  batch:\n    size: ${SIZE:11}\npipeline.id: \"of-file\"\n"
        "path.data: %s\n" % (tmp_path / "elsewhere"))
    args = ["--path.settings", str(settings)]
    assert shown(run, *args, data=False) == ("of-file", "6", "11", str(tmp_path / "elsewhere"))
    assert shown(run, *args, env={"SIZE": "12"})[1:3] == ("6", "12")
    assert shown(run, *args, env={"PIPELINE_WORKERS": "5"})[1] == "5", "a variable wins over the file"
    assert shown(run, *args, "-w", "4", env={"PIPELINE_WORKERS": "5"})[1] == "4", "a flag wins over both"


def test_wrong_settings_file(run, tmp_path):
    (tmp_path / "logstash.yml").write_text("pipeline.workers: 2\npipeline.wrokers: 3\npipeline:\n  batch.size: many\n")
    done = run("--path.settings", str(tmp_path), "-e", generator("x") + STDOUT)
    assert (done.code, done.out) == (1, "")
    assert "logstash.yml:2:1: " in done.err and 'did you mean "pipeline.workers"?' in done.err
    assert "logstash.yml:4:15: " in done.err
    (tmp_path / "logstash.yml").write_text("pipeline: [\n")
    done = run("--path.settings", str(tmp_path), "-e", generator("x") + STDOUT)
    assert done.code == 1 and "logstash.yml:" in done.err


def test_settings_without_meaning_here(run, tmp_path):
    (tmp_path / "logstash.yml").write_text(
        "xpack.monitoring.enabled: true\nxpack.monitoring.elasticsearch.hosts: ['https://a:9200', 'https://b:9200']\n"
        "monitoring.cluster_uuid: abc\npath.logs: /var/log\npipeline.plugin_classloaders: true\nqueue.max_bytes: 1gb\n"
        "dead_letter_queue.storage_policy: drop_older\n")
    done = run("--path.settings", str(tmp_path), "-e", generator("x") + STDOUT, "--pipeline.java_execution", "true")
    assert (done.code, done.out) == (0, "x\n"), done.err
    for name in ("xpack.monitoring.enabled", "monitoring.cluster_uuid", "path.logs", "queue.max_bytes"):
        assert len(re.findall('^warning: .*"%s" has no effect' % re.escape(name), done.err, re.M)) == 1, done.err


def test_log_level_and_format(run):
    config = generator("x") + STDOUT
    done = run("-e", config, "--log.format", "json")
    assert all({"level", "timestamp", "module", "message"} <= json.loads(line).keys() for line in done.err.splitlines())
    assert run("-e", config, "--log.level", "error").err == ""
    assert "started" not in run("-e", config, "--quiet").err
    assert "started" in run("-e", config, "--log.level", "debug").err
    assert run("-e", config, env={"LOG_LEVEL": "fatal"}).err == ""


def test_standard_output_is_of_the_stdout_output(run, tmp_path):
    done = run("-e", generator("x", 3) + "output { null { } }", "--log.level", "trace")
    assert (done.code, done.out) == (0, "")
    assert "pipeline started" in done.err
    done = run("-e", generator("x", 1000) + "output { stdout { codec => json_lines } }", "--log.level", "trace")
    assert [json.loads(line)["message"] for line in done.out.splitlines()] == ["x"] * 1000


def test_start_screen(binary, tmp_path):
    """What listens where, and what goes where: once, for a person, and nobody's password in it."""
    tcp, udp, syslog, api = (free_port() for _ in range(4))
    config = tmp_path / "all.conf"
    config.write_text("""input {
  tcp { host => "127.0.0.1" port => %d codec => json_lines }
  tcp { mode => client host => "127.0.0.1" port => %d }
  udp { host => "127.0.0.1" port => %d }
  syslog { host => "127.0.0.1" port => %d }
  file { path => ["%s/a.log", "%s/b/*.log"] sincedb_path => "/dev/null" }
  generator { count => 1 }
}
filter { if [a] { drop { } } mutate { add_tag => "x" } }
output {
  if [nothing] {
    elasticsearch { hosts => ["http://ann:hunter2@127.0.0.1:1", "http://127.0.0.1:2/es"] index => "i" manage_template => false }
  }
  file { path => "%s/out-%%{+YYYY}.log" }
  sqlite { }
  if [nothing] { stdout { } }
  null { }
}
""" % (tcp, tcp, udp, syslog, tmp_path, tmp_path, tmp_path))
    args = [binary, "-f", str(config), "--path.data", str(tmp_path / "data"), "-w", "1", "--api.http.port", str(api)]
    screens = []
    for form in ("plain", "json"):
        process = subprocess.Popen([*args, "--log.format", form], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = []
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if "pipeline started" in line:
                break
        process.terminate()
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, ""), said
        screens.append(said)
    assert all(json.loads(line) for line in screens[1]), "no screen where machines read"
    begin = next(i for i, line in enumerate(screens[0]) if line.startswith("logchute "))
    screen = screens[0][begin:screens[0].index("", begin)]
    assert screen == [
        screen[0],
        "  in  <- tcp 127.0.0.1:%d (json_lines)" % tcp,
        "  in  <- tcp to 127.0.0.1:%d (line)" % tcp,
        "  in  <- udp 127.0.0.1:%d (plain)" % udp,
        "  in  <- syslog 127.0.0.1:%d, udp and tcp (plain)" % syslog,
        "  in  <- file %s/a.log, …" % tmp_path,
        "  in  <- generator",
        "  2 filters",
        "  out -> elasticsearch http://127.0.0.1:1 http://127.0.0.1:2/es",
        "  out -> file %s/out-%%{+YYYY}.log" % tmp_path,
        "  out -> sqlite %s/data/store/events.db" % tmp_path,
        "  out -> stdout",
        "  out -> null",
        "  api <-  http://127.0.0.1:%d/ (in a browser: the live page)" % api,
    ]
    assert re.fullmatch(r"logchute \S+  pipeline main: 1 worker, batches of 1000, data in %s/data" % tmp_path, screen[0])


# ------------------------------------------------------------------ order, start and stop


@pytest.mark.parametrize("flags", [["-w", "1"], ["--pipeline.ordered", "true"], ["-w", "1", "-b", "7"]])
def test_order(run, flags):
    lines = ["%06d" % i for i in range(20000)]
    config = "input { stdin { } } filter { if [message] =~ '5$' { mutate { add_tag => ['five'] } } else {" \
             " mutate { add_tag => ['other'] } } } " + STDOUT
    done = run("-e", config, *flags, stdin="\n".join(lines) + "\n")
    assert done.code == 0
    assert done.out.splitlines() == lines


def test_several_workers_lose_and_double_nothing(run):
    lines = ["%06d" % i for i in range(50000)]
    done = run("-e", "input { stdin { } } " + STDOUT, "-w", "4", "-b", "50", "--log.format", "json",
               stdin="\n".join(lines) + "\n")
    assert done.code == 0 and sorted(done.out.splitlines()) == lines
    assert assert_balanced(done.last())["pipeline"]["out"] == 50000


@pytest.mark.parametrize("settings, is_full_with_one", [("-b 1 --pipeline.batch.delay 60000", True),
                                                       ("-b 2 --pipeline.batch.delay 60000", False),
                                                       ("-b 1000 --pipeline.batch.delay 1", True)])
def test_batch_size_and_delay(binary, tmp_path, settings, is_full_with_one):
    """A batch that is not full waits for more so long, and no longer once it is full."""
    process = subprocess.Popen([binary, "-e", "input { stdin { } } " + STDOUT, "--path.data", str(tmp_path), "-w", "1", *settings.split()],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for lines in ([b"one\n", b"two\n"], [b"three\n", b"four\n"]):
        process.stdin.write(lines[0])
        process.stdin.flush()
        came = select.select([process.stdout], [], [], 20 if is_full_with_one else 0.5)[0]
        assert bool(came) == is_full_with_one
        process.stdin.write(lines[1])
        process.stdin.flush()
        assert [process.stdout.readline() for _ in range(2)] == lines
    process.stdin.close()
    assert process.stdout.read() == b"" and process.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_drains(logchute, port, number):
    chute = logchute("input { tcp { port => %d codec => json_lines } } filter { if [n] == 3 { drop { } } }"
                     " output { stdout { codec => json_lines } }" % port)
    send_tcp(port, b"".join(b'{"n":%d}\n' % (i % 10) for i in range(20000)))
    code, last = chute.stop(number)
    assert code == 0
    counters = assert_balanced(last)["pipeline"]
    assert (counters["in"], counters["dropped"], counters["out"]) == (20000, 2000, 18000)
    assert len(chute.events()) == 18000


def test_signal_before_the_start_is_over(binary, tmp_path):
    """However early it comes, the exit is clean or the signal's own."""
    for delay in (0, 0.002, 0.005, 0.01, 0.02):
        process = subprocess.Popen([binary, "-e", "input { generator { } } output { null { } }", "--path.data",
                                    str(tmp_path / "data")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(delay)
        process.terminate()
        _, said = process.communicate(timeout=20)
        assert process.returncode in (0, -signal.SIGTERM), said


def test_reader_of_standard_output_goes_away(binary, tmp_path):
    process = subprocess.Popen([binary, "-e", "input { generator { message => 'x' } } " + STDOUT, "--path.data",
                                str(tmp_path / "data"), "--log.format", "json"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "x\n"
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(30) == 0
    assert "the reader of standard output is gone" in said
    assert_balanced(json.loads(said.splitlines()[-1]))


def test_folder_of_another_instance(logchute, run, tmp_path):
    chute = logchute("input { generator { count => 1 } stdin { } tcp { port => 0 } } output { null { } }")
    done = run("-e", generator("x") + STDOUT, "--path.data", chute.data, data=False)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1 and "another logchute uses this folder" in done.err and chute.data in done.err
    assert chute.stop()[0] == 0
    assert run("-e", generator("x") + STDOUT, "--path.data", chute.data, data=False).out == "x\n"


def test_start_is_fast(binary, tmp_path, port, is_sanitized):
    """Far above what it takes on an idle machine: tests/bench measures."""
    best = 10.0
    for _ in range(3):
        begun = time.monotonic()
        process = subprocess.Popen([binary, "-e", "input { tcp { port => %d } } output { null { } }" % port, "--path.data",
                                    str(tmp_path / "data"), "--log.format", "json"], stderr=subprocess.PIPE)
        assert any(b"pipeline started" in line for line in process.stderr)
        best = min(best, time.monotonic() - begun)
        process.terminate()
        process.communicate(timeout=20)
    assert is_sanitized or best < 0.5


def test_counters_that_a_plugin_named(run):
    """They stand with its others in the last line, whatever a configuration calls them."""
    done = run("--log.format", "json", "-e", generator("pin 1234", 3) + "filter { redact { fields => ['secret'] patterns => {"
               " 'a \"pin\"' => '\\d{4}' 'none' => 'nothing' } } }" + STDOUT)
    counters = assert_balanced(done.last())
    redact = plugin_counters(counters, "filter", "redact")
    assert done.out == "pin [REDACTED]\n" * 3
    assert redact['redacted/a "pin"/message'] == 3
    assert redact['redacted/a "pin"/[event][original]'] == 3
    assert "patterns.none" not in redact and "fields" not in redact


def test_a_plugin_without_metrics(run):
    """`enable_metric => false`: its events are counted all the same, what it counts beside them is not."""
    config = generator("pin 1234", 3) + "filter { redact { OPTION patterns => { 'pin' => '\\d{4}' } } }" + STDOUT
    for option, is_counted in (("", True), ("enable_metric => true", True), ("enable_metric => false", False)):
        done = run("--log.format", "json", "-e", config.replace("OPTION", option))
        redact = plugin_counters(assert_balanced(done.last()), "filter", "redact")
        assert redact["in"] == redact["out"] == 3 and done.out == "pin [REDACTED]\n" * 3
        assert any(name.startswith("redacted/") for name in redact) == is_counted, redact


def test_configurations_we_ship_are_right(run):
    folder = os.path.join(ROOT, "conf/pipelines")
    for output in sorted(os.listdir(folder)):
        if output.startswith("output-"):
            both = os.path.join(folder, "{timetable,%s}.conf" % output[:-len(".conf")])
            done = run("-t", "-f", both, env={"ELASTICSEARCH_HOSTS": "http://127.0.0.1:9200"})
            assert done.code == 0, done.err


# ------------------------------------------------------------------ generator


@pytest.mark.parametrize("settings, want", [
    ("lines => ['a', 'b', 'c'] count => 3000", [(letter, n) for n in range(3000) for letter in "abc"]),
    ("message => 'a' count => 2 threads => 3", [("a", n) for _ in range(3) for n in range(2)]),
    ("message => '[{\"message\":1},{\"message\":2}]' count => 2 codec => json", [(1, 0), (2, 0), (1, 1), (2, 1)]),
    ("lines => ['a', ' b'] count => 3 codec => multiline { pattern => '^ ' what => previous }",
     [("a\n b", 1), ("a\n b", 2), ("a\n b", None)]),
    ("lines => ['a', ' b'] count => 2 codec => multiline { pattern => '^ ' what => next }",
     [("a", 0), (" b\na", 1), (" b", None)]),
], ids=["lines", "threads", "two events a line", "joined to the previous line", "joined to the next line"])
def test_generator_numbers_its_passes(run, settings, want):
    """Events of one line have one number; joined lines that of the pass that completed them; what the end completes, none."""
    done = run("-w", "1", "-e", "input { generator { %s } } output { stdout { codec => json_lines } }" % settings)
    events = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 0, done.err
    assert [(event["message"], event.get("event", {}).get("sequence")) for event in events] == want
