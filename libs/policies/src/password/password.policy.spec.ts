import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiVersion } from '@gatehouse/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { ALICE, policyInput, policyRequestOf } from '../../testing/index.js';
import { BreachedPasswordLookup } from './breached-password-lookup.js';
import { passwordContract } from './password.contract.js';
import { PasswordPolicy } from './password.policy.js';

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

async function startBreachList(answer: RequestListener): Promise<BreachedPasswordLookup> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  return new BreachedPasswordLookup(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
const unreachable = new BreachedPasswordLookup('http://127.0.0.1:1');

function ask(
  password: unknown,
  config: object,
  { breaches = unreachable, api_version = '2024.8' }: { breaches?: typeof unreachable; api_version?: ApiVersion } = {},
) {
  const context = { prompt_data: { password } };
  const site = { ...policyRequestOf().site, api_version };
  const request = { user: ALICE, flow_plan: { slug: 'x', context }, site };
  return new PasswordPolicy(breaches).evaluate(policyInput(passwordContract, { config: { ...config }, request }));
}

describe('the static rules of a password policy', () => {
  it.each([
    ['abcd', { length_min: 4 }, true],
    ['\u{1F600}bc', { length_min: 4 }, false],
    ['a1b22', { amount_digits: 3 }, true],
    ['a\u0661b22', { amount_digits: 3 }, false],
    ['ABc', { amount_uppercase: 2, amount_lowercase: 1 }, true],
    ['Abc', { amount_uppercase: 2 }, false],
    ['Abc', { amount_lowercase: 3 }, false],
    ['a!b', { amount_symbols: 1 }, true],
    ['a\\b', { amount_symbols: 2 }, true],
    ['a!b', { amount_symbols: 1, symbol_charset: '?' }, false],
  ])('are checked for the password %j with the config %j', async (password, config, pass) => {
    const messages = pass ? {} : { messages: ['Try another.'] };
    expect(await ask(password, { ...config, error_message: 'Try another.' })).toEqual({ pass, ...messages });
  });

  it('have the message "Invalid password." in 2026.8 if the policy has none', async () => {
    expect(await ask('a', { length_min: 9 }, { api_version: '2026.8' })).toEqual({
      pass: false,
      messages: ['Invalid password.'],
    });
    expect(await ask('a', { length_min: 9 })).toEqual({ pass: false, messages: [''] });
  });

  it('are ignored when they are disabled', async () => {
    expect(await ask('a', { length_min: 9, check_static_rules: false })).toEqual({ pass: true });
  });
});

it.each(['', undefined, 7])('a password policy refuses %j, which is not a password', async (password) => {
  expect(await ask(password, {})).toEqual({ pass: false, messages: ['Password not set in context'] });
});

it('a password policy reads the password from the plan if prompt_data has none', async () => {
  const request = { flow_plan: { slug: 'x', context: { password: 'abcd' } } };
  const input = policyInput(passwordContract, { config: { length_min: 4 }, request });
  expect(await new PasswordPolicy(unreachable).evaluate(input)).toEqual({ pass: true });
});

describe('the list of breached passwords', () => {
  const hash = createHash('sha1').update('correct-horse').digest('hex').toUpperCase();

  it('receives five characters of the hash, and returns a count that is compared with the limit', async () => {
    const requests: (string | undefined)[] = [];
    const breaches = await startBreachList(({ url }, reply) => {
      requests.push(url);
      reply.end(`${'0'.repeat(35)}:1\r\n${hash.slice(5)}:12\r\n`);
    });
    expect(await ask('correct-horse', { check_have_i_been_pwned: true }, { breaches })).toEqual({
      pass: false,
      messages: ['Password exists on 12 online lists.'],
    });
    const tolerant = { check_have_i_been_pwned: true, hibp_allowed_count: 12 };
    expect(await ask('correct-horse', tolerant, { breaches })).toEqual({ pass: true });
    expect(await ask('another-horse', { check_have_i_been_pwned: true }, { breaches })).toEqual({ pass: true });
    expect(requests[0]).toBe(`/range/${hash.slice(0, 5)}`);
  });

  it('leaves the policy undecided when it is unreachable or responds with an error', async () => {
    const check = { check_have_i_been_pwned: true };
    await expect(ask('x', check)).rejects.toThrow(/cannot be reached/);
    const broken = await startBreachList((_, reply) => void reply.writeHead(500).end());
    await expect(ask('x', check, { breaches: broken })).rejects.toThrow(/status 500/);
  });

  it('leaves the policy undecided when its response is longer than 1048576 bytes', async () => {
    const endless = await startBreachList((_, reply) => void reply.end('x'.repeat(2 * 1024 * 1024)));
    await expect(ask('x', { check_have_i_been_pwned: true }, { breaches: endless })).rejects.toThrow(
      /more than 1048576 bytes/,
    );
  });
});

describe('the strength of a password', () => {
  it('is too low for a common password or the email address, and the messages make suggestions', async () => {
    for (const password of ['password1', 'alice@example.org']) {
      expect(await ask(password, { check_zxcvbn: true })).toEqual({
        pass: false,
        messages: ['Password is too weak.', expect.any(String)],
      });
    }
    expect(await ask('vRk8#qLw2!zPn5', { check_zxcvbn: true })).toEqual({ pass: true, messages: [] });
  });

  it('is computed from the first 72 characters in 2026.8, and from the first 100 in 2024.8', async () => {
    const strongEnd = `${'a'.repeat(75)}vRk8#qLw2!zPn5`;
    expect(await ask(strongEnd, { check_zxcvbn: true })).toMatchObject({ pass: true });
    expect(await ask(strongEnd, { check_zxcvbn: true }, { api_version: '2026.8' })).toMatchObject({ pass: false });
  });
});
