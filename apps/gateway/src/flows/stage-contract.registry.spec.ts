import { stageDescriptor } from '@gatehouse/contracts';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { describe, expect, it } from 'vitest';
import { CatalogueContractRegistry } from './stage-contract.registry.js';

const KIND = 'x_acme_pin';
const object = { type: 'object' };
const described = (more: object = {}) => ({
  ...flowVersionOf([{ id: 'a', kind: KIND }]),
  descriptors: {
    [KIND]: stageDescriptor.parse({
      ...{ v: 1, kind: KIND, component: 'x-acme-pin', config: object, challenge: object, state: object },
      response: { type: 'object', properties: { puk: { type: 'string', 'x-secret': true } } },
      ...more,
    }),
  },
});
const contracts = new CatalogueContractRegistry();
const plain = flowVersionOf([]);

describe('what the gateway knows of stages', () => {
  it('is what a flow version says of strangers, and nothing in any other version', () => {
    expect(contracts.find(KIND, described())).toMatchObject({ kind: KIND, component: 'x-acme-pin' });
    expect(contracts.find(KIND, plain)).toBeUndefined();
    expect(contracts.find('toString', plain)).toBeUndefined();
  });

  it('is made once for a version', () => {
    const version = described();
    expect(contracts.find(KIND, version)).toBe(contracts.find(KIND, version));
  });

  it('is the catalogue for stages of the house, whatever a version says', () => {
    const version = { ...plain, descriptors: { password: described().descriptors[KIND]! } };
    expect(contracts.find('password', version)?.component).toBe('ak-stage-password');
  });

  it('includes the components and the secret fields of strangers', () => {
    expect(contracts.knows('x-acme-pin', described())).toBe(true);
    expect(contracts.knows('x-acme-pin', plain)).toBe(false);
    expect(contracts.knows('ak-stage-password', plain)).toBe(true);
    expect(contracts.isSecret('puk', described())).toBe(true);
    expect(contracts.isSecret('puk', plain)).toBe(false);
    expect(contracts.isSecret('password')).toBe(true);
  });

  it.each(['token', 'code', 'state', 'itoken', 'flow_token', 'next', 'inspector'])(
    'leaves addresses the name %s, which links and other sites use in them',
    (name) => expect(contracts.isSecret(name)).toBe(false),
  );

  it('lets a stranger leave the name of a secret to addresses', () => {
    expect(contracts.isSecret('puk', described({ addressable: ['puk'] }))).toBe(false);
  });

  it('does not hold for a stranger that is not trusted any more with what it claims', () => {
    const version = described({ effects: ['login'] });
    expect(() => contracts.find(KIND, version)).toThrow(
      'x_acme_pin is not in TRUSTED_STAGES, and it has the effect login',
    );
    expect(new CatalogueContractRegistry(new Set([KIND])).find(KIND, version)?.effects).toEqual(['login']);
  });
});
