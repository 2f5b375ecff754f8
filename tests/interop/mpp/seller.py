"""Sells by pympp: GET /paid and POST /echo for a cent each, over evm/charge and x402, settled by a
facilitator. Expects nonces that are derived from JSON. Prints its URL.

python seller.py
FACILITATOR   the URL of the facilitator
PORT          default: a free one
PAYTO         default: anvil's account 2
"""

import asyncio
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mpp.methods.evm import BASE_SEPOLIA_USDC
from mpp.methods.evm import server as evm
from mpp.server import Mpp, Request, Response

SELLER_ADDRESS = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
charge = evm.charge(
    currency=BASE_SEPOLIA_USDC,
    recipient=os.environ.get("PAYTO") or SELLER_ADDRESS,
    facilitator=os.environ["FACILITATOR"],
    route_binding="resource",
)
mpp = Mpp(charge, realm="127.0.0.1", secret_key="the secret of a seller in a test, and no other")
sell = mpp.charge(amount="0.01")
ROUTES = {
    ("GET", "/paid"): lambda request: {"paid": "evm"},
    ("POST", "/echo"): lambda request: {"echo": request.json()},
}


async def answer(request, path):
    """The answer to a request, paid or not."""
    if path == "/free":
        return Response.json({"free": True})
    content = ROUTES.get((request.method, path))
    if content is None:
        return Response.json({"error": "no such route"}, status=404)
    result = await sell(request)
    if result.status != 200:
        return result.challenge
    return result.with_receipt(Response.json(content(request)))


class Handler(BaseHTTPRequestHandler):
    """Passes requests on."""

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) or None
        url = f"http://{self.headers['host']}{self.path}"
        request = Request(self.command, url, list(self.headers.items()), body)
        response = asyncio.run(answer(request, self.path.partition("?")[0]))
        self.send_response(response.status)
        for name, value in response.headers.multi_items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body or b"")))
        self.end_headers()
        self.wfile.write(response.body or b"")

    do_GET = do_POST = handle_any


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT") or 0)), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
