import { describe, expect, it } from 'vitest';
import { EventQueryError, MAX_QUERY_DEPTH, MAX_QUERY_LENGTH, parseEventQuery } from './event-query.js';

const event = {
  ...{ action: 'login', app: 'authentik.core', client_ip: '203.0.113.7' },
  context: { action_id: 'account_lockdown', size: 3, ok: true, list: [1], 'say "hi"': 1, text: 'Say "hi"' },
  user: { username: 'alice' },
};

describe('a query over the fields of an event', () => {
  it.each([
    ['action = "login"', true],
    ['action = "logout"', false],
    ['action != "logout"', true],
    ['context.action_id = "account_lockdown"', true],
    ['context.action_id = "account_lockdown" and action = "logout"', false],
    ['action = "logout" or context.size > 2 and context.ok = True', true],
    ['(action = "logout" or context.size > 2) and context.ok = False', false],
    ['context.size >= 3 and context.size <= 3', true],
    ['context.size < 3', false],
    ['context.size > 3', false],
    ['context.size > "2"', false],
    ['action > "a" and action < "z"', true],
    ['user.username in ("bob", "alice")', true],
    ['user.username not in ("bob", "alice")', false],
    ['client_ip startswith "203." and client_ip not endswith ".8"', true],
    ['app ~ "CORE" and app !~ "saml"', true],
    ['context.missing = None and context.missing.deeper = None', true],
    ['context.missing > 1', false],
    ['context.text = "Say \\"hi\\""', true],
    ['context.constructor = None', true],
    ['  action="login"  ', true],
  ])('%s evaluates to %s', (text, matches) => {
    expect(parseEventQuery(text)(event)).toBe(matches);
  });

  it.each([
    ['', 'the query ends where a field is expected'],
    ['action = "login" and not_a', 'unknown field "not_a"'],
    ['action', 'the query ends where an operator is expected'],
    ['action =', 'the query ends where a value is expected'],
    ['action = login', '"login" is not a value'],
    ['action is "login"', 'unknown operator "is"'],
    ['password = "x"', 'unknown field "password"'],
    ['action = "login" action = "x"', 'unexpected "action"'],
    ['(action = "login"', 'the query ends where ")" is expected'],
    ['action in "login"', '"(" is expected'],
    ['action = "login', 'unexpected ""login"'],
    ['action = "a" ; drop', 'unexpected "; drop"'],
  ])('with a mistake is refused: %j', (text, message) => {
    expect(() => parseEventQuery(text)).toThrow(EventQueryError);
    expect(() => parseEventQuery(text)).toThrow(message);
  });

  it(`has at most ${MAX_QUERY_LENGTH} characters and ${MAX_QUERY_DEPTH} nested parentheses`, () => {
    const nested = (depth: number) => `${'('.repeat(depth)}action = "login"${')'.repeat(depth)}`;
    expect(parseEventQuery(nested(MAX_QUERY_DEPTH))(event)).toBe(true);
    expect(() => parseEventQuery(nested(MAX_QUERY_DEPTH + 1))).toThrow('more than 20 parentheses');
    expect(parseEventQuery('action = "login"'.padEnd(MAX_QUERY_LENGTH))(event)).toBe(true);
    expect(() => parseEventQuery('action = "login"'.padEnd(MAX_QUERY_LENGTH + 1))).toThrow('longer than 2000');
  });
});
