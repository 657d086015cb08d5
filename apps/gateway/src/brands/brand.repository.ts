import { BrandStore, type HostBrand } from '@gatehouse/executor';
import { type Brand, type BrandSet, brandFor, brandSet, loginFlowsOfAll } from '@gatehouse/plan';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

const LOAD = { name: 'brands_load', text: 'SELECT revision, document FROM flow.brand_sets' };

interface CachedBrands {
  readonly revision: string | null;
  /** All brands, and the brand for hosts that none of them matches. */
  readonly brands: readonly HostBrand[];
  readonly fallback: HostBrand;
}

/**
 * Brands in Postgres, cached in memory by revision. The brands of a revision never change, so a cached revision is
 * never stale.
 */
@Injectable()
export class BrandRepository extends BrandStore {
  private cached: CachedBrands | undefined;

  /**
   * `BRAND` is the title for a brand without a title, and for a host without a brand. Passkeys are bound to the host of
   * `BASE_URL`.
   */
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BRAND' | 'BASE_URL'>,
  ) {
    super();
  }

  async find(host: string, revision?: string | null): Promise<HostBrand> {
    const current = this.cached?.revision === revision ? this.cached : undefined;
    const { brands, fallback } = current ?? (this.cached = await this.read());
    return brandFor(brands, host) ?? fallback;
  }

  lastKnown(host: string): HostBrand {
    const { brands, fallback } = this.cached ?? this.completed(NO_BRANDS);
    return brandFor(brands, host) ?? fallback;
  }

  /** Returns the brands with the values that every host of a brand has in common, so that requests need not compute them. */
  private completed({ brands, first }: BrandSet): Omit<CachedBrands, 'revision'> {
    const passkeyOrigins = brandFor(brands, new URL(this.config.BASE_URL).host)?.passkey_origins ?? [];
    const complete = (brand: Brand): HostBrand => ({
      ...brand,
      flowsByPurpose: { ...first, ...brand.flows },
      title: brand.title || this.config.BRAND,
      passkeyOrigins,
    });
    return { brands: brands.map(complete), fallback: complete(fallbackBrand(brands)) };
  }

  private async read(): Promise<CachedBrands> {
    const { rows } = await runNamed<{ revision: string; document: unknown }>(this.source, LOAD, []);
    const document = rows[0]?.document;
    return {
      revision: rows[0]?.revision ?? null,
      ...this.completed(brandSet.safeParse(document).data ?? unreadableBrands(document)),
    };
  }
}

const NO_BRANDS: BrandSet = { v: 1, brands: [], first: {} };

/** The part of a stored document of brands that restricts the login flows. */
const restrictions = z.object({ brands: z.array(z.object({ login_flows: z.array(z.string()).exactOptional() })) });

/**
 * Returns the brands for a document that this version cannot parse, because a later version of Gatehouse wrote it: one
 * built-in brand. If the stored brands limit the login flows, the built-in brand allows only the login flows that one
 * of them allows. Other flows stay reachable by their own URLs.
 */
function unreadableBrands(document: unknown): BrandSet {
  const { brands } = restrictions.safeParse(document).data ?? NO_BRANDS;
  return { ...NO_BRANDS, brands: [fallbackBrand(brands)] };
}

/** Returns the brand for a host that no stored brand matches, if no stored brand is the default. */
function fallbackBrand(brands: readonly Pick<Brand, 'login_flows'>[]): Brand {
  const login_flows = loginFlowsOfAll(brands);
  return {
    domain: 'fallback',
    default: true,
    title: '',
    logo: '',
    favicon: '',
    custom_css: '',
    flows: {},
    locale: '',
    theme: 'automatic',
    footer_links: [],
    ...(login_flows && { login_flows }),
  };
}
