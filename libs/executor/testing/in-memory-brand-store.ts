import type { Brand } from '@gatehouse/plan';
import { BrandStore, type HostBrand } from '../src/ports/flow-store.js';

/** Returns a brand of a domain, with empty defaults. */
export const brandOf = (domain: string, more: Partial<Brand> = {}): Brand => ({
  ...{ domain, default: false, title: '', logo: '', favicon: '', custom_css: '' },
  ...{ flows: {}, locale: '', theme: 'automatic', footer_links: [], ...more },
});

/** Brands that a test sets by host. Other hosts have the default brand. */
export class InMemoryBrandStore extends BrandStore {
  readonly byHost = new Map<string, Brand>();
  first: HostBrand['flowsByPurpose'] = {};
  async find(host: string): Promise<HostBrand> {
    return this.lastKnown(host);
  }
  lastKnown(host: string): HostBrand {
    const brand = this.byHost.get(host) ?? brandOf('example.org', { title: 'Example' });
    const { passkey_origins: passkeyOrigins = [], ...rest } = brand;
    return { ...rest, passkeyOrigins, flowsByPurpose: { ...this.first, ...brand.flows } };
  }
}
