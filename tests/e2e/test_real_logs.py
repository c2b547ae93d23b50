"""Real log files of real programs, from the project's shared folder where it is there."""
import collections
import glob
import os

import pytest

from support import ROOT, assert_balanced

SHARED = [os.environ.get("CHUTE_SHARED"), os.path.join(ROOT, "../shared"), os.path.join(ROOT, "../../shared")]
LOGS = next((found for folder in SHARED if folder for found in [sorted(glob.glob(folder + "/data/logs/*.log"))] if found), [])
CONFIG = """
input { file { path => "%s" mode => "read" sincedb_path => "%s/sincedb" exit_after_read => true
               file_completed_action => "log" file_completed_log_path => "%s/done" } }
output { stdout { codec => json_lines } }
"""


@pytest.mark.skipif(not LOGS, reason="no ../shared/data/logs here, and CHUTE_SHARED does not name one")
@pytest.mark.parametrize("path", LOGS, ids=os.path.basename)
def test_every_line_comes_out_as_it_is(logchute, tmp_path, path):
    """Read to the end, the last line too, which has no line feed; then the program ends by itself."""
    chute = logchute(CONFIG % (os.path.abspath(path), tmp_path, tmp_path), "--pipeline.ordered", "true", "-w", "1",
                     start=False)
    chute.launch()
    code, last = chute.wait(60)
    assert code == 0, chute.stderr()[-2000:]
    assert_balanced(last)
    with open(path, encoding="utf-8", newline="\n") as f:
        wanted = [line.rstrip("\r\n") for line in f]
    got = [event["message"].rstrip("\r") for event in chute.events()]
    assert collections.Counter(got) == collections.Counter(wanted)
    assert got == wanted, "the order is another"
