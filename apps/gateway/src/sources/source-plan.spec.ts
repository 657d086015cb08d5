import type { PublishedSource, SavedUser } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { knownUserProfile } from './source-plan.js';

const source = { slug: 'hub', user_path_template: 'goauthentik.io/sources/%(slug)s' } as PublishedSource;
const user = { uuid: 'u-1' } as SavedUser;
const profileOf = (claims: object, line: '2024.8' | '2026.8' = '2026.8') =>
  knownUserProfile({ source, user, identity: { identifier: 'i', user: claims, groups: {}, info: {} } }, line);

const NINA = { username: 'nina', name: 'Nina', email: 'nina@example.org' };
const user_path = 'goauthentik.io/sources/hub';

it('the profile that a source reports of a known user is put into the plan only under 2026.8', () => {
  expect(profileOf(NINA)).toEqual({ prompt_data: NINA, user_path });
  expect(profileOf({ name: 'Nina' })).toEqual({ prompt_data: { name: 'Nina' }, user_path });
  expect(profileOf(NINA, '2024.8')).toEqual({});
});

it('an email address of a source is stored as verified if the source says so, and dropped if the source denies it', () => {
  const { email, ...names } = NINA;
  expect(profileOf({ ...NINA, email_verified: true })).toEqual({ prompt_data: NINA, user_path, source_email: email });
  expect(profileOf({ ...NINA, email_verified: false })).toEqual({ prompt_data: names, user_path });
});
