import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authenticatorSmsContract } from './authenticator-sms.contract.js';
import { HttpSmsGateway } from './http-sms-gateway.js';
import { SmsNotSentError } from './sms-gateway.js';

interface Seen {
  readonly request: IncomingMessage;
  readonly body: string;
}

let server: Server;
let url: string;
let seen: Seen[];
let status: number;
/** Whether the provider says nothing at all. */
let silent: boolean;

beforeEach(async () => {
  [seen, status, silent] = [[], 201, false];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      seen.push({ request, body });
      if (!silent) response.writeHead(status, { location: '/elsewhere' }).end('the secret reason, and +15550100');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const settingsOf = (given: object) =>
  authenticatorSmsContract.config.parse({
    provider: 'generic',
    from_number: '+100',
    account_sid: url,
    auth: 'user',
    ...given,
  });
const send = (given: object = {}, timeoutMs = 5000) =>
  new HttpSmsGateway(url, 2000).send(settingsOf(given), { to: '+1 555 0100', code: '012345', timeoutMs });

describe('a message', () => {
  it('goes to Twilio as its API wants it', async () => {
    await send({ provider: 'twilio', account_sid: 'AC1', auth: 'token' });
    const [{ request, body } = {} as Seen] = seen;
    expect(request.url).toBe('/2010-04-01/Accounts/AC1/Messages.json');
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('AC1:token').toString('base64')}`);
    expect(body).toBe('To=%2B1+555+0100&From=%2B100&Body=Use+this+code+to+authenticate+in+authentik%3A+012345');
  });

  it('goes to a web hook as JSON, with its user and password', async () => {
    await send({ auth_password: 'pass' });
    const [{ request, body } = {} as Seen] = seen;
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('user:pass').toString('base64')}`);
    const Message = 'Use this code to authenticate in authentik: 012345';
    expect(JSON.parse(body)).toEqual({ From: '+100', To: '+1 555 0100', Body: '012345', Message });
  });

  it('goes to a web hook with a bearer token', async () => {
    await send({ auth_type: 'bearer', auth: 'token' });
    expect(seen[0]?.request.headers.authorization).toBe('Bearer token');
  });
});

describe('a provider that', () => {
  it.each([400, 500, 302])('answers %i has not sent anything, and what it says is told to nobody', async (answer) => {
    status = answer;
    const error = await send().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: 'the provider refuses', status: answer, early: false });
    // A redirect would have come here a second time.
    expect(seen).toHaveLength(1);
  });

  it('says nothing is waited for no longer than there is time', async () => {
    silent = true;
    await expect(send({}, 100)).rejects.toThrow('the provider does not answer');
  });

  it('cannot be reached, or has no address, is told of without its address or any number', async () => {
    const refused = send({ account_sid: 'http://127.0.0.1:1/?to=+15550100' });
    await expect(refused).rejects.toThrow(/^the provider cannot be reached: (ECONNREFUSED|unknown)$/);
    await expect(send({ account_sid: 'nowhere' })).rejects.toBeInstanceOf(SmsNotSentError);
  });
});
