#!/usr/bin/env node
/** Logs the user in by a flow, without a browser. README.md explains the options. */
import { createClient } from '@gatehouse/client';
import { answer } from './challenges.mjs';
import { CommandError, EXIT, runCommand, say } from './command.mjs';
import { CookieJar } from './cookie-jar.mjs';
import { SecretFile } from './secret-file.mjs';
import { fetchOnce, patiently, requestJson, serverUrl } from './server.mjs';
import { Terminal } from './terminal.mjs';

const COMMAND = {
  usage: 'node login-without-browser.mjs --server ADDRESS --folder FOLDER [--flow SLUG] [--log-out]',
  options: {
    server: { type: 'string' },
    folder: { type: 'string' },
    flow: { type: 'string' },
    'log-out': { type: 'boolean', default: false },
  },
  required: ['server', 'folder'],
};

const INTERRUPTED = {
  csrf_failed: 'The session has changed. Answer again.',
  unavailable: 'It is unknown whether the server got the answer. Answer again.',
};
const WAITING = {
  service: 'The server is busy',
  network: 'The server cannot be reached',
  limited: 'Too many requests came from this network',
};
const DENIALS = { too_many_attempts: 'Too many wrong answers. Run the command again.' };

await runCommand(COMMAND, async ({ server, folder, flow, 'log-out': isLogout }, signal) => {
  const { origin } = serverUrl(server, 'The server');
  const file = new SecretFile(folder, 'session.json');
  await file.prepare();
  const stored = await file.read();
  // A session is sent to its own server only.
  const jar = new CookieJar(origin, stored?.origin === origin ? stored.cookies : {});
  const slug = flow ?? (isLogout ? 'default-invalidation-flow' : 'default-authentication-flow');
  const connection = { origin, jar, signal, slug };

  let user = await currentUser(connection);
  if (isLogout ? user : !user) {
    const end = await walk(connection);
    user = await currentUser(connection);
    if (isLogout ? user : !user)
      throw new CommandError(
        `The flow has ended, but you are ${isLogout ? 'still' : 'not'} logged in. Open ${end} in a browser.`,
      );
    // After a logout, the jar keeps the mark of a known browser, so that wrong guesses from other clients do not delay
    // the next login.
    await file.write({ origin, cookies: jar });
    if (!isLogout) say(`Logged in. The session is in ${file.path}.`);
  }
  process.stdout.write(isLogout ? 'Logged out.\n' : `${JSON.stringify(user)}\n`);
});

/** Runs the flow. Returns the address of its final redirect. */
async function walk({ origin, jar, signal, slug }) {
  const terminal = new Terminal(signal);
  const page = new URL(`/if/flow/${encodeURIComponent(slug)}/`, origin).href;
  const client = createClient({ baseUrl: origin, cookies: jar, fetch: fetchOnce });
  const onWait = ({ reason, seconds }) => say(`${WAITING[reason]}. Trying again in ${seconds} s.`);
  try {
    const run = await client.start(slug, { signal, onWait });
    while (run.result.kind === 'challenge') {
      const { challenge, interrupted, restarted } = run.result;
      if (restarted) say('The login took too long, and begins again.');
      else if (interrupted) say(INTERRUPTED[interrupted]);
      await run.solve(await answer(challenge, { terminal, page }));
    }
    return addressOf(run.result);
  } finally {
    terminal.close();
  }
}

/** Returns the address of a redirect. Throws for every other end of a flow. */
function addressOf(result) {
  if (result.kind === 'redirect') return result.to;
  if (result.kind === 'denied') throw new CommandError(DENIALS[result.reason] ?? result.message);
  const { message, code, retryAfterS, requestId } = result;
  const isTemporary = code === 'network' || retryAfterS !== undefined;
  const hint = retryAfterS === undefined ? '' : ` (in ${retryAfterS} s)`;
  throw new CommandError(
    `${message}${hint}${requestId ? ` Request ${requestId}.` : ''}`,
    isTemporary ? EXIT.unavailable : EXIT.failed,
  );
}

/** Returns the user of the session, or undefined for an anonymous session. */
async function currentUser({ origin, jar, signal }) {
  const url = `${origin}/api/v3/core/users/me/`;
  const request = () => requestJson(url, { signal, headers: { cookie: jar.getCookieString(url) } });
  const { status, body } = await patiently(request, signal);
  return status === 200 ? body.user : undefined;
}
