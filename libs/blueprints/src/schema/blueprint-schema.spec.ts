import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkBlueprints } from '../lint/check-blueprints.js';
import { blueprintSchema } from './blueprint-schema.js';
import { describedModels } from './described-models.js';

const validate = new Ajv({ strict: false }).compile(blueprintSchema());

/** Returns what an editor finds in a text. It reads a tag as the text or list after it. */
const errorsIn = (text: string): unknown[] => {
  validate(parse(text, { logLevel: 'silent', merge: true }));
  return validate.errors ?? [];
};

const isAccepted = async (text: string): Promise<boolean> => {
  const syntax = { check: async () => undefined };
  const files = [{ name: 'a.yaml', text }];
  const found = await checkBlueprints({ files, library: async () => undefined, env: {}, syntax });
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
  ])('refuses what the reader refuses: %s', async (text) => {
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
  ])('accepts what the reader accepts: %s', async (text) => {
    expect(await isAccepted(text)).toBe(true);
    expect(errorsIn(text)).toEqual([]);
  });
});

it('every field of a model has a description: add .describe() to the field', () => {
  const missing = describedModels().flatMap(({ name, fields }) =>
    fields.flatMap((field) => (field.description ? [] : [`${name} ${field.name}`])),
  );
  expect(missing).toEqual([]);
});

it('knows the fields without which the check of a whole object refuses it', () => {
  const required = describedModels().flatMap(({ name, fields }) =>
    fields.flatMap((field) => (field.isRequired ? [`${name} ${field.name}`] : [])),
  );
  expect(required).toEqual(['authentik_stages_source.sourcestage source']);
});
