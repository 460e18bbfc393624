"""An example of the other side: sends a case to 问法. Python 3.11, no other package.

    EXCHANGE_SECRET=whsec_… python3 sender.py https://…/api/v1/exchange/12345 case.json [id]

The id belongs to the case: whoever does not know whether it has arrived sends it again under the
same id, and gets the same ticket number. The time is that of the sending, and new each time.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path


def signed_headers(secret: str, delivery: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers, over exactly the bytes that are sent."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{delivery}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def send(url: str, secret: str, delivery: str, body: bytes) -> tuple[int, dict[str, object]]:
    """Status and answer; 201 taken, 200 taken before. Raises URLError when nobody answers."""
    headers = {
        "content-type": "application/json; charset=utf-8",
        **signed_headers(secret, delivery, int(time.time()), body),
    }
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("用法：EXCHANGE_SECRET=whsec_… python3 sender.py 网址 文件.json [编号]")
    own_id = sys.argv[3] if len(sys.argv) == 4 else f"case_{uuid.uuid4().hex}"
    case = Path(sys.argv[2]).read_bytes()
    status, said = send(sys.argv[1], os.environ["EXCHANGE_SECRET"].split()[0], own_id, case)
    print(f"{own_id}：{status} {json.dumps(said, ensure_ascii=False)}")  # noqa: T201
    sys.exit(0 if status in (200, 201) else 1)
