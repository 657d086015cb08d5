import { brandOf } from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';
import { brandFor } from './brand.js';

const BRANDS = [
  brandOf('example.org'),
  brandOf('gatehouse-default', { default: true }),
  brandOf('Shop.Example.org'),
  brandOf('localhost:9443'),
];
const domainFor = (host: string, brands = BRANDS) => brandFor(brands, host)?.domain;

describe('the brand of a host', () => {
  it.each([
    ['example.org', 'example.org'],
    ['id.example.org', 'example.org'],
    ['shop.example.org', 'Shop.Example.org'],
    ['eu.SHOP.example.org', 'Shop.Example.org'],
    ['id.example.org:9000', 'example.org'],
    ['id.example.org.', 'example.org'],
    ['id.example.org.:9000', 'example.org'],
    ['localhost:9443', 'localhost:9443'],
    ['localhost:9000', 'gatehouse-default'],
    ['example.org.evil.test', 'gatehouse-default'],
    ['evil-example.org', 'gatehouse-default'],
    ['evilshop.example.org', 'example.org'],
    ['xlocalhost:9443', 'gatehouse-default'],
    ['id.localhost:9443', 'localhost:9443'],
    ['[::1]:9000', 'gatehouse-default'],
    ['', 'gatehouse-default'],
  ])(
    '%j has the brand with the longest domain that it equals or is a subdomain of, else the default: %s',
    (host, domain) => {
      expect(domainFor(host)).toBe(domain);
    },
  );

  it('is the brand of the longest matching domain, even if another matching brand is the default', () => {
    expect(
      domainFor('shop.example.org', [brandOf('example.org', { default: true }), brandOf('shop.example.org')]),
    ).toBe('shop.example.org');
  });

  it('is undefined if no domain matches and no brand is the default', () => {
    expect(domainFor('other.test', [brandOf('example.org')])).toBeUndefined();
    expect(domainFor('other.test', [])).toBeUndefined();
  });
});
