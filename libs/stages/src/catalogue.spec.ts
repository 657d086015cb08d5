import {
  fieldMessages,
  fromDescriptor,
  NON_FIELD_ERRORS,
  planContext,
  secretFields,
  systemChallenges,
  toDescriptor,
} from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stages, stagesOf, wireShapes } from './catalogue.js';
import { invitationContract } from './enrollment/invitation.contract.js';
import { passwordContract } from './password/password.contract.js';
import { userLoginContract } from './user-login/user-login.contract.js';

const entries = Object.entries(stages).map(([key, { contract }]) => ({ key, contract }));
/** What a blueprint cannot leave out. */
const INSISTENT: Readonly<Record<string, string[]>> = {
  message: ['message'],
  authenticator_duo: ['api_hostname', 'client_id', 'client_secret'],
  authenticator_sms: ['provider', 'from_number', 'account_sid', 'auth'],
  authenticator_totp: ['digits'],
  captcha: ['public_key', 'private_key'],
  device_code_finish: ['claimed'],
  password: ['backends'],
};
const unique = (values: readonly unknown[]) => new Set(values).size === values.length;

/** Effects of those who let somebody in, or make, change or delete accounts. */
const GRANTING = ['login', 'keep_session', 'end_sessions'];

it('stages that let somebody in or write accounts are left out, not run, when nobody could decide on them (accident 1)', () => {
  const granting = entries.filter(({ contract }) => contract.effects.some((effect) => GRANTING.includes(effect)));
  expect(granting.map(({ key }) => key)).toEqual(expect.arrayContaining(['user_login', 'user_write', 'user_delete']));
  expect(granting.filter(({ contract }) => !contract.grants).map(({ key }) => key)).toEqual([]);
});

it('stages that change something before they have asked say so, as a run that another site began waits before them', () => {
  const acting = entries.filter(({ contract }) => contract.acts_on_entry({})).map(({ key }) => key);
  expect(acting.toSorted()).toEqual([
    ...['authenticator_duo', 'authenticator_sms', 'email', 'group_update', 'post_source', 'user_delete', 'user_login'],
    ...['user_logout', 'user_write'],
  ]);
  expect(userLoginContract.acts_on_entry({ remember_me_offset: 'days=1' })).toBe(false);
  expect(userLoginContract.acts_on_entry({ remember_me_offset: 'seconds=0' })).toBe(true);
  expect(invitationContract.acts_on_entry({ redeems: true })).toBe(true);
});

it('stages whose answers the page may send by itself say which answers show that a person acted', () => {
  const automatic = entries.flatMap(({ key, contract }) => (contract.personal_fields ? [key] : []));
  expect(automatic.toSorted()).toEqual(['authenticator_duo', 'authenticator_validate', 'autosubmit', 'captcha']);
  for (const { contract } of entries)
    expect(Object.keys(contract.response.shape)).toEqual(expect.arrayContaining([...(contract.personal_fields ?? [])]));
});

describe.each(entries)('the contract of $key', ({ key, contract }) => {
  it('has its key as its kind, and the kind is one token on the bus', () => {
    expect(contract.kind).toBe(key);
    expect(key).toMatch(/^[a-z][a-z0-9_]{1,47}$/);
  });

  it('is bound by a blueprint model in lower case, or only added by others', () => {
    expect(contract.model ?? 'authentik_stages_none.nonestage').toMatch(/^authentik_stages_[a-z_]+\.[a-z]+stage$/);
  });

  it('has a default for each config field, or names those it insists on', () => {
    const parsed = contract.config.safeParse({});
    const insists = parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
    expect(insists).toEqual(INSISTENT[key] ?? []);
  });

  it('prefixes the codes of its errors with its kind and leaves those of the fields alone', () => {
    for (const [code, { string }] of Object.entries(contract.errors)) {
      expect(code.startsWith(`${key}_`)).toBe(true);
      expect(Object.keys(fieldMessages)).not.toContain(code);
      expect(string).not.toBe('');
    }
  });

  it('spends attempts on fields that it reads and refuses them with words that it has', () => {
    for (const { when, refuse, free, hard } of contract.attempts) {
      expect([...Object.keys(contract.response.shape), NON_FIELD_ERRORS]).toEqual(
        expect.arrayContaining([when, refuse.field]),
      );
      expect(Object.keys(contract.errors)).toContain(refuse.code);
      expect(free).toBeLessThan(hard);
    }
  });

  it('embeds by real config fields, hands on real answer fields and has words for a refusal', () => {
    for (const [name, { field, error }] of Object.entries(contract.embeds)) {
      expect(Object.keys(contract.config.shape)).toContain(name);
      expect(Object.keys(contract.response.shape)).toContain(field);
      expect(Object.keys(contract.errors)).toContain(error);
    }
  });

  it('keeps secrets and the fields of the presenter out of its challenge', () => {
    expect(secretFields(contract.challenge)).toEqual([]);
    const own = contract.shows_as.length > 0 ? [] : ['component'];
    const presented = [...own, 'flow_info', 'pending_user', 'pending_user_avatar', 'response_errors'];
    expect(Object.keys(contract.challenge.shape).filter((name) => presented.includes(name))).toEqual([]);
  });

  it('marks every password in its answer as secret', () => {
    const passwords = Object.keys(contract.response.shape).filter((name) => /pass|secret|token|code/.test(name));
    expect(secretFields(contract.response)).toEqual(passwords);
  });

  it('leaves to addresses the names of secrets only', () => {
    expect(secretFields(contract.response)).toEqual(expect.arrayContaining([...contract.addressable]));
  });

  it('shares known facts only, and takes its turn in the time there is', () => {
    const shared = [...Object.keys(contract.reads), ...contract.writes];
    expect(shared.filter((name) => !(name in planContext.shape))).toEqual([]);
    expect(contract.deadline_ms).toBeLessThanOrEqual(15_000);
  });

  it('can be told as data, and nothing that others rely on is lost on the way', () => {
    const descriptor = toDescriptor(contract);
    expect(toDescriptor(fromDescriptor(descriptor))).toEqual(descriptor);
    for (const part of ['config', 'challenge', 'response', 'state'] as const) {
      expect(Object.keys(descriptor[part].properties)).toEqual(Object.keys(contract[part].shape));
      expect(secretFields(fromDescriptor(descriptor)[part])).toEqual(secretFields(contract[part]));
    }
  });
});

describe.each(wireShapes)('what clients see of $component', ({ challenge, response }) => {
  it('has a name and a description in the published schema', () => {
    for (const shape of [challenge, response])
      expect(shape?.meta()).toEqual({ id: expect.stringMatching(/^[A-Z]\w+$/), description: expect.any(String) });
  });

  it('marks what proves something as secret, and shows nothing secret', () => {
    const proofs = Object.keys(response?.shape ?? {}).filter((name) => /pass|secret|token|code/.test(name));
    expect(secretFields(response!)).toEqual(proofs);
    expect(secretFields(challenge)).toEqual([]);
  });
});

it('no challenge leads to a script, whatever a stage that was taken over says (accident 11)', () => {
  // What an authenticator scans is no address to go to.
  const addresses = [...wireShapes, ...systemChallenges].flatMap(({ component, challenge }) =>
    Object.entries(challenge.shape)
      .filter(([name]) => /^to$|url$/.test(name) && name !== 'config_url')
      .map(([name, field]) => ({
        name: `${component} ${name}`,
        takes: (to: string) => z.safeParse(field, to).success,
      })),
  );
  const taking = (to: string) => addresses.filter(({ takes }) => takes(to)).map(({ name }) => name);

  expect(taking('javascript:alert(1)')).toEqual([]);
  expect(taking('/if/user/')).toEqual(
    expect.arrayContaining(['xak-flow-redirect to', 'ak-stage-password recovery_url']),
  );
});

describe('the catalogue', () => {
  it('names each component once: a line of the components to come goes when its stage is here', () => {
    expect(unique(wireShapes.map(({ component }) => component))).toBe(true);
    expect(unique(wireShapes.map(({ challenge }) => challenge.meta()?.id))).toBe(true);
  });

  it('has one stage for each component and each model', () => {
    expect(unique(entries.flatMap(({ contract }) => contract.model ?? []))).toBe(true);
    // One that shows the challenges of others has none of its own.
    const own = entries.filter(({ contract }) => contract.shows_as.length === 0);
    expect(unique(own.flatMap(({ contract }) => contract.component ?? []))).toBe(true);
  });

  it('loads the stages of one service and of no other', async () => {
    expect(await stagesOf('session')).toHaveLength(7);
    expect(await stagesOf('password')).toHaveLength(1);
    expect(await stagesOf('nobody')).toEqual([]);
  });
});

it('takes texts for numbers and for yes or no in a config, as an environment gives them', () => {
  const { config } = passwordContract;
  const backends = ['authentik.core.auth.InbuiltBackend'];

  expect(config.parse({ backends, failed_attempts_before_cancel: '3', allow_show_password: 'yes' })).toMatchObject({
    failed_attempts_before_cancel: 3,
    allow_show_password: true,
  });
  expect(config.safeParse({ backends, failed_attempts_before_cancel: 'three' }).success).toBe(false);
});
