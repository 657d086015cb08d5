import { afterAll, beforeAll, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

const MODEL = 'model: authentik_stages_invitation.invitation';
const FLOW =
  '{model: authentik_flows.flow, id: flow, identifiers: {slug: enrol}, attrs: {name: E, title: E, designation: enrollment}}';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness.close());

const rows = () =>
  harness.query<Record<string, unknown>>(
    'SELECT name, single_use, fixed_data, flow_id, expires FROM directory.invitations ORDER BY name',
  );

it('blueprints create, change, keep and remove invitations, which are valid for one day by default', async () => {
  const friends = (attrs: string) => entries(FLOW, `{${MODEL}, identifiers: {name: friends}, attrs: {${attrs}}}`);
  await harness.apply(friends('single_use: true, flow: !KeyOf flow, fixed_data: {name: Zed}'));
  const [invitation] = await rows();
  expect(invitation).toMatchObject({
    name: 'friends',
    single_use: true,
    fixed_data: { name: 'Zed' },
    flow_id: expect.any(String),
  });
  const hours = ((invitation!['expires'] as Date).getTime() - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(23);
  expect(hours).toBeLessThanOrEqual(24);

  await harness.apply(friends(''));
  expect(await rows()).toEqual([invitation]);
  await harness.apply(friends('expires: "2100-01-01T00:00:00Z"'));
  expect(await rows()).toEqual([{ ...invitation, expires: new Date('2100-01-01T00:00:00Z') }]);
  await harness.apply(entries(`{${MODEL}, state: absent, identifiers: {name: friends}}`));
  expect(await rows()).toEqual([]);
});

it.each([
  ['"no\\0ne"', '', 'name: Enter a valid “slug”.'],
  ['no slug', '', 'Enter a valid “slug”.'],
  ['a', 'flow: 5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f01', 'object does not exist'],
  ['a', 'fixed_data: [1]', 'Value must be a dictionary'],
  ['a', 'expires: tomorrow', /expires/],
])('a blueprint with the invitation %s {%s} is refused', async (name, attrs, why) => {
  const applied = harness.apply(entries(`{${MODEL}, identifiers: {name: ${name}}, attrs: {${attrs}}}`));
  await expect(applied).rejects.toThrow(why);
});
