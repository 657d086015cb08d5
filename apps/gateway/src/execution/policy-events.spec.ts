import { describe, expect, it } from 'vitest';
import { setOf } from '../../../../test/support/policies.js';
import { house, rejects, SCRIPT, versionOf } from './testing.js';

const noticed = { action: 'custom_noticed', context: { colour: 'red' } };
const event = { type: 'event', ...noticed };
const said = (pass: boolean) => ({ results: { p: { pass, messages: [] } }, events: [noticed] });
const onPage = versionOf([{ kind: 'page', policies: setOf({ policy: 'p' }) }, { kind: 'ident' }]);

describe('what policies want to have happened', () => {
  it.each([true, false])('happens with the save of the plan, once, whether they pass: %s', async (pass) => {
    const { show, policies, plans, events } = house(onPage, SCRIPT);
    policies.said['p'] = said(pass);
    await show();
    await show();
    expect([plans.happened, events.recorded]).toEqual([[event], []]);
  });

  it('does not happen when another request was quicker', async () => {
    const { show, solve, policies, plans } = house(
      versionOf([{ kind: 'ident' }, { kind: 'page', policies: setOf({ policy: 'p' }) }]),
      SCRIPT,
    );
    await show();
    policies.said['p'] = () => {
      plans.revision++;
      return said(true);
    };
    await solve({ uid: 'alice' });
    expect(plans.happened).toEqual([]);
  });

  it('happens while the flow is planned, and when it starts over', async () => {
    const version = versionOf([{ kind: 'page', onRefusal: 'restart' }], {}, setOf({ policy: 'p' }));
    const { show, solve, policies, plans } = house(version, { ...SCRIPT, 'page.respond': rejects() });
    policies.said['p'] = said(true);
    await show();
    await solve({ word: 'x' });
    expect(plans.happened).toEqual([event, event]);
  });

  it('happens though a flow does not apply, and leaves no plan', async () => {
    const { show, policies, plans, events } = house(versionOf([{ kind: 'page' }], {}, setOf({ policy: 'p' })), SCRIPT);
    policies.said['p'] = said(false);
    await show();
    expect([events.recorded, plans.saves]).toEqual([[event], 0]);
  });
});

describe('a policy', () => {
  it('that could not decide is an event', async () => {
    const { show, policies, plans } = house(onPage, SCRIPT);
    policies.said['p'] = { results: { p: { pass: false, messages: [], error: 'division by zero' } } };
    await show();
    const context = { message: 'division by zero', policy: 'p', kind: 'test' };
    expect(plans.happened).toEqual([{ type: 'event', action: 'policy_exception', context }]);
  });

  it('that is to be logged is an event each time it is evaluated, and others are none', async () => {
    const policies = setOf({ policy: 'p' }, { policy: 'q' });
    const version = versionOf([{ kind: 'page', policies }, { kind: 'ident' }]);
    const logged = { ...version.policies['p']!, config: { execution_logging: true } };
    const {
      show,
      policies: asked,
      plans,
    } = house({ ...version, policies: { ...version.policies, p: logged } }, SCRIPT);
    asked.said['p'] = false;
    await show();
    const result = { passing: false, messages: ['p says no'] };
    const context = { message: 'Policy Execution', policy: 'p', kind: 'test', result };
    expect(plans.happened).toEqual([{ type: 'event', action: 'policy_execution', context }]);
  });
});
