import type { PolicyRequest } from '@gatehouse/contracts';
import { DIRECTORY_SCHEMA, directoryMigrations, TypeormPeople } from '@gatehouse/directory';
import { Interpreter } from '@gatehouse/expressions';
import { Bounded, MaxmindPlaces, migrate, openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../../test/support/postgres.js';
import { Evaluator } from '../evaluator.js';
import type { Policy } from '../policy.js';
import { ALICE, policyRequestOf } from '../testing.js';
import { expressionContract } from './expression.contract.js';
import { ExpressionPolicy } from './expression.policy.js';
import { Givens } from './givens.js';
import { Python } from './python.js';

const MEMORY_MB = 64;
const STAFF = '5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f01';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let source: DataSource;
let interpreter: Interpreter;
let evaluator: Evaluator;
beforeAll(async () => {
  database = await freshDatabase();
  await migrate({ url: database.url, schema: DIRECTORY_SCHEMA, migrations: directoryMigrations });
  source = await openDataSource({ url: database.url, schema: DIRECTORY_SCHEMA, poolSize: 1 });
  await source.query(
    `INSERT INTO directory.users (id, username, name, email, password_hash, attributes)
     VALUES ('${ALICE.uuid}', 'alice', 'Alice', 'alice@example.org', 'hash', '{"shoe": {"size": 38}}')`,
  );
  await source.query(
    `INSERT INTO directory.groups (id, name, attributes) VALUES ('${STAFF}', 'staff', '{"shoe": {"size": 1, "colour": "red"}}')`,
  );
  await source.query(`INSERT INTO directory.user_groups SELECT id, '${STAFF}' FROM directory.users`);
  interpreter = await Interpreter.start({ memoryMb: MEMORY_MB, size: 1 });
  await interpreter.complete();
  const people = new TypeormPeople(source);
  const places = await MaxmindPlaces.open({ asn: undefined, city: undefined });
  const python = new Python(interpreter, new Bounded(1, 10));
  const policy = new ExpressionPolicy(python, people, new Givens(people, places)) as Policy;
  evaluator = new Evaluator(new Map([['expression', { contract: expressionContract, policy }]]));
}, 120_000);
afterAll(async () => {
  await interpreter?.close();
  await source?.destroy();
  await database?.drop();
});

const written = (name: string, expression: string) => ({
  ...{ id: name, kind: 'expression', name, config: { expression } },
});

async function ask(expression: string, given: Partial<PolicyRequest> = {}) {
  const policies = [{ ...written('p', expression), timeout_ms: 3000 }];
  const reply = await evaluator.evaluate(policyRequestOf({ user: ALICE, policies, ...given }));
  return { ...reply, ...reply.results['p'] };
}

describe('an expression', () => {
  it.each([
    ['return request.user.username == "alice"', true],
    ['return request.user.attributes["shoe"]["size"] == 38', true],
    ['return request.user.has_usable_password()', true],
    ['return request.user.group_attributes(request.http_request)["shoe"] == {"size": 38, "colour": "red"}', true],
    ['return ak_is_group_member(request.user, name="staff")', true],
    ['return ak_is_group_member(request.user, name="others")', false],
    ['return ak_user_by(username="alice").email == "alice@example.org"', true],
    ['return ak_user_by(username="nobody") is None and ak_user_by(password_hash="hash") is None', true],
    ['return ak_user_has_authenticator(request.user)', false],
    ['return str(ak_client_ip) == "203.0.113.7" and ak_client_ip in ip_network("203.0.113.0/24")', true],
    ['return context["geoip"] is None and context["asn"] is None', true],
    ['return "executor/login/" in http_request.path', true],
    ['ak_create_event("noticed", colour="red")\nreturn True', true],
    ['pass', false],
  ])('says %j: %s', async (expression, pass) => {
    expect(await ask(expression)).toMatchObject({ pass, context: { set: {}, unset: [] } });
  });

  it('speaks to the visitor, and changes the plan', async () => {
    const flow_plan = { slug: 'login', context: { a: 1, b: 2 } };
    const expression =
      'plan = request.context["flow_plan"]\nplan.context["a"] = 3\ndel plan.context["b"]\nak_message("hi")';
    expect(await ask(expression, { flow_plan })).toMatchObject({
      pass: false,
      messages: ['hi'],
      context: { set: { a: 3 }, unset: ['b'] },
    });
  });

  it('leads elsewhere', async () => {
    expect(await ask('context["flow_plan"].redirect("/elsewhere")\nreturn False')).toMatchObject({
      insert: { where: 'next', steps: [{ kind: 'redirect', config: { to: '/elsewhere' } }] },
    });
  });

  it.each([
    ['return 1 / 0', /division by zero \(line 2\)/],
    ['return (', /line 2/],
    ['while True: pass', /time|longer/],
    ['return ak_call_policy("nobody").passing', /Policy 'nobody' not found/],
  ])('%j cannot decide, and changes nothing', async (expression, error) => {
    const reply = await ask(`context["flow_plan"].context["a"] = 1\n${expression}`, { timeout_ms: 1000 });
    expect(reply).toMatchObject({
      pass: false,
      error: expect.stringMatching(error),
      context: { set: {}, unset: [] },
    });
  });
});

describe('a policy that another calls', () => {
  const callable = [written('other', 'ak_message("heard")\nreturn context.get("colour") == "red"')];

  it('is evaluated with what it is given besides', async () => {
    const expression = (colour: string) =>
      `said = ak_call_policy("other", colour="${colour}")\nak_message(said.messages[0])\nreturn said.passing`;
    expect(await ask(expression('red'), { callable })).toMatchObject({ pass: true, messages: ['heard'] });
    expect(await ask(expression('blue'), { callable })).toMatchObject({ pass: false, messages: ['heard'] });
  });

  it('does not pass when it would call a third', async () => {
    const more = [...callable, written('between', 'return ak_call_policy("other", colour="red").passing')];
    expect(await ask('return ak_call_policy("between").passing', { callable: more })).toMatchObject({ pass: false });
  });
});
