import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

const BODY_LIMIT = 4096;
let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('broken', [{ ...DUMMY, attrs: { throw_error: true } }]),
      ),
    ],
    gateway: { BODY_LIMIT_BYTES: String(BODY_LIMIT), NETWORK_ATTEMPTS_FREE: '3' },
  });
});
afterAll(() => deployment.close());

/** Returns JSON with the given nesting depth. */
const nestedArrays = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

const path = '/api/v3/flows/executor/login/?query=';

describe('an unknown path', () => {
  it.each([
    '/api/v3/flows/executor/nowhere/?query=',
    '/api/v3/flows/executor/login?query=',
    '/api/v3/flows/executor/log%20in/',
    `/api/v3/flows/executor/${'a'.repeat(500)}/`,
    '//api/v3/flows/executor/login/',
    '/API/v3/flows/executor/login/',
    '/nothing/',
    '/api/v3/flows/executor/a%00b/',
    '/api/v3/flows/executor/%zz/',
    '/flows/-/default/a%00b/',
    '/flows/-/default/recovery/',
  ])('returns 404: %s', async (address) => {
    const { status, body } = await deployment.browser().fetch(address);

    expect(status).toBe(404);
    expect(body).toEqual({ detail: expect.any(String), code: 'not_found' });
  });
});

describe('an unsupported method', () => {
  it.each(['PUT', 'PATCH', 'DELETE'])('returns 405 and lists the allowed methods: %s', async (method) => {
    const { status, headers, body } = await deployment.browser().fetch(path, { method });

    expect(status).toBe(405);
    expect(headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'POST']);
    expect(body).toMatchObject({ code: 'method_not_allowed' });
  });

  it('returns 405 for HEAD, which must not execute a stage', async () => {
    expect((await deployment.browser().fetch(path, { method: 'HEAD' })).status).toBe(405);
  });
});

describe('a request body', () => {
  const tooLarge = '{"uid_field": "alice", "x": [{"y": -1e400}]}';

  it.each(['{"uid_field": ', 'nonsense', "{'uid_field': 'alice'}", '\u0000', '   ', nestedArrays(65), tooLarge])(
    'that cannot be read as JSON gets a validation error and keeps the plan: %j',
    async (body) => {
      const browser = deployment.browser();
      await browser.solve('login', { uid_field: 'alice' });
      const answer = await browser.post('login', body);

      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        non_field_errors: [expect.stringMatching(/^JSON parse error/)],
        code: 'malformed_json',
      });
      expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-password' });
    },
  );

  it.each([
    [null, 'No data provided', 'null'],
    [[], 'Invalid data. Expected a dictionary, but got list.', 'invalid'],
    ['x', 'Invalid data. Expected a dictionary, but got str.', 'invalid'],
    [7, 'Invalid data. Expected a dictionary, but got int.', 'invalid'],
    [7.5, 'Invalid data. Expected a dictionary, but got float.', 'invalid'],
    [true, 'Invalid data. Expected a dictionary, but got bool.', 'invalid'],
  ])('that is not a JSON object gets the challenge with an error: %j', async (body, string, code) => {
    expect((await deployment.browser().solve('login', body)).body).toMatchObject({
      component: 'ak-stage-identification',
      response_errors: { non_field_errors: [{ string, code }] },
    });
  });

  it.each([
    [{}, 'This field is required.', 'required'],
    [{ uid_field: null }, 'This field may not be null.', 'null'],
    [{ uid_field: '' }, 'This field may not be blank.', 'blank'],
    [{ uid_field: '   ' }, 'This field may not be blank.', 'blank'],
    [{ uid_field: true }, 'Not a valid string.', 'invalid'],
    [{ uid_field: ['alice'] }, 'Not a valid string.', 'invalid'],
    [{ uid_field: { a: 1 } }, 'Not a valid string.', 'invalid'],
    [{ uid_field: 'a\u0000b' }, 'Null characters are not allowed.', 'null_characters_not_allowed'],
    [{ uid_field: 'a\ud800b' }, 'Surrogate characters are not allowed: U+D800.', 'surrogate_characters_not_allowed'],
    [{ uid_field: 'x'.repeat(1025) }, 'Ensure this field has no more than 1024 characters.', 'max_length'],
  ])('with an invalid field gets the challenge with an error of that field: %j', async (body, string, code) => {
    expect((await deployment.browser().solve('login', body)).body).toMatchObject({
      component: 'ak-stage-identification',
      response_errors: { uid_field: [{ string, code }] },
    });
  });

  it('that is empty is read as {}', async () => {
    expect((await deployment.browser().post('login', '')).body).toHaveProperty('response_errors.uid_field');
  });

  it('with another content type than JSON is refused unless the body is empty', async () => {
    const form = 'application/x-www-form-urlencoded';
    expect(await deployment.browser().post('login', 'uid_field=alice', { type: form })).toMatchObject({
      status: 415,
      body: { code: 'unsupported_media_type' },
    });
    expect((await deployment.browser().post('login', '', { type: form })).status).toBe(200);
  });

  it.each(['', 'json', 'application/json, text/plain'])(
    'with the malformed content type "%s" is refused after the flow is found, unless the body is empty',
    async (type) => {
      const browser = deployment.browser();
      expect(await browser.post('login', '{}', { type })).toMatchObject({
        status: 415,
        body: { detail: `Unsupported media type "${type}" in request.`, code: 'unsupported_media_type' },
      });
      expect((await browser.post('login', '', { type })).body).toHaveProperty('response_errors.uid_field');
      expect((await browser.post('nowhere', '{}', { type })).status).toBe(404);
    },
  );

  it('may be nested up to the depth limit in an ignored field', async () => {
    const body = `{"uid_field": "alice", "junk": ${nestedArrays(63)}}`;
    expect((await deployment.browser().post('login', body)).body).toMatchObject({ component: 'ak-stage-password' });
  });

  it('that is not UTF-8 or no JSON is refused with an error that does not quote it', async () => {
    const headers = { 'content-type': 'application/json' };
    const notUtf8 = Buffer.from('{"uid_field": "hunter2\xff\xfe"}', 'latin1');
    for (const body of [notUtf8, '{"uid_field": hunter2}']) {
      const refused = await deployment.browser().fetch(path, { method: 'POST', headers, body });
      expect(refused).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
      expect(refused.text).not.toContain('hunter2');
    }
  });

  it.each([null, '', true, ['ak-stage-identification'], {}])(
    'with an invalid `component` gets an error of the field `component`: %j',
    async (component) => {
      expect((await deployment.browser().solve('login', { component, uid_field: 'alice' })).body).toMatchObject({
        component: 'ak-stage-identification',
        response_errors: { component: [{ string: expect.any(String), code: expect.any(String) }] },
      });
    },
  );

  it('for an unknown flow gets 404 even if the body cannot be parsed', async () => {
    expect((await deployment.browser().post('nowhere', 'nonsense')).status).toBe(404);
    expect((await deployment.browser().post('nowhere', 'a=b', { type: 'text/plain' })).status).toBe(404);
  });

  it('is accepted at the size limit and refused above it', async () => {
    const bodyOf = (bytes: number) =>
      JSON.stringify({ uid_field: 'alice', junk: '' }).replace('""', `"${'x'.repeat(bytes - 31)}"`);
    expect(Buffer.byteLength(bodyOf(BODY_LIMIT))).toBe(BODY_LIMIT);

    expect((await deployment.browser().post('login', bodyOf(BODY_LIMIT))).status).toBe(200);
    expect(await deployment.browser().post('login', bodyOf(BODY_LIMIT + 1))).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
  });

  it('cannot pollute object prototypes', async () => {
    const browser = deployment.browser();
    const polluted = '{"__proto__": {"uid_field": "alice"}, "constructor": {"prototype": {"uid_field": "alice"}}}';

    expect((await browser.post('login', polluted)).body).toHaveProperty('response_errors.uid_field');
  });
});

describe('a query with a credential', () => {
  it.each([`${path}&password=hunter2`, '/api/v3/flows/executor/login/?query=password%3Dhunter2'])(
    'is refused, and the credential is never logged (accident 21): %s',
    async (address) => {
      expect(await deployment.browser().fetch(address)).toMatchObject({
        status: 400,
        body: { code: 'credentials_in_query' },
      });
      expect(deployment.output('gateway')).not.toContain('hunter2');
    },
  );
});

describe('a cookie', () => {
  it.each(['', 'x', '%', '"', 'a'.repeat(5000), "' OR 1=1 --", '../../etc', '=====', 'null', '\u00e9'])(
    'with an unknown session key starts a new session: %j',
    async (value) => {
      const { status, setCookies, body } = await rawGet(`authentik_session=${value}`);

      expect(status).toBe(200);
      expect(body).toContain('ak-stage-identification');
      expect(setCookies.some((line) => line.startsWith('authentik_session='))).toBe(true);
    },
  );

  it('with a truncated or extended session key does not authenticate', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: 'correct-horse-7' });
    const key = browser.cookie() ?? '';
    for (const forged of [key.slice(0, -1), key.slice(1), `${key}A`, key.toLowerCase(), '']) {
      browser.plant(forged);
      expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
    }
    browser.plant(key);
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(200);
  });
});

describe('an error inside a stage', () => {
  it('is shown to the visitor with a request id and without details', async () => {
    const { status, body, headers } = await deployment.browser().show('broken');

    expect(status).toBe(200);
    expect(body).toEqual({ component: 'ak-stage-flow-error', request_id: headers.get('x-authentik-id') });
  });
});

describe('every response', () => {
  it('is JSON and forbids caching and cross-site framing', async () => {
    for (const address of [path, '/api/v3/flows/executor/nowhere/', '/api/v3/core/users/me/']) {
      const { headers } = await deployment.browser().fetch(address);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': expect.stringMatching(/^application\/json/),
        'cache-control': 'no-store',
        'x-frame-options': 'SAMEORIGIN',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'x-authentik-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      });
    }
  });

  it('that redirects names a path without a host, whatever the forwarded headers say', async () => {
    const { headers } = await deployment.browser().fetch('/flows/-/default/authentication/?next=%2Fa', {
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    });

    expect(headers.get('location')).toMatch(/^\/if\/flow\/[\w-]+\/\?next=%2Fa$/);
  });
});

describe('/flows/-/cancel/', () => {
  it('deletes the plans of the session, by GET only', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    expect((await browser.fetch('/flows/-/cancel/', { method: 'POST' })).status).toBe(405);
    const { status, headers } = await browser.fetch('/flows/-/cancel/');

    expect([status, headers.get('location')]).toEqual([302, '/if/flow/login/']);
    expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-identification' });
  });
});

describe('a network with too many failed attempts', () => {
  it('gets 429 across all usernames, even with forged forwarded headers', async () => {
    const guess = async (i: number) => {
      const browser = deployment.browser();
      await browser.solve('login', { uid_field: `user-${i}` });
      return browser.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.100.${i}` },
        body: JSON.stringify({ password: 'wrong' }),
      });
    };
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await guess(i));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[4]?.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(answers[4]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

/** Sends a GET with a Cookie header that `fetch` refuses to send. */
function rawGet(cookie: string): Promise<{ status: number | undefined; setCookies: readonly string[]; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(deployment.url + path, { headers: { cookie } }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () =>
        resolve({ status: response.statusCode, setCookies: response.headers['set-cookie'] ?? [], body }),
      );
    });
    sent.once('error', reject);
    sent.end();
  });
}
