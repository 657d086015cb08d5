import { describe, expect, it, vi } from 'vitest';
import {
  blueprint,
  conditionEntry,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
} from '../../../../test/support/blueprints.js';
import { checkBlueprints } from './check-blueprints.js';

const syntax = { check: async () => undefined };
const check = (text: string) =>
  checkBlueprints({ files: [{ name: 'x.yaml', text }], library: async () => undefined, env: {}, syntax });

/** Returns a flow with a dead end that only its simulation finds: it logs in without a user. */
const withDeadEnd = (steps: number) =>
  flowEntries('long', [...Array.from({ length: steps - 1 }, () => DUMMY), LOGIN], { designation: 'enrollment' });

/** Returns policies, and a binding of each of them to the first step of a flow. */
const conditions = (slug: string, count: number) =>
  Array.from({ length: count }, (_, i) => [
    {
      model: 'authentik_policies_dummy.dummypolicy',
      id: `p${i}`,
      identifiers: { name: `p${i}` },
      attrs: { result: true },
    },
    {
      model: 'authentik_policies.policybinding',
      identifiers: { target: keyOf(`${slug}-0 bound`), policy: keyOf(`p${i}`), order: i },
    },
  ]).flat();

describe('the linter', () => {
  it('simulates no flow with more than 200 steps, because this could take minutes', async () => {
    const rulesOf = async (steps: number) => (await check(blueprint(withDeadEnd(steps)))).map(({ rule }) => rule);
    expect(await rulesOf(20)).toEqual(['dead-end']);
    expect(await rulesOf(201)).toEqual([]);
  });

  it('simulates no flow with more than 200 conditions', async () => {
    const rulesOf = async (count: number) => {
      // No visitor is in a group before the identification, so the simulation never reaches the first step.
      const groups = Array.from({ length: count }, (_, i) => groupEntry(`g${i}`));
      const flow = flowEntries('login', [DUMMY, IDENTIFICATION, PASSWORD, LOGIN], {
        authentication: 'require_unauthenticated',
      });
      const bindings = groups.map(({ identifiers: { name } }, order) => {
        const entry = conditionEntry(['login', 0], `group ${name}`);
        return { ...entry, identifiers: { ...entry.identifiers, order } };
      });
      return (await check(blueprint(groups, flow, bindings))).map(({ rule }) => rule);
    };
    expect(await rulesOf(20)).toEqual(['never-reached']);
    expect(await rulesOf(201)).toEqual([]);
  });

  it('lets other work of its process run while it simulates a flow and reads many entries', async () => {
    const [flow, policies] = [flowEntries('login', [DUMMY, LOGIN]), conditions('login', 150)];
    // Every reading of the clock shows that the time slice is over.
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    let [isOver, turns] = [false, 0];
    const turn = () => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await check(blueprint(policies, flow)).finally(() => {
      isOver = true;
      clock.mockRestore();
    });
    // One pause for each of the 305 entries of the policies and the flow, and many pauses in the simulation.
    expect(turns).toBeGreaterThan(305 + 20);
  });
});
