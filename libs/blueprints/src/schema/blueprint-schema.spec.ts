import { readdirSync, readFileSync } from 'node:fs';
import type { ApiVersion } from '@gatehouse/contracts';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkBlueprints } from '../lint/check-blueprints.js';
import { blueprintSchema } from './blueprint-schema.js';
import { describedModels } from './described-models.js';

const compiled = (apiVersion: ApiVersion) => new Ajv({ strict: false }).compile(blueprintSchema(apiVersion));
const validators = { '2024.8': compiled('2024.8'), '2026.8': compiled('2026.8') };

/** Returns the errors that an editor would show in a text. An editor treats a tag as the text or list after it. */
const errorsIn = (text: string, apiVersion: ApiVersion = '2024.8'): unknown[] => {
  const validate = validators[apiVersion];
  validate(parse(text, { logLevel: 'silent', merge: true }));
  return validate.errors ?? [];
};

const isAccepted = async (text: string, apiVersion: ApiVersion = '2024.8'): Promise<boolean> => {
  const syntax = { check: async () => undefined };
  const files = [{ name: 'a.yaml', text }];
  const found = await checkBlueprints({ files, library: async () => undefined, env: {}, syntax, apiVersion });
  return found.every(({ severity }) => severity === 'warning');
};

const FILES = [
  ...['blueprints', 'test/corpus'].flatMap((folder) =>
    readdirSync(folder).flatMap((name) => (/\.(yaml|json)$/.test(name) ? [`${folder}/${name}`] : [])),
  ),
  'examples/python-stage/blueprint.yaml',
  'examples/gatehouse-client/blueprint.yaml',
];

const entry = (model: string, attrs: string) =>
  `entries:\n- {model: ${model}, identifiers: {name: x}, attrs: {${attrs}}}`;
const dummy = (attrs: string) => entry('authentik_stages_dummy.dummystage', attrs);
const email = (attrs: string) => entry('authentik_stages_email.emailstage', attrs);

describe('the JSON Schema of blueprints', () => {
  it.each(FILES)('accepts %s', (file) => {
    expect(errorsIn(readFileSync(file, 'utf8'))).toEqual([]);
  });

  it.each([
    'entry: []',
    'entries: [{model: authentik_core.group, identifiers: {name__startswith: a}}]',
    'metadata: {name: a}',
    '{version: 2, entries: []}',
    '{metadata: {labels: {}}, entries: []}',
    '{metadata: {name: a, label: {}}, entries: []}',
    'entries: {flows: 1}',
    'entries: {flows: [{model: authentik_stages_dummy.dummystag, identifiers: {name: x}}]}',
    'entries: [{identifiers: {name: x}}]',
    `${dummy('')}\n  atrs: {}`.replace('}}\n  atrs: {}', '}, atrs: {}}'),
    'entries: [{model: authentik_stages_dummy.dummystag, identifiers: {name: x}}]',
    'entries: [{model: authentik_stages_dummy.dummystage, identifiers: {nam: x}}]',
    'entries: [{model: authentik_stages_dummy.dummystage, state: presnt, identifiers: {name: x}}]',
    dummy('throw_eror: true'),
    dummy('throw_error: maybe'),
    email('port: 0'),
    email('port: many'),
    email('template: email/other.html'),
    entry('authentik_stages_identification.identificationstage', 'user_fields: [mail]'),
    entry('authentik_policies_geoip.geoippolicy', 'countries: Germany'),
    entry('gatehouse_stages.remotestage', 'kind: pin'),
  ])('refuses a text that applying would refuse: %s', async (text) => {
    expect(await isAccepted(text)).toBe(false);
    expect(errorsIn(text)).not.toEqual([]);
  });

  it.each([
    '{x-anchors: [1], entries: []}',
    'entries: {}',
    'entries: {stages: [{model: authentik_stages_dummy.dummystage, identifiers: {name: x}}], more: }',
    entry('authentik_stages_prompt.promptstage', 'fields: !AtIndex [{a: []}, a]'),
    entry('authentik_stages_prompt.promptstage', 'fields: !AtIndex [[], 0, []]'),
    dummy('throw_error: !Condition [EQ, 1, 2]'),
    dummy('throw_error: "on"'),
    dummy('throw_error: !If [!Context [a, b], true, false]'),
    email('port: "465", timeout: 5'),
    'entries: [{model: authentik_stages_dummy.dummystage, identifiers: {name__startswith: a}, attrs: {name: b}}]',
    'entries: [{model: authentik_core.group, identifiers: {name: a}, attrs: {roles: [c]}}]',
    'entries: [{model: authentik_rbac.role, identifiers: {name: x}, attrs: {any: 1}}]',
    'entries: [{model: Authentik_Stages_Dummy.DummyStage, identifiers: {name: x}}]',
    entry('authentik_stages_prompt.promptstage', 'fields: !Enumerate [[], SEQ, !Value 0]'),
    entry('authentik_policies_geoip.geoippolicy', 'check_impossible_travel: false, countries: [DE]'),
    entry('gatehouse_stages.remotestage', 'kind: x_acme_pin'),
  ])('accepts a text that applying would accept: %s', async (text) => {
    expect(await isAccepted(text)).toBe(true);
    expect(errorsIn(text)).toEqual([]);
  });
});

describe('the JSON Schema of an API line', () => {
  const captcha = (attrs: string) =>
    entry('authentik_stages_captcha.captchastage', `public_key: a, private_key: b, ${attrs}`);
  const devices = (classes: string) =>
    entry('authentik_stages_authenticator_validate.authenticatorvalidatestage', `device_classes: [${classes}]`);

  it.each([
    captcha('interactive: true'),
    devices('totp, email'),
    email('template: email/invitation.html'),
    entry('authentik_stages_redirect.redirectstage', 'mode: static, target_static: /'),
    'entries: [{model: authentik_flows.flow, identifiers: {slug: x}, attrs: {name: x, title: x, designation: authorization, authentication: require_token}}]',
  ])('refuses in 2024.8 and accepts in 2026.8, as applying does: %s', async (text) => {
    for (const apiVersion of ['2024.8', '2026.8'] as const) {
      expect([apiVersion, await isAccepted(text, apiVersion)]).toEqual([apiVersion, apiVersion === '2026.8']);
      expect([apiVersion, errorsIn(text, apiVersion).length > 0]).toEqual([apiVersion, apiVersion === '2024.8']);
    }
  });

  it.each([
    captcha('interactive: false'),
    email('token_expiry: 30'),
    devices('static, totp, webauthn, duo, sms, email'),
  ])('accepts in both lines a value that 2024.8 has: %s', async (text) => {
    for (const apiVersion of ['2024.8', '2026.8'] as const) {
      expect(await isAccepted(text, apiVersion)).toBe(true);
      expect(errorsIn(text, apiVersion)).toEqual([]);
    }
  });
});

it('every field of a model has a description: add .describe() to the field', () => {
  const missing = describedModels().flatMap(({ name, fields }) =>
    fields.flatMap((field) => (field.description ? [] : [`${name} ${field.name}`])),
  );
  expect(missing).toEqual([]);
});

it('isRequired is true only for fields that the check of the whole object requires and the schema does not', () => {
  const required = describedModels().flatMap(({ name, fields }) =>
    fields.flatMap((field) => (field.isRequired ? [`${name} ${field.name}`] : [])),
  );
  expect(required).toEqual(['authentik_stages_source.sourcestage source']);
});
