// Looks for the payment and loads what was bought. Everything works without it.
(() => {
  const PERIOD_MS = 2000;
  // A payment may arrive a little after its invoice ended.
  const GRACE_MS = 60000;
  const byId = (id) => document.getElementById(id);
  const payment = byId("payment");
  const end = Date.now() + Number(payment.dataset.expiresIn) * 1000;
  let timer;
  let isAsking = false;
  let isOver = false;

  const say = (state, text) => {
    payment.dataset.state = state;
    if (byId("status").textContent !== text) byId("status").textContent = text;
  };

  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    byId("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds === 0 && !isOver) say("ended", "This invoice has ended");
    if (seconds === 0) byId("gone").hidden = false;
  };

  const paid = () => {
    isOver = true;
    byId("gone").hidden = true;
    say("paid", "Paid. Here it comes");
    location.reload();
  };

  const lost = () => {
    isOver = true;
    say("trouble", "Do not pay yet: without cookies this page cannot notice it. Allow them for this site, then reload");
  };

  const ask = async () => {
    const headers = { Accept: "application/json", "X-Farebox-Poll": "1" };
    const answer = await fetch(location.href, { headers, cache: "no-store" });
    if (answer.status === 204) return paid();
    if (answer.status !== 202) throw new Error("no answer");
    const { known } = await answer.json();
    if (!known) return lost();
    if (Date.now() < end) say("waiting", "Waiting for your payment");
  };

  const look = async () => {
    clearTimeout(timer);
    if (isAsking || isOver || document.hidden) return;
    isAsking = true;
    try {
      await ask();
    } catch {
      say("trouble", "The seller does not answer. Still looking");
    }
    isAsking = false;
    if (Date.now() > end + GRACE_MS) isOver = true;
    if (!isOver) timer = setTimeout(look, PERIOD_MS);
  };

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    byId("invoice").select();
    try {
      await navigator.clipboard.writeText(byId("invoice").value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  byId("invoice").after(button);
  byId("noticed").hidden = false;

  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
})();
