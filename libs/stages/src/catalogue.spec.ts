import {
  fieldMessages,
  fromDescriptor,
  NON_FIELD_ERRORS,
  onlyIn,
  planContext,
  type StageContract,
  schemaLayers,
  secretFields,
  systemChallenges,
  toDescriptor,
} from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stages, wireShapes } from './catalogue.js';
import { invitationContract } from './enrollment/invitation.contract.js';
import { moduleOf, stagesOf } from './modules.js';
import { passwordContract } from './password/password.contract.js';
import { userLoginContract } from './user-login/user-login.contract.js';

const entries = Object.entries(stages).map(([key, { contract }]) => ({ key, contract }));
/** Returns whether a stage has a model of its own, which authentik does not have. */
const isOwn = ({ model }: StageContract) => model?.startsWith('authentik_') === false;
/** Config fields without a default, by kind. */
const REQUIRED_FIELDS: Readonly<Record<string, string[]>> = {
  message: ['message'],
  authenticator_duo: ['api_hostname', 'client_id', 'client_secret'],
  authenticator_sms: ['provider', 'from_number', 'account_sid', 'auth'],
  authenticator_totp: ['digits'],
  authorization_code: ['request', 'user', 'authentication', 'asks'],
  captcha: ['public_key', 'private_key'],
  configured_redirect: ['mode'],
  device_code_finish: ['claimed'],
  password: ['backends'],
};
/** Whether a component belongs to the executor's own challenges, which several stages show. */
const isSystem = (name: string | undefined) => systemChallenges.some(({ component }) => component === name);
const unique = (values: readonly unknown[]) => new Set(values).size === values.length;

/** A stage with one of these effects logs users in, or creates, changes or deletes accounts. */
const GRANTING = ['login', 'keep_session', 'end_sessions'];

it('stages that log in users or write accounts declare `grants`, so undecided policies skip them (accident 1)', () => {
  const granting = entries.filter(({ contract }) => contract.effects.some((effect) => GRANTING.includes(effect)));
  expect(granting.map(({ key }) => key)).toEqual(expect.arrayContaining(['user_login', 'user_write', 'user_delete']));
  expect(granting.filter(({ contract }) => !contract.grants).map(({ key }) => key)).toEqual([]);
});

it('only these stages act without a response, and so need a confirmation in a flow that another site started', () => {
  const acting = entries.filter(({ contract }) => contract.acts_on_entry({})).map(({ key }) => key);
  expect(acting.toSorted()).toEqual([
    ...['account_lockdown', 'authenticator_duo', 'authenticator_email', 'authenticator_sms', 'email', 'group_update'],
    ...['iframe_logout', 'post_source', 'user_delete', 'user_login', 'user_logout', 'user_write'],
  ]);
  expect(userLoginContract.acts_on_entry({ remember_me_offset: 'days=1' })).toBe(false);
  expect(userLoginContract.acts_on_entry({ remember_me_offset: 'seconds=0' })).toBe(true);
  expect(invitationContract.acts_on_entry({ redeems: true })).toBe(true);
});

it('only these stages declare `personal_fields`: a script can send their response without a user action', () => {
  const automatic = entries.flatMap(({ key, contract }) => (contract.personal_fields ? [key] : []));
  expect(automatic.toSorted()).toEqual([
    ...['authenticator_duo', 'authenticator_validate', 'autosubmit', 'captcha', 'iframe_logout'],
  ]);
  for (const { contract } of entries)
    expect(Object.keys(contract.response.shape)).toEqual(expect.arrayContaining([...(contract.personal_fields ?? [])]));
});

describe.each(entries)('the contract of $key', ({ key, contract }) => {
  it('has its key of the catalogue as kind, which is a valid token of a NATS subject', () => {
    expect(contract.kind).toBe(key);
    expect(key).toMatch(/^[a-z][a-z0-9_]{1,47}$/);
  });

  it('has no blueprint model, or one in lower case', () => {
    const { model = 'gatehouse_stages.nonestage' } = contract;
    expect(model).toMatch(/^(authentik_stages_[a-z_]+|[a-z][a-z0-9_]*_stages)\.[a-z0-9]+stage$/);
  });

  // Blueprints of authentik omit fields for which its models have a default.
  it.skipIf(isOwn(contract))('has a default for each config field except the required ones', () => {
    const parsed = contract.config.safeParse({});
    const required = parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
    expect(required).toEqual(REQUIRED_FIELDS[key] ?? []);
  });

  it('has error codes with its kind as prefix, none of which is the code of a field error', () => {
    for (const [code, { string }] of Object.entries(contract.errors)) {
      expect(code.startsWith(`${key}_`)).toBe(true);
      expect(Object.keys(fieldMessages)).not.toContain(code);
      expect(string).not.toBe('');
    }
  });

  it('declares attempts for fields of its response, with errors that it declares', () => {
    for (const { when, refuse, free, hard } of contract.attempts) {
      expect([...Object.keys(contract.response.shape), NON_FIELD_ERRORS]).toEqual(
        expect.arrayContaining([when, refuse.field]),
      );
      expect(Object.keys(contract.errors)).toContain(refuse.code);
      expect(free).toBeLessThan(hard);
    }
  });

  it('declares the config fields, response fields and error codes of its embedded stages', () => {
    for (const [name, { field, error }] of Object.entries(contract.embeds)) {
      expect(Object.keys(contract.config.shape)).toContain(name);
      expect(Object.keys(contract.response.shape)).toContain(field);
      expect(Object.keys(contract.errors)).toContain(error);
    }
  });

  it('has no secret in its challenge, and no field that the gateway adds to every challenge', () => {
    expect(secretFields(contract.challenge)).toEqual([]);
    const own = contract.shows_as.length > 0 ? [] : ['component'];
    const presented = [...own, 'flow_info', 'pending_user', 'pending_user_avatar', 'response_errors'];
    expect(Object.keys(contract.challenge.shape).filter((name) => presented.includes(name))).toEqual([]);
  });

  it('marks every password, token and code in its response as secret', () => {
    const passwords = Object.keys(contract.response.shape).filter((name) => /pass|secret|token|code/.test(name));
    expect(secretFields(contract.response)).toEqual(passwords);
  });

  it('lists only secret response fields as addressable', () => {
    expect(secretFields(contract.response)).toEqual(expect.arrayContaining([...contract.addressable]));
  });

  it('reads and writes only shared facts, and has a deadline of at most 15 seconds', () => {
    const shared = [...Object.keys(contract.reads), ...contract.writes];
    expect(shared.filter((name) => !(name in planContext.shape))).toEqual([]);
    expect(contract.deadline_ms).toBeLessThanOrEqual(15_000);
  });

  it('is equal after the conversion to a descriptor and back', () => {
    const descriptor = toDescriptor(contract);
    expect(toDescriptor(fromDescriptor(descriptor))).toEqual(descriptor);
    for (const part of ['config', 'challenge', 'response', 'state'] as const) {
      expect(Object.keys(descriptor[part].properties)).toEqual(Object.keys(contract[part].shape));
      expect(secretFields(fromDescriptor(descriptor)[part])).toEqual(secretFields(contract[part]));
    }
  });
});

describe.each(wireShapes)('the wire shapes of $component', ({ challenge, response }) => {
  it('has a name and a description in the published schema', () => {
    for (const shape of [challenge, response])
      expect(shape?.meta()).toEqual({ id: expect.stringMatching(/^[A-Z]\w+$/), description: expect.any(String) });
  });

  it('marks credentials in the response as secret, and has no secret in the challenge', () => {
    const credentials = Object.keys(response?.shape ?? {}).filter((name) => /pass|secret|token|code/.test(name));
    expect(secretFields(response!)).toEqual(credentials);
    expect(secretFields(challenge)).toEqual([]);
  });
});

it('every challenge schema rejects script URLs, even from a compromised stage (accident 11)', () => {
  // `config_url` is left out: it is for a QR code, and the browser never opens it.
  const addresses = [...wireShapes, ...systemChallenges].flatMap(({ component, challenge }) =>
    Object.entries(challenge.shape)
      .filter(([name]) => /^to$|url$/.test(name) && name !== 'config_url')
      .map(([name, field]) => ({
        name: `${component} ${name}`,
        accepts: (to: string) => z.safeParse(field, to).success,
      })),
  );
  const accepting = (to: string) => addresses.filter(({ accepts }) => accepts(to)).map(({ name }) => name);

  expect(accepting('javascript:alert(1)')).toEqual([]);
  expect(accepting('/if/user/')).toEqual(
    expect.arrayContaining(['xak-flow-redirect to', 'ak-stage-password recovery_url']),
  );
});

/** Returns the fields of 2026.8 in a schema and in the objects that it contains, by path. */
function newerFields(schema: z.core.$ZodType, path: string): [string, z.ZodType][] {
  for (const layer of schemaLayers(schema)) {
    if (layer instanceof z.ZodArray) return newerFields(layer.element, `${path}[]`);
    if (layer instanceof z.ZodObject)
      return Object.entries(layer.shape as Record<string, z.ZodType>).flatMap(([name, field]) => [
        ...(onlyIn(field) === '2026.8' ? [[`${path}.${name}`, field] as [string, z.ZodType]] : []),
        ...newerFields(field, `${path}.${name}`),
      ]);
  }
  return [];
}

it('challenges are valid without the fields of 2026.8, which services of the previous version do not send', () => {
  const newer = entries.flatMap(({ key, contract }) => newerFields(contract.challenge, key));

  expect(newer.map(([path]) => path)).toEqual(
    expect.arrayContaining(['authenticator_validate.device_challenges[].last_used', 'captcha.interactive']),
  );
  expect(newer.filter(([, field]) => !field.safeParse(undefined).success).map(([path]) => path)).toEqual([]);
});

describe('the catalogue', () => {
  it('has unique components and unique schema names', () => {
    expect(unique(wireShapes.map(({ component }) => component))).toBe(true);
    expect(unique(wireShapes.map(({ challenge }) => challenge.meta()?.id))).toBe(true);
  });

  it('has at most one stage for each component and each model', () => {
    expect(unique(entries.flatMap(({ contract }) => contract.model ?? []))).toBe(true);
    // Leave out the stages that show the challenges of sources or of the system, which have no component of their own.
    const own = entries.filter(({ contract }) => contract.shows_as.length === 0 && !isSystem(contract.component));
    expect(unique(own.flatMap(({ contract }) => contract.component ?? []))).toBe(true);
  });

  it('loads only the stages of the given service', async () => {
    const served = (service: string) => entries.filter(({ contract }) => contract.service === service).length;
    for (const service of new Set(entries.map(({ contract }) => contract.service)))
      expect(await stagesOf(service)).toHaveLength(served(service));
    expect(await stagesOf('unknown')).toEqual([]);
  });

  it('throws an error that names the stage and the service if a module is missing', async () => {
    await expect(moduleOf({ ...passwordContract, service: 'session' })).rejects.toThrow(
      'libs/stages/src/modules.ts has no module for password of the service session.',
    );
  });
});

it('a config converts texts to numbers and booleans', () => {
  const { config } = passwordContract;
  const backends = ['authentik.core.auth.InbuiltBackend'];

  expect(config.parse({ backends, failed_attempts_before_cancel: '3', allow_show_password: 'yes' })).toMatchObject({
    failed_attempts_before_cancel: 3,
    allow_show_password: true,
  });
  expect(config.safeParse({ backends, failed_attempts_before_cancel: 'three' }).success).toBe(false);
});
