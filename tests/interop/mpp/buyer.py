"""Buys once by pympp over evm/charge and prints status, receipt and body as JSON. Ends with 0 if
the answer is a 2xx. Its nonces are derived from JSON, those of the mppx command from plain text.

python buyer.py URL [METHOD [BODY]]
KEY   the buyer's private key; default: anvil's account 3
"""

import asyncio
import base64
import json
import os
import sys

from eth_account import Account
from mpp.client import Mpp
from mpp.methods.evm import BASE_SEPOLIA_USDC
from mpp.methods.evm import client as evm

BUYER_KEY = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"


def readable(text):
    """JSON where it is JSON, text elsewhere."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def decoded(receipt):
    """The receipt of a header; None where there is none."""
    if receipt is None:
        return None
    return json.loads(base64.urlsafe_b64decode(receipt + "=" * (-len(receipt) % 4)))


async def buy(url, method="GET", body=None):
    """Returns the last answer."""
    account = Account.from_key(os.environ.get("KEY") or BUYER_KEY)
    charge = evm.charge(currency=BASE_SEPOLIA_USDC, account=account, max_amount="0.05")
    request = {"method": method}
    if body is not None:
        request |= {"content": body, "headers": {"content-type": "application/json"}}
    async with Mpp(methods=[charge]) as client:
        return await client.fetch(url, **request)


answer = asyncio.run(buy(*sys.argv[1:]))
receipt = decoded(answer.headers.get("payment-receipt"))
print(json.dumps({"status": answer.status_code, "receipt": receipt, "body": readable(answer.text)}))
sys.exit(0 if answer.is_success else 1)
