"""A thousand messages in a second, from a process of its own: nobody else waits for its loop.

    python -m tests.chaos.flood PORT TOKEN MESSAGES

Prints a list of [id, status, ids of the answer's messages] as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

# enough that those who wait for an answer hold up few; a process may open 1,024 files
CONNECTIONS = 250
HEAD = (
    "POST /api/v1/chat HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    "content-type: application/json\r\ncontent-length: {}\r\n\r\n"
)
Result = tuple[str, int, list[str]]


async def flood(port: int, token: str, messages: int) -> list[Result]:
    """Every message on the next connection, evenly over one second."""
    lines = [
        _line(port, token, range(first, messages, CONNECTIONS), messages)
        for first in range(CONNECTIONS)
    ]
    return [one for found in await asyncio.gather(*lines) for one in found]


async def _line(port: int, token: str, numbers: range, messages: int) -> list[Result]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    found = []
    for number in numbers:
        await asyncio.sleep(max(0.0, begun + number / messages - loop.time()))
        message = {"id": f"flood-{number}", "text": f"老板拖欠我三个月工资，第{number}遍"}
        body = json.dumps({"session": token, "message": message}).encode()
        writer.write(HEAD.format(len(body)).encode() + body)
        status, answer = await _answer(reader)
        ids = [item["id"] for item in answer.get("messages", [])]
        found.append((message["id"], status, ids))
    writer.close()
    return found


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length:")[2].partition("\r\n")[0])
    answer: dict[str, Any] = json.loads(await reader.readexactly(length))
    return int(head.split(" ")[1]), answer


if __name__ == "__main__":
    PORT, TOKEN, MESSAGES = sys.argv[1:]
    print(json.dumps(asyncio.run(flood(int(PORT), TOKEN, int(MESSAGES)))))
