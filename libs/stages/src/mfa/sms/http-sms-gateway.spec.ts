import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authenticatorSmsContract } from './authenticator-sms.contract.js';
import { HttpSmsGateway, SmsNotSentError } from './http-sms-gateway.js';

interface ReceivedRequest {
  readonly request: IncomingMessage;
  readonly body: string;
}

let server: Server;
let url: string;
let received: ReceivedRequest[];
let status: number;
/** Whether the provider never responds. */
let silent: boolean;

beforeEach(async () => {
  [received, status, silent] = [[], 201, false];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      received.push({ request, body });
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

const settingsOf = (fields: object) =>
  authenticatorSmsContract.config.parse({
    provider: 'generic',
    from_number: '+100',
    account_sid: url,
    auth: 'user',
    ...fields,
  });
const send = (fields: object = {}, timeoutMs = 5000, hosts = '127.0.0.1') =>
  new HttpSmsGateway({ SMS_TWILIO_URL: url, SMS_TIMEOUT_MS: 2000, SMS_HOSTS: hosts }).send(settingsOf(fields), {
    to: '+1 555 0100',
    code: '012345',
    timeoutMs,
  });

describe('sending a message', () => {
  it('calls the API of Twilio', async () => {
    await send({ provider: 'twilio', account_sid: 'AC1', auth: 'token' }, 5000, '');
    const [{ request, body } = {} as ReceivedRequest] = received;
    expect(request.url).toBe('/2010-04-01/Accounts/AC1/Messages.json');
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('AC1:token').toString('base64')}`);
    expect(body).toBe('To=%2B1+555+0100&From=%2B100&Body=Use+this+code+to+authenticate+in+authentik%3A+012345');
  });

  it('calls a webhook with JSON and basic authentication', async () => {
    await send({ auth_password: 'pass' });
    const [{ request, body } = {} as ReceivedRequest] = received;
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('user:pass').toString('base64')}`);
    const Message = 'Use this code to authenticate in authentik: 012345';
    expect(JSON.parse(body)).toEqual({ From: '+100', To: '+1 555 0100', Body: '012345', Message });
  });

  it('calls a webhook with a bearer token', async () => {
    await send({ auth_type: 'bearer', auth: 'token' });
    expect(received[0]?.request.headers.authorization).toBe('Bearer token');
  });
});

describe('a failing provider', () => {
  it.each([400, 500, 302])(
    'causes an error without the response body if it responds with status %i',
    async (responseStatus) => {
      status = responseStatus;
      const error = await send().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        message: 'the provider refused the message',
        status: responseStatus,
        rateLimited: false,
      });
      // If the client followed the redirect, the server would receive a second request.
      expect(received).toHaveLength(1);
    },
  );

  it('causes an error after the timeout if it does not respond', async () => {
    silent = true;
    await expect(send({}, 100)).rejects.toThrow('the provider timed out');
  });

  it('causes an error without its URL and the phone number if it is unreachable or has no valid URL', async () => {
    const refused = send({ account_sid: 'http://127.0.0.1:1/?to=+15550100' });
    await expect(refused).rejects.toThrow('the provider is unreachable: ECONNREFUSED');
    await expect(send({ account_sid: 'nowhere' })).rejects.toBeInstanceOf(SmsNotSentError);
    await expect(send({ account_sid: 'file:///etc/hosts' })).rejects.toThrow('account_sid is not a valid URL');
  });
});

describe('a webhook', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433'])(
    'gets no message at the loopback host %s unless SMS_HOSTS names the host (accident 43)',
    async (host) => {
      await expect(send({ account_sid: url.replace('127.0.0.1', host) }, 5000, '*')).rejects.toThrow(
        /^the host of the provider is not allowed|^the provider is unreachable: ERR_PRIVATE_ADDRESS$/,
      );
      expect(received).toEqual([]);
    },
  );
});
