#!/usr/bin/env python3
"""The command line: vocabulary, output, exit codes (docs/man/pillarbox.8)."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from appliance import Appliance, Checks  # noqa: E402

MAIL = "From: bob@example.com\nSubject: by hand\n\nHello\n"


def accounts(box, check, where):
    def code(*words, **more):
        return box.cli(*words, check=False, **more).returncode

    done = box.cli("user", "add", f"carl-{where}", "--generate")
    check.that(b"password" in done.stdout, "a generated password is shown")
    check.that(code("user", "add", f"carl-{where}", "--generate") == 73,
               "a name that is taken: 73")
    check.that(code("user", "add", "x@elsewhere.example", "--generate") == 65,
               "a domain that is not ours: 65")
    check.that(code("user", "add", "../../etc", "--generate") == 65,
               "a name that is a path: 65")
    check.that(code("user", "add", "--generat", "dora") == 2,
               "an option that is not known: 2")
    check.that(code("user", "add") == 2, "an argument that is missing: 2")
    check.that(code("password", "set", "--generate", f"carl-{where}") == 0,
               "options may stand first")
    check.that(code("user", "add", "dora", stdin="") == 2,
               "no password: 2, and nothing done")
    box.cli("password", "set", f"carl-{where}", "--stdin", stdin="second\n")
    check.that(code("password", "check", f"carl-{where}", stdin="second\n") == 0,
               "the right password: 0")
    check.that(code("password", "check", f"carl-{where}", stdin="first\n") == 1,
               "another password: 1")
    check.that(code("password", "check", "nobody", stdin="x\n") == 67,
               "nobody of that name: 67")
    rows = json.loads(box.cli("user", "list", "--json").stdout)
    check.that([r["user"] for r in rows if where in r["user"]]
               == [f"carl-{where}@example.org"], "user list as JSON")
    plain = box.cli("user", "list").stdout.decode()
    check.that(f"carl-{where}@example.org\tactive\t" in plain,
               "piped: tabs, no header")
    box.cli("alias", "add", "all", f"carl-{where}")
    check.that(code("alias", "add", "all", f"carl-{where}") == 73,
               "the same target twice: 73")
    check.that(code("alias", "add", "all", "nobody") == 67,
               "an alias to nobody: 67")
    check.that(b"all@example.org\tcarl-" in box.cli("alias", "list").stdout,
               "alias list")
    done = box.cli("deliver", "all", stdin=MAIL)
    check.that(b"delivered" in done.stdout, "deliver to an alias")
    check.that(code("deliver", "nobody", stdin=MAIL) == 67,
               "deliver to nobody: 67")
    box.cli("alias", "remove", "all")
    check.that(code("alias", "remove", "all") == 67, "no such alias: 67")
    check.that(code("index", "check", "--all") == 0, "files and index agree")
    box.cli("index", "rebuild", "--all")
    check.that(code("index", "check", "--all") == 0, "also after a rebuild")
    box.cli("user", "remove", f"carl-{where}")
    check.that(code("user", "remove", f"carl-{where}") == 67, "gone: 67")


def words(box, check):
    def text(*w):
        done = box.cli(*w, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()

    check.that(text("usr", "list") == (2, 'pillarbox: unknown command "usr" - '
                                       'did you mean "user"?\n'), "a slip in the noun")
    code, out = text("user", "lits")
    check.that(code == 2 and 'did you mean "list"?' in out, "a slip in the verb")
    code, out = text("help")
    check.that(code == 0 and "user add USER" in out, "help lists everything")
    code, out = text("version")
    check.that(code == 0 and out.startswith("pillarbox "), "version")
    code, out = text("config", "show", "--changed")
    check.that(code == 0 and "auth.iterations = 4096" in out, "config show")
    check.that(text("config", "check")[0] == 0, "config check: good")
    bad = os.path.join(box.dir, "bad.conf")
    with open(bad, "w", encoding="utf-8") as f:
        f.write("domain = example.org\nlimits {\n  mesage_size = 5M\n}\n")
    done = box.cli("config", "check", bad, check=False)
    check.that(done.returncode == 78 and b"bad.conf:3:3: " in done.stderr
               and b'did you mean "message_size"' in done.stderr,
               "config check: where, what, and what was meant")


def status(box, check):
    done = box.cli("status", "--json", check=False)
    parts = {row["part"]: row["state"] for row in json.loads(done.stdout)}
    check.that(done.returncode == 0 and parts["mailstored"] == "ok"
               and parts["listen.imaps"] == "ok", f"status: {parts}")


def main():
    check = Checks()
    with Appliance() as box:
        words(box, check)
        accounts(box, check, "running")
        box.add_user("anna", "anna-secret")
        status(box, check)
        code = box.cli("cert", "show").stdout
        check.that(code.count(b":") > 31, "cert show prints the fingerprint")
        second = box.cli("run", check=False)
        check.that(second.returncode != 0 and b"listen." in second.stderr,
                   "a second one says which address is taken")
        box.stop()
        check.that(box.cli("status", check=False).returncode == 69,
                   "status of what does not run: 69")
        accounts(box, check, "stopped")
        rows = box.cli("user", "list").stdout
        check.that(rows.startswith(b"anna@example.org\t"),
                   "accounts are still there")
    return check.report()


if __name__ == "__main__":
    sys.exit(main())
