import fc from 'fast-check';
import { anyCodePoint } from './code-points.js';

/** Generators of malicious and malformed requests. */

/** Header values of any bytes except line ends. Each character stands for one byte. */
const bytes = (maxLength: number) =>
  fc
    .array(fc.integer({ min: 1, max: 255 }), { maxLength })
    .map((codes) => String.fromCharCode(...codes).replace(/[\r\n]/g, ' '));

const nasty = fc.constantFrom(
  ...[
    '',
    ' ',
    '0',
    '-1',
    'null',
    'undefined',
    'true',
    '[object Object]',
    '__proto__',
    'constructor',
    '%',
    '%00',
    '%zz',
  ],
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE flow.plans; --',
    '$1',
    '${7*7}',
    '{{7*7}}',
    '%(user)s',
    '<script>',
    '../../etc/passwd',
  ],
  ...[
    'javascript:alert(1)',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '\u00ff\u00fe',
    'a'.repeat(9000),
  ],
  ...['alice', 'akadmin', '9'.repeat(400), '1e999', 'NaN', '2099-01-01T00:00:00Z', 'W/"x"', '*', ';', ',', '=', '==='],
);
const text = fc.oneof(nasty, fc.string({ unit: anyCodePoint }), fc.string());

const address = fc.oneof(
  fc.constantFrom('a', '127.0.0.1', '::1', '::ffff:127.0.0.1', 'fe80::1%eth0', '1.2.3.4:5555', '[::1]:80', '0x7f.1'),
  fc.constantFrom('unknown', '255.255.255.255', '999.1.1.1', '0', ',', ' , ,', '1.1.1.1,'.repeat(500), '10.0.0.0/8'),
  fc.ipV4(),
  fc.ipV6(),
);

const HEADERS = [
  ...['Accept', 'Accept-Charset', 'Accept-Encoding', 'Accept-Language', 'Authorization', 'Content-Type', 'Origin'],
  ...['Referer', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range', 'Range'],
  ...['Forwarded', 'X-Real-IP', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-Prefix'],
  ...['X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'X-Authentik-Csrf', 'X-Authentik-Outpost-Token'],
  ...['X-Authentik-Remote-Ip', 'X-Authentik-Username', 'X-Authentik-Uid', 'X-Authentik-Id', 'User-Agent', 'Host'],
  ...['Connection', 'Upgrade', 'TE', 'Trailer', 'Expect', 'Content-Encoding', 'Transfer-Encoding', 'Content-Length'],
  ...['traceparent', 'tracestate', 'baggage', 'Via', 'Cache-Control', 'Proxy-Authorization', 'Sec-Fetch-Site'],
] as const;

const sensible: Readonly<Record<string, readonly string[]>> = {
  Authorization: ['Bearer', 'Bearer x', 'Basic YWxpY2U6Y29ycmVjdC1ob3JzZS03', 'Bearer null', 'bearer ', 'Token x'],
  'Content-Type': ['application/json; charset=utf-16', 'text/plain', 'multipart/form-data', 'application/json,', '/'],
  Connection: ['close', 'upgrade', 'keep-alive, upgrade', 'Cookie', 'X-Forwarded-For'],
  Upgrade: ['websocket', 'h2c', 'TLS/1.0'],
  Expect: ['100-continue', '200-ok'],
  'Transfer-Encoding': ['chunked', 'identity', 'gzip, chunked', 'chunked, chunked', 'x'],
  'Content-Length': ['0', '+0', '00', '-1', '0x0', '0, 0'],
  Range: ['bytes=0-1', 'bytes=0-1,2-3', 'bytes=-9999'],
};

/** Name and value of a header: forwarded addresses, common headers and invalid ones. */
export const header = fc.oneof(
  fc.tuple(fc.constantFrom('X-Forwarded-For', 'X-Real-IP', 'X-Authentik-Remote-Ip', 'X-Forwarded-For'), address),
  fc.constantFrom(...HEADERS).chain((name) => {
    const known = sensible[name] ?? [];
    const value = known.length > 0 ? fc.oneof(fc.constantFrom(...known), nasty, bytes(60)) : fc.oneof(nasty, bytes(60));
    return fc.tuple(fc.constant(name), value);
  }),
);

/** Values of a session cookie: parts of the valid session key, altered keys and arbitrary text. */
export const cookieValueOf = (key: string) =>
  fc.oneof(
    fc.integer({ min: 0, max: key.length - 1 }).map((end) => key.slice(0, end)),
    fc.integer({ min: 1, max: key.length - 1 }).map((start) => key.slice(start)),
    fc.constantFrom(`${key}=`, `${key}A`, `${key}%00`, `${key}\u0000`, key.toLowerCase(), key.toUpperCase()),
    fc
      .integer({ min: 0, max: key.length - 1 })
      .map((at) => key.slice(0, at) + (key[at] === 'A' ? 'B' : 'A') + key.slice(at + 1)),
    nasty,
    bytes(200),
    fc.integer({ min: 4000, max: 9000 }).map((length) => 'x'.repeat(length)),
  );

const escape = fc.constantFrom(
  '%00',
  '%',
  '%zz',
  '%c0%af',
  '%ff%fe',
  '%ed%a0%80',
  '+',
  '%25',
  '&',
  '=',
  '&&',
  '%2526',
  ';',
  '#',
);
const encodedText = fc.oneof(text.map(encodeURIComponentLoosely), escape, fc.string());

/** Encodes a query value. Replaces lone surrogates, which `encodeURIComponent` refuses. */
function encodeURIComponentLoosely(value: string): string {
  return encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd'));
}

const PARAMETERS = [
  'query',
  'next',
  'inspector',
  'page',
  'page_size',
  'flow_token',
  'user',
  'ordering',
  'format',
  '__proto__',
];

/** A query string without its question mark, as sent on the wire. */
export const query = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...PARAMETERS), encodedText), fc.array(encodedText, { maxLength: 3 })), {
    maxLength: 5,
  })
  .map((pairs) => pairs.map(([name, parts]) => `${name}=${parts.join('')}`).join('&'))
  // Encodes characters that are invalid in an HTTP request line. Other tests send malformed requests.
  .map((line) => line.replace(/[^\x21-\x7e\x80-\xff]/g, '%20'));

const FIELDS = [
  'component',
  'uid_field',
  'password',
  'remember_me',
  '__proto__',
  'constructor',
  'toString',
  'token',
  'user',
  '',
];
const numbers = fc.constantFrom('1e999', '-1e999', '1e20', '9'.repeat(400), '-0', '0.1e-400', '1E+2');
const scalar = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
  text.map((value) => JSON.stringify(value)),
  fc.constantFrom('"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"ak-stage-identification"', '"ak-stage-user-login"'),
  numbers,
);
const large = fc.constantFrom(
  `[${'1e20,'.repeat(40_000)}1]`,
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`,
  JSON.stringify('\u{1f600}'.repeat(40_000)),
  `[${'{},'.repeat(50_000)}{}]`,
  `{${Array.from({ length: 10_000 }, (_, i) => `"k${i}":0`).join(',')}}`,
);
const value = fc.oneof({ weight: 8, arbitrary: scalar }, { weight: 1, arbitrary: large });
const object = fc
  .array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 5 })
  .map((pairs) => `{${pairs.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`);

/** A body as bytes: valid JSON with unexpected values, forms, truncated or broken text, and random bytes. */
export const body = fc.oneof(
  { weight: 6, arbitrary: object.map((json) => Buffer.from(json)) },
  { weight: 1, arbitrary: value.map((json) => Buffer.from(json)) },
  { weight: 1, arbitrary: fc.tuple(object, fc.nat(40)).map(([json, at]) => Buffer.from(json.slice(0, -1 - at))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(object, bytes(8))
      .map(([json, noise]) => Buffer.from(json.replace('":', `${noise}":`), 'latin1')),
  },
  { weight: 1, arbitrary: query.map((form) => Buffer.from(form, 'latin1')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)) },
);

/** Arbitrary values of the header Content-Type. */
export const contentType = fc.oneof(
  { weight: 4, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/json; charset=latin1',
      'x',
    ),
  },
);
