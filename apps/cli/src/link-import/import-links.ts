import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { linesOf } from '../file-lines.js';
import { ExportedAccounts, missingUserText, type UserReference } from '../user-import/exported-accounts.js';
import { findOwners } from '../user-import/find-owners.js';
import { type ConnectionRow, type ConsentRow, readLinkLine, type TokenRow } from './export-lines.js';
import { type ApplicationHere, LinkStore, type StoreOutcome } from './link-store.js';

/** Number of objects whose owners one statement looks up. */
const BATCH = 500;
/** Maximum number of invalid lines that the report describes. */
const MAX_REPORTED_ERRORS = 20;
/** Largest number of permissions of an imported consent: the default of CONSENT_PERMISSIONS. */
const MAX_PERMISSIONS = 1000;
/** The permission that authentik grants with every consent but does not store. */
const IMPLIED_PERMISSION = 'openid';

/** The result of an import. */
export interface LinkReport {
  consents: number;
  connections: number;
  tokens: number;
  /** Number of objects that were stored before this import. */
  existing: number;
  /** Number of consents and tokens that have expired, and of tokens of mailed links. */
  expired: number;
  /** Number of lines that hold other models. */
  others: number;
  /** Number of lines with mistakes, or whose user, application or source does not exist here. */
  wrong: number;
  /** Descriptions of the first wrong lines, with line numbers. */
  readonly faults: string[];
}

/** Returns the report of an import that has not begun. */
export const newLinkReport = (): LinkReport => ({
  ...{ consents: 0, connections: 0, tokens: 0, existing: 0, expired: 0, others: 0, wrong: 0, faults: [] },
});

interface LinkImportOptions {
  readonly file: string;
  readonly source: DataSource;
  /** The report that the import updates. Its numbers are correct even if the import fails. */
  readonly report?: LinkReport;
}

interface Line<R> {
  readonly line: number;
  readonly row: R;
}

/**
 * Imports the consents, the connections with sources and the tokens of a file. Each object is stored or not as a whole.
 * An object that exists is not changed, so that a file can be imported again.
 */
export async function importLinks({ file, source, report = newLinkReport() }: LinkImportOptions): Promise<LinkReport> {
  const run = new LinkImport(source, report);
  for await (const { text, number } of linesOf(file)) run.collect(text, number);
  await run.store();
  return report;
}

/**
 * The state of one import. Objects are stored after the last line, because an object may precede the objects to which
 * it refers.
 */
class LinkImport {
  private readonly links: LinkStore;
  private readonly accounts = new ExportedAccounts();
  private readonly slugs = { application: new Map<string, string>(), source: new Map<string, string>() };
  private readonly consents: Line<ConsentRow>[] = [];
  private readonly tokens: (Line<TokenRow> & { readonly pk: string })[] = [];
  private readonly connections = new Map<string, Line<ConnectionRow>>();

  constructor(
    private readonly source: DataSource,
    private readonly report: LinkReport,
  ) {
    this.links = new LinkStore(source);
  }

  collect(text: string, line: number): void {
    const read = readLinkLine(text);
    if (read.type === 'other') this.report.others++;
    else if (read.type === 'wrong') this.fault(line, read.reason);
    else if (read.type === 'user') this.accounts.add(read.pk, read.account);
    else if (read.type === 'consent') this.consents.push({ line, row: read.row });
    else if (read.type === 'token') this.tokens.push({ line, pk: read.pk, row: read.row });
    else if (read.type === 'connection') this.collectConnection(read.pk, { line, row: read.row });
    else this.slugs[read.type].set(read.pk, read.slug);
  }

  async store(): Promise<void> {
    await this.storeConsents();
    await this.storeConnections();
    await this.storeTokens();
  }

  /** Joins the lines of a connection and of its parent. */
  private collectConnection(pk: string, { line, row }: Line<ConnectionRow>): void {
    const before = this.connections.get(pk);
    const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
    this.connections.set(pk, { line: before?.line ?? line, row: { ...before?.row, ...given } });
  }

  /** Merges the consents of one user to one application into one consent, which expires with the first of them. */
  private async storeConsents(): Promise<void> {
    const applications = await this.links.applications();
    const merged = new Map<string, ConsentToMerge>();
    const live = this.consents.filter(({ row }) => this.isLive(row));
    await this.forEachOwned(live, ({ line, row }, user) => {
      const slug = this.slugs.application.get(row.application);
      const application = applications.find((here) => here.slug === slug || here.id === row.application);
      if (!application) return this.fault(line, `there is no application ${slug ?? row.application} here`);
      const key = `${user} ${application.id}`;
      const before = merged.get(key);
      const permissions = new Set([...(before?.permissions ?? []), IMPLIED_PERMISSION, ...words(row.permissions)]);
      if (permissions.size > MAX_PERMISSIONS) return this.fault(line, `permissions: are more than ${MAX_PERMISSIONS}`);
      const expires = before ? earlier(before.expires, row.expires) : row.expires;
      merged.set(key, { line, user, application, permissions, expires });
    });
    for (const { permissions, ...consent } of merged.values())
      this.count('consents', await this.links.addConsent({ ...consent, permissions: [...permissions] }), consent.line);
  }

  private async storeConnections(): Promise<void> {
    const sources = await this.links.sources();
    const complete: Line<CompleteConnection>[] = [];
    for (const { line, row } of this.connections.values()) {
      const { user, source, identifier } = row;
      if (user === undefined || source === undefined || identifier === undefined)
        this.fault(
          line,
          'the other line of this connection is missing: export the model of connections and its parent',
        );
      else complete.push({ line, row: { user, source, identifier } });
    }
    await this.forEachOwned(complete, async ({ line, row }, user) => {
      const slug = this.slugs.source.get(row.source);
      const source = sources.find((here) => here.slug === slug || here.id === row.source);
      if (!source) return this.fault(line, `there is no source ${slug ?? row.source} here`);
      const connection = { user, source: source.id, identifier: row.identifier };
      this.count('connections', await this.links.addConnection(connection), line);
    });
  }

  private async storeTokens(): Promise<void> {
    const usable = this.tokens.filter(({ row }) => this.isLive(row));
    await this.forEachOwned(usable, async ({ line, pk, row }, user) => {
      const id = z.uuid().safeParse(pk).data;
      this.count('tokens', await this.links.addToken({ id, user, row }), line);
    });
  }

  /** Returns whether to import an object. Counts an expired object, and the token of a mailed link, as expired. */
  private isLive({ expires, intent }: { readonly expires: Date | null; readonly intent?: string }): boolean {
    const isLive = (expires === null || expires.getTime() > Date.now()) && !MAILED_INTENTS.has(intent ?? '');
    if (!isLive) this.report.expired++;
    return isLive;
  }

  /**
   * Calls `work` for each object whose owner exists in this installation, one after the other. Reports the other
   * objects.
   */
  private async forEachOwned<L extends Line<{ readonly user: UserReference }>>(
    lines: readonly L[],
    work: (line: L, user: string) => void | Promise<void>,
  ): Promise<void> {
    for (let start = 0; start < lines.length; start += BATCH) {
      const batch = lines.slice(start, start + BATCH);
      const accounts = batch.map(({ row }) => this.accounts.find(row.user));
      const owners = await findOwners(this.source, accounts);
      for (const [i, line] of batch.entries()) {
        const owner = owners[i];
        if (owner === undefined) this.fault(line.line, missingUserText(line.row.user, accounts[i]));
        else await work(line, owner);
      }
    }
  }

  private count(what: 'consents' | 'connections' | 'tokens', outcome: StoreOutcome, line: number): void {
    if (outcome === 'new') this.report[what]++;
    else if (outcome === 'kept') this.report.existing++;
    else this.fault(line, TAKEN[what]);
  }

  private fault(line: number, reason: string): void {
    this.report.wrong++;
    if (this.report.faults.length < MAX_REPORTED_ERRORS) this.report.faults.push(`line ${line}: ${reason}`);
  }
}

interface ConsentToMerge {
  readonly line: number;
  readonly user: string;
  readonly application: ApplicationHere;
  readonly permissions: ReadonlySet<string>;
  readonly expires: Date | null;
}
type CompleteConnection = Required<{ [K in keyof ConnectionRow]: NonNullable<ConnectionRow[K]> }>;

/** Intents of tokens that are the secrets of mailed links. */
const MAILED_INTENTS: ReadonlySet<string> = new Set(['verification', 'recovery']);
const TAKEN = {
  consents: 'this consent exists already',
  connections: 'another user here is connected with this account',
  tokens: 'another token here has the same id, identifier or key',
} as const;

const words = (text: string) => text.split(' ').filter((word) => word !== '');
const earlier = (a: Date | null, b: Date | null) => (a === null || (b !== null && b < a) ? b : a);
