"""An engine process for tests: answers, or misbehaves, as each request says."""

import json
import os
import sys
import time

if "--not-ready" in sys.argv:
    print(json.dumps({"ready": False, "error": "no model"}), flush=True)
    sys.exit(1)
if "--silent" in sys.argv:
    sys.stdin.read()
    sys.exit(0)
print(json.dumps({"ready": True, "version": "echo 1", "pid": os.getpid()}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    what = request.get("do", "echo")
    if what == "echo":
        print(json.dumps({"id": request["id"], "said": request.get("say"), "pid": os.getpid()}), flush=True)
    elif what == "die":
        sys.exit(3)
    elif what == "kill":
        os.kill(os.getpid(), 9)
    elif what == "hang":
        open(request["note"], "w").close()
        time.sleep(1000)
    elif what == "babble":
        print("this is not JSON", flush=True)
    elif what == "stranger":
        print(json.dumps({"id": request["id"] + 1}), flush=True)
    elif what == "flood":
        sys.stdout.write("x" * 3_000_000)
        sys.stdout.flush()
    elif what == "complain":
        sys.stderr.write("y" * 100_000 + "\n")
        sys.stderr.flush()
        print(json.dumps({"id": request["id"]}), flush=True)
    elif what == "mute":
        os.close(2)
        print(json.dumps({"id": request["id"]}), flush=True)
