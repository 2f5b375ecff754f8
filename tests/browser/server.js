// A demo server on free ports, for the time of a test file.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = process.env.TEST_PROGRAM;
const START_TIMEOUT_MS = 30_000;

/** Starts the server and resolves once it says that it is ready. */
export async function startDemo() {
  if (!PROGRAM) throw new Error('TEST_PROGRAM names the farebox program');
  const data = mkdtempSync(join(tmpdir(), 'farebox-browser-'));
  const listen = ['--listen', '127.0.0.1:0', '--play-listen', '127.0.0.1:0'];
  // The settings of whoever runs this are not those of the test.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('FAREBOX_'));
  const child = spawn(PROGRAM, ['serve', '--demo', '--data', data, ...listen], {
    env: Object.fromEntries(own),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (child.exitCode === null) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(data, { recursive: true, force: true });
  };
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  const found = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [label, value] = line.trim().split(/\s+/);
    if (label === 'pages') found.url = value.replace(/\/$/, '');
    if (label === 'wallet') found.wallet = value;
    if (label === 'password') found.password = value;
    if (line.includes('Ctrl-C')) break;
  }
  clearTimeout(timer);
  if (!found.url || !found.wallet || !found.password) {
    await stop();
    throw new Error('the demo server did not start');
  }
  return { ...found, stop };
}
