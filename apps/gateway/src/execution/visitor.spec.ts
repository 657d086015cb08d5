import { describe, expect, it } from 'vitest';
import { ALICE, house, SCRIPT, versionOf } from './testing.js';

const LOGIN = versionOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);

describe('a plan', () => {
  it('shows a key that a login has replaced how it ended, and gives it no cookie', async () => {
    const { solve, plans } = house(LOGIN, SCRIPT);
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });
    plans.session = { id: 's', retired: true, leftS: undefined, user: undefined };

    const answer = await solve({ password: 'hunter2' });
    expect(answer.told).toEqual({ type: 'done', to: '/' });
    expect(answer.cookie).toBeUndefined();
  });

  it('shows such a key nothing of a plan that still runs', async () => {
    const { solve, plans, stages } = house(LOGIN, SCRIPT);
    await solve({ uid: 'alice' });
    plans.session = { id: 's', retired: true, leftS: undefined, user: undefined };
    const hops = stages.hops.length;

    await expect(solve({ password: 'hunter2' })).rejects.toMatchObject({ code: 'stage_busy' });
    expect(stages.hops).toHaveLength(hops);
  });

  it('is given a new key by whoever proves something, so that a planted one is worth nothing afterwards', async () => {
    const { solve } = house(versionOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'page' }]), SCRIPT);

    expect((await solve({ uid: 'alice' })).cookie).toBeDefined();
    expect((await solve({ password: 'hunter2' })).cookie?.value).toMatch(/^[\w-]{43}$/);
    expect((await solve({ component: 'ak-stage-ident' })).cookie).toBeUndefined();
  });

  it('of a session that lasts gets a key that lasts as long', async () => {
    const { solve, plans } = house(versionOf([{ kind: 'secret' }, { kind: 'page' }]), SCRIPT);
    plans.session = { id: 's', retired: false, leftS: 500, user: undefined };

    expect((await solve({ password: 'hunter2' })).cookie).toMatchObject({ maxAgeS: 500 });
  });

  it('goes on only for whom its flow is', async () => {
    const alice = { ...ALICE, is_superuser: false, debug: false };
    const version = versionOf([{ kind: 'page' }, { kind: 'page' }]);
    const closed = { ...version, flow: { ...version.flow, authentication: 'require_authenticated' as const } };
    const { show, solve, plans, stages } = house(closed, SCRIPT);
    plans.session = { id: 's', retired: false, leftS: undefined, user: alice };
    expect((await show()).told).toMatchObject({ type: 'show' });
    plans.session = { id: 's', retired: false, leftS: undefined, user: undefined };

    expect((await solve({ word: 'x' })).told).toMatchObject({ type: 'denied' });
    expect(stages.hops).toEqual(['page.challenge']);
  });

  it('that logs its visitor in itself goes on, though its flow is for strangers', async () => {
    const version = versionOf([{ kind: 'ident' }, { kind: 'login' }, { kind: 'page' }]);
    const strangers = { ...version, flow: { ...version.flow, authentication: 'require_unauthenticated' as const } };
    const { solve, plans } = house(strangers, SCRIPT);
    expect((await solve({ uid: 'alice' })).told).toMatchObject({ type: 'show', challenge: { page: true } });
    plans.session = {
      id: 's',
      retired: false,
      leftS: undefined,
      user: { ...ALICE, is_superuser: false, debug: false },
    };
    expect((await solve({ word: 'x' })).told).toEqual({ type: 'done', to: '/' });

    const elsewhere = house(strangers, SCRIPT);
    await elsewhere.show();
    elsewhere.plans.session = plans.session;
    expect((await elsewhere.solve({ uid: 'alice' })).told).toMatchObject({ type: 'denied' });
  });
});
