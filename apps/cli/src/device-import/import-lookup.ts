import { deviceModel } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import type { DataSource } from 'typeorm';
import type { ExportedAccount } from './export-lines.js';

/** Whoever has the id comes before whoever has the name. */
const OWNERS = `
  SELECT a.n, found.id FROM jsonb_to_recordset($1::jsonb) AS a (n int, uuid uuid, username text)
  JOIN LATERAL (SELECT u.id FROM directory.users u WHERE u.id = a.uuid OR lower(u.username) = lower(a.username)
    ORDER BY (u.id = a.uuid) DESC NULLS LAST LIMIT 1) found ON true`;
const STAGES = `SELECT id, model, coalesce(identifiers ->> 'name', attrs ->> 'name') AS name FROM flow.objects
  WHERE model = ANY($1)`;
const EXISTING = 'SELECT id FROM mfa.devices WHERE id = ANY($1::uuid[])';

interface StageHere {
  readonly id: string;
  readonly model: string;
  readonly name: string | null;
}

/** What is here already that imported devices belong to. */
export class DeviceImportLookup {
  constructor(private readonly source: DataSource) {}

  /** The ids of those whom accounts mean here, in their order; undefined for whoever is not here. */
  async ownersOf(accounts: readonly (ExportedAccount | undefined)[]): Promise<(string | undefined)[]> {
    const asked = accounts.map((account, n) => ({ ...account, n }));
    const rows = await this.source.query<{ n: number; id: string }[]>(OWNERS, [JSON.stringify(asked)]);
    const found = new Map(rows.map(({ n, id }) => [n, id]));
    return accounts.map((_, n) => found.get(n));
  }

  /** Which of these devices are here. */
  async existing(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.source.query<{ id: string }[]>(EXISTING, [ids]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Finds a stage that sets devices of a kind up, by the id that it has elsewhere, if it is the same here, or its name. */
  async stages(): Promise<(kind: DeviceClass, id: string, name: string | undefined) => string | undefined> {
    const rows = await this.source.query<StageHere[]>(STAGES, [['duo', 'sms'].map((kind) => stageModel(kind))]);
    return (kind, id, name) => {
      const ofKind = rows.filter(({ model }) => model === stageModel(kind));
      return (ofKind.find((one) => one.id === id) ?? ofKind.find((one) => name !== undefined && one.name === name))?.id;
    };
  }
}

const stageModel = (kind: string) => `${deviceModel(kind as DeviceClass).app}.authenticator${kind}stage`;
