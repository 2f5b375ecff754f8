"""Buys once by l402-requests and prints status and body as JSON. Ends with 0 if the answer is a
2xx.

python buyer.py URL [METHOD [BODY]]
PHOENIXD   the wallet; default: that of a demo server
"""

import json
import os
import sys
from urllib.parse import urlsplit

import httpx
from l402_requests import L402Client
from l402_requests.wallets import WalletBase


class PhoenixdWallet(WalletBase):
    """Pays through phoenixd's HTTP API."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.url = f"http://{parts.hostname}:{parts.port}/payinvoice"
        self.password = parts.password

    async def pay_invoice(self, bolt11):
        async with httpx.AsyncClient(auth=("", self.password)) as client:
            answer = await client.post(self.url, data={"invoice": bolt11})
            answer.raise_for_status()
            return answer.json()["paymentPreimage"]


def readable(text):
    """JSON where it is JSON, text elsewhere."""
    try:
        return json.loads(text)
    except ValueError:
        return text


url, method, body = (*sys.argv[1:], *["GET", None][len(sys.argv) - 2 :])
request = {} if body is None else {"content": body, "headers": {"content-type": "application/json"}}
wallet = PhoenixdWallet(os.environ.get("PHOENIXD") or "http://:farebox-demo@127.0.0.1:9740")
answer = L402Client(wallet=wallet).request(method, url, **request)
print(json.dumps({"status": answer.status_code, "body": readable(answer.text)}))
sys.exit(0 if answer.is_success else 1)
