import { stageDescriptor } from '@gatehouse/contracts';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { describe, expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { CatalogueContractRegistry } from './stage-contract.registry.js';

const KIND = 'x_acme_pin';
const object = { type: 'object' };
const versionWithStage = (descriptor: object = {}) => ({
  ...flowVersionOf([{ id: 'a', kind: KIND }]),
  descriptors: {
    [KIND]: stageDescriptor.parse({
      ...{ v: 1, kind: KIND, component: 'x-acme-pin', config: object, challenge: object, state: object },
      response: { type: 'object', properties: { puk: { type: 'string', 'x-secret': true } } },
      ...descriptor,
    }),
  },
});
const contracts = new CatalogueContractRegistry();
const emptyVersion = flowVersionOf([]);

describe('the registry of stage contracts', () => {
  it('finds an external stage only in flow versions that describe it', () => {
    expect(contracts.find(KIND, versionWithStage())).toMatchObject({ kind: KIND, component: 'x-acme-pin' });
    expect(contracts.find(KIND, emptyVersion)).toBeUndefined();
    expect(contracts.find('toString', emptyVersion)).toBeUndefined();
  });

  it('creates the contract of an external stage once for each version', () => {
    const version = versionWithStage();
    expect(contracts.find(KIND, version)).toBe(contracts.find(KIND, version));
  });

  it('returns the built-in contract of a stage even if a flow version describes the same kind', () => {
    const version = { ...emptyVersion, descriptors: { password: versionWithStage().descriptors[KIND]! } };
    expect(contracts.find('password', version)?.component).toBe('ak-stage-password');
  });

  it('knows the components and the secret fields of external stages only with a flow version that describes them', () => {
    expect(contracts.hasComponent('x-acme-pin', versionWithStage())).toBe(true);
    expect(contracts.hasComponent('x-acme-pin', emptyVersion)).toBe(false);
    expect(contracts.hasComponent('ak-stage-password', emptyVersion)).toBe(true);
    expect(contracts.isSecretField('puk', versionWithStage())).toBe(true);
    expect(contracts.isSecretField('puk', emptyVersion)).toBe(false);
    expect(contracts.isSecretField('password')).toBe(true);
  });

  it.each(['token', 'code', 'state', 'itoken', 'flow_token', 'next', 'inspector'])(
    'allows the field name %s in URLs',
    (name) => expect(contracts.isSecretField(name)).toBe(false),
  );

  it('lets an external stage allow the name of a secret field in URLs', () => {
    expect(contracts.isSecretField('puk', versionWithStage({ addressable: ['puk'] }))).toBe(false);
  });

  it('returns the schema of an own fact that an external stage of the flow version declares', () => {
    const facts = { x_acme_risk: { schema: { type: 'integer' }, reads: 'optional' } };
    const schema = contracts.ownFact('x_acme_risk', versionWithStage({ facts }));
    expect([schema?.safeParse(7).success, schema?.safeParse('high').success]).toEqual([true, false]);
    for (const name of ['x_acme_other', 'constructor', 'title'])
      expect(contracts.ownFact(name, versionWithStage({ facts }))).toBeUndefined();
    expect(contracts.ownFact('x_acme_risk', emptyVersion)).toBeUndefined();
  });

  it('logs once for each version of a page module that no key verifies it', () => {
    const log = new LogRecorder();
    const registry = new CatalogueContractRegistry(new Set(), [], log.logger);
    const withModule = (code: string) => versionWithStage({ page: { module: { code, signature: code } } });
    for (const version of [versionWithStage(), withModule('a'), withModule('a'), withModule('b')])
      registry.find(KIND, version);
    const line = { level: 'warn', event: 'stage_page_unverified', stage: KIND, flow: emptyVersion.flow.slug };
    expect(log.lines).toMatchObject([line, line]);
    expect(log.lines).toHaveLength(2);
  });

  it('throws stage_fault for an external stage with privileges that is no longer in TRUSTED_STAGES', () => {
    const version = versionWithStage({ effects: ['login'] });
    expect(() => contracts.find(KIND, version)).toThrow(
      'x_acme_pin is not in TRUSTED_STAGES, and it has the effect login',
    );
    expect(new CatalogueContractRegistry(new Set([KIND])).find(KIND, version)?.effects).toEqual(['login']);
  });
});
