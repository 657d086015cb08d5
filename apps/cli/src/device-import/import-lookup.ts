import { deviceModel } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import type { DataSource } from 'typeorm';
import type { ExportedAccount } from '../user-import/exported-accounts.js';
import { findOwners } from '../user-import/find-owners.js';

/** Selects the local stages of models, with their names. $1 array of model names. */
const STAGES = `SELECT id, model, coalesce(identifiers ->> 'name', attrs ->> 'name') AS name FROM flow.objects
  WHERE model = ANY($1)`;
/** Selects those device ids that exist. $1 array of device ids. */
const EXISTING = 'SELECT id FROM mfa.devices WHERE id = ANY($1::uuid[])';

interface StageRow {
  readonly id: string;
  readonly model: string;
  readonly name: string | null;
}

/** Finds the local users, stages and devices that imported devices belong to. */
export class DeviceImportLookup {
  constructor(private readonly source: DataSource) {}

  /**
   * Returns the id of the local user of each account, in the order of the accounts. The id is undefined if there is no
   * local user.
   */
  ownersOf(accounts: readonly (ExportedAccount | undefined)[]): Promise<(string | undefined)[]> {
    return findOwners(this.source, accounts);
  }

  /** Returns those of the device ids that exist in the database. */
  async existing(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.source.query<{ id: string }[]>(EXISTING, [ids]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Returns a function that finds the local stage of a kind, by the id or by the name of the exported stage. */
  async stages(): Promise<(kind: DeviceClass, id: string, name: string | undefined) => string | undefined> {
    const rows = await this.source.query<StageRow[]>(STAGES, [['duo', 'email', 'sms'].map((kind) => stageModel(kind))]);
    return (kind, id, name) => {
      const ofKind = rows.filter(({ model }) => model === stageModel(kind));
      return (
        ofKind.find((stage) => stage.id === id) ?? ofKind.find((stage) => name !== undefined && stage.name === name)
      )?.id;
    };
  }
}

const stageModel = (kind: string) => `${deviceModel(kind as DeviceClass).app}.authenticator${kind}stage`;
