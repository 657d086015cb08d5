import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DuoOutage, DuoServer, duoAccount } from '../../../testing/duo-server.js';
import { DuoRejectedError, DuoUnavailableError } from './duo.js';
import { DuoClient } from './duo-client.js';
import { DuoConnection } from './duo-connection.js';
import { authorization, canonicalBody, canonicalLines } from './duo-signature.js';

let server: DuoServer;
let duo: DuoClient;
const clientAt = (url: string, timeoutMs = 5000) => new DuoClient(new DuoConnection({ timeoutMs, url }));

function* endlessSpaces() {
  for (;;) yield Buffer.alloc(64 * 1024, 32);
}

beforeAll(async () => {
  server = await DuoServer.open();
  duo = clientAt(server.url);
});
afterAll(() => server.close());
beforeEach(() => {
  server.outage = undefined;
});

describe('the signature of a request', () => {
  // The expected signature comes from another implementation of version 5 of Duo's signature scheme.
  const account = {
    host: 'API-x.duosecurity.com',
    integrationKey: 'DIWJ8X6AEYOR5OMC6TQ1',
    secretKey: 'Zh5eGmUq9zpfQnyUIu5OL9iWoMMv5ZNmk3zLJ4Ep', // not-a-secret
  };
  const body = canonicalBody({
    ...{ user_id: 'DU123', factor: 'auto', device: 'auto', async: '0', ipaddr: '1.2.3.4' },
    ...{
      type: 'authentik Login request',
      display_username: 'alice',
      pushinfo: 'Domain=auth.example.com&Application=My+App',
    },
  });
  const request = {
    method: 'POST',
    path: '/auth/v2/auth',
    query: '',
    body,
    date: 'Tue, 21 Aug 2012 17:29:18 -0000',
  } as const;

  it('covers the lines that Duo specifies', () => {
    expect(canonicalLines(account.host, request)).toEqual([
      'Tue, 21 Aug 2012 17:29:18 -0000',
      'POST',
      'api-x.duosecurity.com',
      '/auth/v2/auth',
      '',
      'e640163e3c4811459295056fbfcfcb0cd7f8d6a166e8ae4552adbcf9317cf95ed8667de2ceac130ffe1f353450f70f1d1b8d596476b57f343b250b0b9fa7794e',
      'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    ]);
  });

  it('equals the signature of another implementation', () => {
    expect(authorization(account, request)).toBe(
      'Basic RElXSjhYNkFFWU9SNU9NQzZUUTE6ZjQzYWViNjNkZGQ0ZjkwYmIwZDUxMjcwYWE1ZTNjOWY0N2M1M2E0NjE3M2ZmZmEyYzdjMWE4ODk1MDk4ZDcxOTIyYTY5N2UxYjUxMGFhMDVjYTkzZTVjMTQ0ZjQ5MjYxZmI5YjRjOTBlY2VjY2ViMDMyMzU5YTBmZmMzZDA1OTA=',
    );
  });

  it('is accepted by the fake Duo server', async () => {
    await expect(duo.enroll({ ...duoAccount, secretKey: 'another' }, 'mallory')).rejects.toThrow(DuoRejectedError);
    await expect(duo.enroll({ ...duoAccount, integrationKey: 'another' }, 'mallory')).rejects.toThrow(/40103/);
  });
});

describe('pairing a phone', () => {
  it('reports the status of the enrollment', async () => {
    const enrollment = await duo.enroll(duoAccount, 'ann ö/&=');
    expect(enrollment.activationBarcode).toMatch(/^https:/);
    expect(await duo.enrollStatus(duoAccount, enrollment)).toBe('waiting');
    server.users.get(enrollment.userId)!.paired = true;
    expect(await duo.enrollStatus(duoAccount, enrollment)).toBe('success');
    expect(await duo.enrollStatus(duoAccount, { ...enrollment, activationCode: 'another' })).toBe('invalid');
    await expect(duo.enroll(duoAccount, 'ann ö/&=')).rejects.toThrow(DuoRejectedError);
  });
});

describe('a push', () => {
  const push = {
    ip: '203.0.113.7',
    type: 'Example Login request',
    username: 'bob',
    facts: { Domain: 'id.example.org' },
  };

  it.each(['allow', 'deny'])('returns the answer of the user: %s', async (answer) => {
    const { id } = server.add('bob');
    const txid = await duo.push(duoAccount, { ...push, userId: id });
    expect(server.pushes.at(-1)!.parameters).toMatchObject({
      user_id: id,
      pushinfo: 'Domain=id.example.org',
      display_username: 'bob',
    });
    expect(await duo.authStatus(duoAccount, txid, 5000)).toBe('waiting');
    const waiting = duo.authStatus(duoAccount, txid, 5000);
    server.answerPush(answer);
    expect(await waiting).toBe(answer);
  });

  it('treats every result except `allow` as a denial', async () => {
    const { id } = server.add('bob');
    const txid = await duo.push(duoAccount, { ...push, userId: id });
    for (const result of ['', 'allowed', 'ALLOW', 'bypass', 'fraud']) {
      server.answerPush(result, txid);
      expect(await duo.authStatus(duoAccount, txid, 5000)).toBe('deny');
    }
  });

  it('is polled for no longer than the given milliseconds, and can be polled again', async () => {
    const { id } = server.add('bob');
    const txid = await duo.push(duoAccount, { ...push, userId: id });
    await duo.authStatus(duoAccount, txid, 5000);
    expect(await duo.authStatus(duoAccount, txid, 20)).toBe('waiting');
    expect(await duo.authStatus(duoAccount, 'no-news', 5000)).toBe('waiting');
    server.answerPush('allow', txid);
    expect(await duo.authStatus(duoAccount, txid, 5000)).toBe('allow');
  });

  it('requires a number only if the request says that the page can show it', async () => {
    const { id } = server.add('bob', { verified: true });
    const request = { userId: id, ip: '203.0.113.7' };
    const { result, verification } = (await duo.preauth(duoAccount, { ...request, numberMatching: true })) as {
      result: string;
      verification?: { code: string; transaction: string };
    };
    expect([result, verification?.code]).toEqual(['auth', '042931']);
    const txid = await duo.push(duoAccount, { ...push, userId: id, transaction: verification!.transaction });
    expect(txid).toBe(verification!.transaction);
    expect(await duo.preauth(duoAccount, { ...request, numberMatching: false })).toEqual({ result: 'auth' });
  });

  it('requires no number if Duo returns none', async () => {
    const { id } = server.add('bob', { verified: null });
    const request = { userId: id, ip: '203.0.113.7', numberMatching: true };
    expect(await duo.preauth(duoAccount, request)).toEqual({ result: 'auth' });
  });

  it.each(['allow', 'deny', 'enroll'] as const)('is not needed if Duo decides in advance: %s', async (demand) => {
    const { id } = server.add('bob', { preauthResult: demand });
    expect(await duo.preauth(duoAccount, { userId: id, ip: '203.0.113.7', numberMatching: true })).toEqual({
      result: demand,
    });
  });

  it('can be replaced by a passcode from the app', async () => {
    const { id } = server.add('bob');
    const user = { userId: id, ip: '203.0.113.7' };
    expect(await duo.passcode(duoAccount, user, server.passcode)).toBe('allow');
    expect(await duo.passcode(duoAccount, user, '000000')).toBe('deny');
  });
});

describe('listing the users of an account', () => {
  it('requests every page and yields the users of all pages', async () => {
    const largeServer = await DuoServer.open();
    try {
      for (let i = 0; i < 250; i++) largeServer.add(`user-${i}`);
      const names: string[] = [];
      for await (const { username } of clientAt(largeServer.url).users(duoAccount)) names.push(username);
      expect(names).toEqual(Array.from({ length: 250 }, (_, i) => `user-${i}`));
      expect(largeServer.calls.map(({ parameters }) => parameters['offset'])).toEqual(['0', '100', '200']);
    } finally {
      await largeServer.close();
    }
  });
});

describe('an outage of Duo', () => {
  it.each<DuoOutage>(['silent', 'garbage', 429, 500])('throws DuoUnavailableError: %s', async (outage) => {
    server.outage = outage;
    const impatientClient = clientAt(server.url, 100);
    await expect(impatientClient.enroll(duoAccount, 'carol')).rejects.toThrow(DuoUnavailableError);
    await expect(impatientClient.preauth(duoAccount, { userId: 'DU1', ip: '', numberMatching: true })).rejects.toThrow(
      DuoUnavailableError,
    );
  });

  it('throws DuoUnavailableError when the connection is refused', async () => {
    await expect(clientAt('http://127.0.0.1:1').enroll(duoAccount, 'carol')).rejects.toThrow(DuoUnavailableError);
  });

  it.each(['an endless response', 'a redirect'])('throws DuoUnavailableError for %s', async (behaviour) => {
    const other = createServer((_, response) => {
      if (behaviour === 'a redirect') return void response.writeHead(302, { location: server.url }).end();
      Readable.from(endlessSpaces()).pipe(response);
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      await expect(clientAt(url).enroll(duoAccount, 'carol')).rejects.toThrow(DuoUnavailableError);
      expect(server.calls.filter(({ parameters }) => parameters['username'] === 'carol')).toHaveLength(0);
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });
});
